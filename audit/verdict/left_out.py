"""What is left out: a snapshot without the excluded accounts and regions, and the list of what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.errors import NothingSelectedError
from audit.look.exclusions import Exclusion, covering, standing, without
from audit.snapshot import Snapshot
from audit.verdict import coverage, pairing
from audit.verdict.pairing import UnitView
from audit.verdict.results import Coverage, Excluded, UnitRow

if TYPE_CHECKING:
    from datetime import date

    from audit.model import Gap
    from audit.running.model.seen import Observation
    from audit.verdict.waivers import Waivers


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is judged, and what somebody took out of it: as a list, and as rows of the fleet matrix.

    ``snapshot``, ``units`` and ``coverage`` are without what is left out, ``everything`` is with it.
    """

    snapshot: Snapshot
    units: tuple[UnitView, ...]
    coverage: Coverage
    everything: tuple[UnitView, ...]
    excluded: tuple[Excluded, ...] = ()
    rows: tuple[UnitRow, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """An account, in a region where an observation was made in it."""

    account: str
    account_id: str | None
    region: str | None

    @classmethod
    def of(cls, seen: Observation) -> _Place:
        return cls(account=seen.account.name, account_id=seen.account.id, region=seen.region)


def keep(snapshot: Snapshot, waivers: Waivers, today: date) -> Kept:
    """Pair a snapshot without what is excluded today; NothingSelectedError where nothing is left."""
    everything = pairing.views(snapshot)
    exclusions = standing(waivers.exclusions, today)
    if not exclusions:
        covered = coverage.coverage(snapshot, everything)
        return Kept(snapshot=snapshot, units=everything, coverage=covered, everything=everything)
    gaps = tuple(gap for gap in snapshot.gaps if covering(exclusions, gap) is None)
    seen = tuple(one for one in snapshot.running.observations if covering(exclusions, _Place.of(one)) is None)
    beyond = snapshot.running.beyond
    if beyond is not None:
        beyond = tuple(one for one in beyond if covering(exclusions, _Place.of(one)) is None)
    running = replace(snapshot.running, observations=seen, beyond=beyond)
    kept = replace(snapshot, declared=without(snapshot.declared, exclusions), running=running, gaps=gaps)
    units = pairing.views(kept)
    left_out = tuple(view for view in everything if covering(exclusions, view) is not None)
    if left_out and not (units or gaps or kept.declared.gaps):
        raise NothingSelectedError(f"{waivers.file} excludes every unit; nothing is left to be judged")
    listed = [_excluded(view, view.stacks[0].unit, exclusions, today) for view in left_out]
    gone = {*snapshot.gaps, *snapshot.declared.gaps} - {*gaps, *kept.declared.gaps}
    listed += _unplaced(gone, listed, exclusions, today)
    listed += _idle(snapshot, listed, exclusions, today)
    rows = tuple(_row(view, index) for view in left_out for index in range(len(view.stacks)))
    return Kept(
        snapshot=kept,
        units=units,
        coverage=replace(coverage.coverage(kept, units), excluded=sum(one.unit is not None for one in listed)),
        everything=everything,
        excluded=tuple(listed),
        rows=rows,
    )


def _unplaced(gaps: set[Gap], listed: list[Excluded], exclusions: tuple[Exclusion, ...], today: date) -> list[Excluded]:
    """List what is only known by a gap: a closed account, a unit that could not be read."""
    paths = {unit.unit for unit in listed}
    accounts = {name for unit in listed for name in (unit.account, unit.account_id) if name}
    found = {}
    for gap in gaps:
        named = {name for name in (gap.account, gap.account_id) if name}
        if covering(exclusions, gap) and gap.unit not in paths and (gap.unit or not named & accounts):
            found[gap.account_id or gap.account, gap.region, gap.unit] = gap
    order = sorted(found, key=lambda place: tuple(part or "" for part in place))
    return [_excluded(found[place], found[place].unit, exclusions, today) for place in order]


def _idle(snapshot: Snapshot, listed: list[Excluded], exclusions: tuple[Exclusion, ...], today: date) -> list[Excluded]:
    """List the accounts that only an accounts file names: they have no unit, so nothing else tells of them."""
    told = {name for unit in listed for name in (unit.account, unit.account_id) if name}
    places = [
        _Place(account=account.name, account_id=account.id, region=None)
        for account in snapshot.declared.accounts
        if not told & {account.name, account.id}
    ]
    return [_excluded(place, None, exclusions, today) for place in places if covering(exclusions, place)]


def _excluded(
    thing: UnitView | Gap | _Place, unit: str | None, exclusions: tuple[Exclusion, ...], today: date
) -> Excluded:
    by = covering(exclusions, thing)
    assert by is not None, "only what is covered is listed"
    return Excluded(
        account=thing.account,
        account_id=thing.account_id,
        region=thing.region,
        unit=unit,
        reason=by.reason,
        owner=by.owner,
        expires=by.expires,
        days_left=(by.expires - today).days,
        ticket=by.ticket,
    )


def _row(view: UnitView, index: int) -> UnitRow:
    stack = view.stacks[index]
    return UnitRow(
        unit=stack.unit,
        account=view.account,
        account_id=view.account_id,
        region=view.region,
        stack=stack.stack,
        coverage="excluded",
        cells=(),
    )
