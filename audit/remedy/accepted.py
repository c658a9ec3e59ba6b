"""Accepted drift: what a waiver says may stay as it is for a time is not applied unasked; pure.

A unit is applied as a whole. So one whose every difference is accepted is left alone, and one in which others are to be
mended as well waits for somebody to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.remedy.units import Difference, Site
    from audit.verdict.waivers import Waiver


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What waivers accept of a unit: ``notes`` for people, ``whole`` where nothing else is to be mended there."""

    notes: tuple[str, ...] = ()
    whole: bool = False

    @property
    def waits(self) -> str | None:
        """Say why the unit is not applied although something else is to be mended there; None where nothing waits."""
        if self.whole or not self.notes:
            return None
        return f"an apply would change what a waiver accepts as well: {'; '.join(self.notes)}; end the waiver first"


def accepted(site: Site, waivers: Sequence[Waiver]) -> Accepted:
    """Hold the differences of a unit against the waivers that stand."""
    found = [(one, _longest(one, waivers)) for one in site.differences]
    notes = tuple(_note(site, one, waiver) for one, waiver in found if waiver)
    return Accepted(notes=notes, whole=bool(notes) and len(notes) == len(found))


def _longest(difference: Difference, waivers: Sequence[Waiver]) -> Waiver | None:
    covering = [waiver for waiver in waivers if waiver.covers(difference)]
    return max(covering, key=lambda waiver: waiver.expires, default=None)


def _note(site: Site, difference: Difference, waiver: Waiver) -> str:
    until = f"waiver {waiver.id} of {waiver.owner} accepts that until {waiver.expires} ({waiver.reason})"
    return f"{site.view.key}: {difference.text}: {until}"
