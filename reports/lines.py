"""What is said about a cause in one row of a table: in the terminal, in Markdown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.text import one_line
from reports.beside import age
from reports.causes import Cause, place
from reports.units import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

_MANY = 4  # accounts of one cause that are still named line by line: one less


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What is said about one cause, or about one account of it; ``age`` is empty where nothing earlier is known."""

    level: str
    check: str
    where: str
    container: str
    declared: str
    place: str
    running: str
    released: str
    message: str
    remedy: str
    age: str


def lines_of(found: Iterable[Cause], results: Results) -> Iterator[Line]:
    """One line of a cause for each account and region (and stack, of several there); where there are many, only one."""
    stacks = several(results)
    for cause in found:
        places: dict[str, list[Finding]] = defaultdict(list)
        for finding in cause.findings:
            stack = stacks.get(finding.unit or "", "")
            places[f"{place(finding)} {stack}".rstrip()].append(finding)
        if len(places) >= _MANY:
            yield _line(cause, _many(cause), results)
            continue
        for where, here in places.items():
            yield _line(Cause(id=cause.id, findings=tuple(here)), where, results)


def _many(cause: Cause) -> str:
    """Name a few of many accounts; the region is said once where it is the same for all."""
    regions = {finding.region for finding in cause.findings}
    if cause.accounts and len(regions) == 1:
        return f"{len(cause.accounts):,} accounts in {regions.pop()}: {some(cause.accounts)}"
    return f"{len(cause.places):,} places: {some(cause.places)}"


def _line(cause: Cause, where: str, results: Results) -> Line:
    lead = cause.lead
    return Line(
        level=lead.severity if lead.outcome == "fail" else lead.outcome,
        check=one_line(lead.check),
        where=one_line(where),
        container=", ".join(one_line(name, 60) for name in cause.containers),
        declared=some(cause.values("declared")),
        place=one_line(str(lead.location), 120) if lead.location else "",
        running=some(cause.values("running")),
        released=some(cause.values("released")),
        message=one_line(lead.message),
        remedy=one_line(lead.remedy),
        age=age(cause.findings, results),
    )


def some(values: Sequence[str], limit: int = 3) -> str:
    """Name a few of several, and say how many more there are."""
    shown = ", ".join(one_line(value, 60) for value in values[:limit])
    return f"{shown} and {len(values) - limit:,} more" if len(values) > limit else shown
