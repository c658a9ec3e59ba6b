"""Exclusions: accounts and regions that somebody took out of the audit, for a time, with a reason and an owner.

What is excluded is not looked at, not judged and not expected; every report lists it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from audit.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.declared.model import Declared


class Placed(Protocol):
    """Anything that belongs to an account and a region, as far as they are known."""

    @property
    def account(self) -> str | None:
        """Name of the account."""

    @property
    def account_id(self) -> str | None:
        """Id of the account."""

    @property
    def region(self) -> str | None:
        """Name of the region."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusion:
    """Accounts (names or ids) in regions, left out until ``expires``, inclusive; an empty field means all of them."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    reason: str
    owner: str
    expires: date
    place: Location
    ticket: str | None = None

    def covers(self, thing: Placed) -> bool:
        """Tell whether a thing is left out; one that names no account or region is so only where all of them are."""
        account = not self.accounts or thing.account in self.accounts or thing.account_id in self.accounts
        return account and (not self.regions or thing.region in self.regions)


def standing(exclusions: Iterable[Exclusion], today: date) -> tuple[Exclusion, ...]:
    """Give the exclusions that still hold."""
    return tuple(exclusion for exclusion in exclusions if exclusion.expires >= today)


def covering(exclusions: Iterable[Exclusion], thing: Placed) -> Exclusion | None:
    """Give the exclusion that leaves a thing out, the one that holds longest; None where there is none."""
    found = (exclusion for exclusion in exclusions if exclusion.covers(thing))
    return max(found, key=lambda exclusion: exclusion.expires, default=None)


def without(declared: Declared, exclusions: tuple[Exclusion, ...]) -> Declared:
    """Leave accounts and units, with all that belongs to them, out of what is declared."""
    if not exclusions:
        return declared
    units = tuple(unit for unit in declared.units if covering(exclusions, unit) is None)
    gone = {unit.path for unit in declared.units} - {unit.path for unit in units}
    everywhere = {name for exclusion in exclusions if not exclusion.regions for name in exclusion.accounts}
    return replace(
        declared,
        units=units,
        containers=tuple(row for row in declared.containers if row.unit not in gone),
        pins=tuple(pin for pin in declared.pins if pin.unit not in gone),
        shadows=tuple(shadow for shadow in declared.shadows if shadow.unit not in gone),
        diagnostics=tuple(note for note in declared.diagnostics if note.unit not in gone),
        accounts=tuple(a for a in declared.accounts if a.name not in everywhere and a.id not in everywhere),
        gaps=tuple(gap for gap in declared.gaps if gap.unit not in gone and covering(exclusions, gap) is None),
    )
