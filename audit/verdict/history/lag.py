"""How far each unit is behind the newest release, worked out from results alone. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from audit.model import Version
from audit.released import policy
from audit.released.model import Release, Released
from audit.verdict.history.lives import Standing

if TYPE_CHECKING:
    from audit.verdict.results import Results, UnitRow


def standings(results: Results) -> tuple[Standing, ...]:
    """Say for each unit which version is the oldest that runs there, and how far that is behind."""
    known = _released(results)
    return tuple(_standing(row, known) for row in results.units)


def _standing(row: UnitRow, known: Released) -> Standing:
    versions = [version for cell in row.cells if (version := Version.parse(cell.running or "")) is not None]
    oldest = min(versions, default=None)
    comparable = oldest is not None and known.releases and (not oldest.custom or _is_listed(known, oldest.tag))
    lag = policy.lag(known, oldest.tag) if oldest is not None and comparable else None
    return Standing(
        unit=row.unit,
        account=row.account,
        account_id=row.account_id,
        region=row.region,
        stack=row.stack,
        coverage=row.coverage,
        version=oldest.tag if oldest else None,
        releases_behind=lag.releases if lag else 0 if comparable else None,
        days_behind=lag.days if lag else 0 if comparable else None,
    )


def _is_listed(known: Released, tag: str) -> bool:
    return any(release.tag == tag for release in known.releases)


def _released(results: Results) -> Released:
    """Take the list of releases out of the results; which modules they touch is not in it."""
    source = results.release_source
    return Released(
        kind=source.kind,
        where=source.where,
        release_repo="",
        as_of=date.min,
        releases=tuple(
            Release(tag=note.tag, published=note.published, backward_incompatible=note.breaking, modules_affected=())
            for note in results.releases
        ),
    )
