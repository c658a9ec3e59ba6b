"""Where in the repository a cause is shown by a forge: at the literal that must change, else at the unit's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.model import Location

if TYPE_CHECKING:
    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

_UNIT_FILE = "terragrunt.hcl"


def anchor(finding: Finding, results: Results) -> Location:
    """Give the literal's place, that of its evidence, or the file of its unit (or of the fleet's first unit)."""
    if finding.location:
        return _rooted(finding.location, results)
    for item in finding.evidence:
        if item.source == "hcl" and item.file:
            return _rooted(Location(file=item.file, line=item.line or 1, column=item.column or 1), results)
    return unit_file(finding.unit, results)


def unit_file(unit: str | None, results: Results) -> Location:
    """Give the file of a unit, of the fleet's first where there is none."""
    path = unit or next((row.unit for row in results.units), "")
    return _rooted(Location(file=f"{path}/{_UNIT_FILE}".lstrip("/"), line=1, column=1), results)


def _rooted(place: Location, results: Results) -> Location:
    """Make the path relative to the repository: it is written relative to the audited folder."""
    scope = results.run.scope.strip("/")
    path = f"{scope}/{place.file}" if scope else place.file
    while path.startswith(("./", "/")):
        path = path.removeprefix("./").lstrip("/")
    return Location(file=path, line=max(place.line, 1), column=max(place.column, 1))
