"""What a checklist before an upgrade shows beside the findings: evidence of each line, the way of each unit; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.verdict.evidence import evidence
from audit.verdict.results import ReadinessNote, RouteNote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.verdict.ledger import Entry
    from audit.verdict.pairing import UnitView
    from audit.verdict.readiness import Readiness


def note(readiness: Readiness, entries: Iterable[Entry]) -> ReadinessNote:
    """Sum up for the results what a checklist shows beside the findings."""
    routes = [one for unit in readiness.fleet.units for one in _routes(readiness, unit)]
    reasons = {entry.check: entry.reason for entry in entries if entry.reason}
    return ReadinessNote(to=readiness.to, routes=tuple(routes), seen=evidence(readiness), reasons=reasons)


def _routes(readiness: Readiness, unit: UnitView) -> list[RouteNote]:
    try:
        found = readiness.routes(unit)
    except UnreadError as error:
        return [RouteNote(unit=unit.key, route=None, reason=error.gap.message)]
    return [RouteNote(unit=unit.key, route=route) for route in found]
