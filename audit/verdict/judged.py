"""What a run judged, check by check and place by place: the proof that a finding it doesn't have is gone.

A place is ``account id/region``, which a renamed account keeps; the unit's path where that is unknown; or the name of
what is no unit (the fleet, a registry). Pure.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from audit.verdict.results import Results, UnitRow

Proof: TypeAlias = Literal["fixed", "left", "unread"]
Places: TypeAlias = frozenset[str]

FLEET: Final = "fleet"
_DOUBTFUL: Final = ("unknown", "error")
# What these leave out is whole checks; everything else in a selection leaves out places.
_BY_CHECK: Final = frozenset({"--check", "--severity", "-m"})


class Placed(Protocol):
    """What a finding has in every room: the check, and where."""

    @property
    def check(self) -> str:
        """The id of its check."""

    @property
    def account_id(self) -> str | None:
        """The account, None where it belongs to none."""

    @property
    def region(self) -> str | None:
        """The region."""

    @property
    def unit(self) -> str | None:
        """The path of its unit."""

    @property
    def container(self) -> str | None:
        """The name of its container."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """``clean``: places that passed a check or that it did not apply to; ``found``: those where it found something.

    ``doubtful``: where it could not tell, with the container (empty: all of the place). ``units``: every place of a
    declared unit, and whether it was read. ``hidden``: places and paths that a gap or an exclusion kept out of sight.
    ``whole``: no place was left out by selection, interruption or a gap without a place; only such a run can say that
    a unit is not there any more.
    """

    clean: Mapping[str, Places]
    found: Mapping[str, Places]
    doubtful: Mapping[str, frozenset[tuple[str, str]]]
    units: Mapping[str, bool]
    hidden: Places
    whole: bool

    def proof(self, finding: Placed) -> Proof:
        """Tell what the run says of a finding that it does not have: fixed, its unit left, or nothing at all."""
        where, check = place(finding), finding.check
        clean, found = self.clean.get(check, frozenset()), self.found.get(check, frozenset())
        if where == FLEET and not self.whole:
            return "unread"  # a part of the fleet is not the fleet
        if where in clean:
            return "fixed"
        ran = bool(clean or found)
        if where != FLEET and where not in self.units:
            return "left" if ran and self.whole and not self._is_hidden(finding) else "unread"
        doubts = self.doubtful.get(check, frozenset())
        if any(_covers(doubt, where, finding.container) for doubt in doubts):
            return "unread"
        if where in found or where in {at for at, _ in doubts}:
            return "fixed"
        # Its item has another name than its place: it is of the fleet or of a registry. A narrowed run proves nothing,
        # nor does a check that has items of units and none of this one.
        at_large = ran and self.whole and clean.isdisjoint(self.units)
        return "fixed" if at_large and self.units.get(where, where == FLEET) else "unread"

    def _is_hidden(self, finding: Placed) -> bool:
        names = {place(finding), finding.unit or "", f"{finding.account_id}/"}
        return not names.isdisjoint(self.hidden)


def of(results: Results, renamed: Mapping[str, str] = MappingProxyType({})) -> Judged:
    """Gather what the results of a run prove; ``renamed`` maps a check's old ids to the one that it has today."""
    places = {name: _place_of(row) for row in results.units for name in (row.unit, _key(row))}
    clean: dict[str, set[str]] = defaultdict(set)
    for passed in (*results.passes, *results.not_applicable):
        clean[renamed.get(passed.check, passed.check)].add(places.get(passed.unit, passed.unit))
    found: dict[str, set[str]] = defaultdict(set)
    doubtful: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for finding in results.findings:
        check = renamed.get(finding.check, finding.check)
        if finding.outcome in _DOUBTFUL:
            doubtful[check].add((place(finding), finding.container or ""))
        else:
            found[check].add(place(finding))
    hidden = [name for gap in results.coverage.gaps for name in _names(gap.unit, gap.account_id, gap.region)]
    hidden += [name for away in results.excluded for name in _names(away.unit, away.account_id, away.region)]
    return Judged(
        clean={check: frozenset(names) for check, names in clean.items()},
        found={check: frozenset(names) for check, names in found.items()},
        doubtful={check: frozenset(pairs) for check, pairs in doubtful.items()},
        units={_place_of(row): row.coverage in ("complete", "partial") for row in results.units},
        hidden=frozenset(hidden),
        whole=_is_whole(results),
    )


def place(finding: Placed) -> str:
    """Name the place of a finding."""
    return f"{finding.account_id}/{finding.region}" if finding.account_id and finding.region else finding.unit or FLEET


def to_plain(judged: Judged) -> dict[str, Any]:
    """Write it as plain data, the places of a check as a few exceptions from all units where that is shorter."""
    everywhere = frozenset(judged.units)
    return {
        "units": {name: int(read) for name, read in sorted(judged.units.items())},
        "clean": {check: _packed(places, everywhere) for check, places in sorted(judged.clean.items())},
        "found": {check: _packed(places, everywhere) for check, places in sorted(judged.found.items())},
        "doubtful": {check: sorted(map(list, pairs)) for check, pairs in sorted(judged.doubtful.items())},
        "hidden": sorted(judged.hidden),
        "whole": judged.whole,
    }


def from_plain(plain: Mapping[str, Any], renamed: Mapping[str, str] = MappingProxyType({})) -> Judged:
    """Read it back; ``renamed`` maps a check's old ids to the one that it has today."""

    def today(check: str) -> str:
        return renamed.get(check, check)

    units = {name: bool(read) for name, read in plain["units"].items()}
    everywhere = frozenset(units)
    return Judged(
        clean={today(check): _unpacked(packed, everywhere) for check, packed in plain["clean"].items()},
        found={today(check): _unpacked(packed, everywhere) for check, packed in plain["found"].items()},
        doubtful={
            today(check): frozenset((at, about) for at, about in pairs) for check, pairs in plain["doubtful"].items()
        },
        units=units,
        hidden=frozenset(plain["hidden"]),
        whole=plain["whole"],
    )


def _covers(doubt: tuple[str, str], where: str, container: str | None) -> bool:
    at, about = doubt
    return at in (where, FLEET) and (not about or not container or about == container)


def _is_whole(results: Results) -> bool:
    try:
        words = shlex.split(results.run.selection.words)
    except ValueError:
        words = ["?"]
    options = {word for word in words if word.startswith(("-", "?"))}
    placeless = any(not _names(gap.unit, gap.account_id, gap.region) for gap in results.coverage.gaps)
    narrowed = bool(options - _BY_CHECK or results.run.selection.snapshot)
    return not narrowed and not results.run.incomplete and not placeless


def _names(unit: str | None, account_id: str | None, region: str | None) -> tuple[str, ...]:
    """Name what a gap or an exclusion is about: a unit, an account in a region, or all of an account."""
    account = f"{account_id}/{region or ''}" if account_id else ""
    return tuple(name for name in (unit, account) if name)


def _key(row: UnitRow) -> str:
    """Give the name that an item of the unit has: as ``pairing`` makes it."""
    return f"{row.account or row.account_id}/{row.region}" if row.account_id and row.region and row.stack else row.unit


def _place_of(row: UnitRow) -> str:
    return f"{row.account_id}/{row.region}" if row.account_id and row.region else row.unit


def _packed(places: Places, everywhere: Places) -> dict[str, list[str]]:
    missing, beside = everywhere - places, places - everywhere
    if len(missing) + len(beside) < len(places):
        return {"but": sorted(missing), "and": sorted(beside)}
    return {"only": sorted(places)}


def _unpacked(packed: Mapping[str, list[str]], everywhere: Places) -> Places:
    if "only" in packed:
        return frozenset(packed["only"])
    return (everywhere - frozenset(packed["but"])) | frozenset(packed["and"])
