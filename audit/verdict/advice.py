"""Advice on the waivers file: what expires soon or has expired, what covers nothing, what names nothing that exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from audit.text import counted, one_line
from audit.verdict.finding import Finding
from audit.verdict.pairing import UnitView
from audit.verdict.results import Advice
from audit.verdict.waivers import Waiver, Waivers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.look.exclusions import Exclusion

Kind: TypeAlias = Literal["expires soon", "expired", "unused", "matches nothing"]
SOON: Final = 14
"""Days before the end of a waiver from which on it is called to mind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a run saw: its day, findings, the whole fleet, and which checks ran on all of it.

    ``accounts`` are names and ids, also of accounts without a unit. ``narrowed``: some of the fleet was left out by
    selection, so that nothing can be said of what is not there.
    """

    today: date
    findings: tuple[Finding, ...]
    fleet: tuple[UnitView, ...]
    accounts: frozenset[str | None]
    checks: frozenset[str]
    narrowed: bool


def advice(waivers: Waivers, seen: Seen) -> tuple[Advice, ...]:
    """Give what somebody should look at, in the order of the file."""
    found = [one for waiver in waivers.waivers for one in _of_waiver(waiver, seen)]
    found += [one for exclusion in waivers.exclusions for one in _of_exclusion(exclusion, seen)]
    return tuple(sorted(found, key=lambda one: one.location))


def due(waivers: Waivers, today: date) -> tuple[Advice, ...]:
    """Give what the day alone tells: what has expired, and what will soon."""
    every: list[tuple[str, Waiver | Exclusion]] = [(f"waiver {waiver.id}", waiver) for waiver in waivers.waivers]
    every += [(named(exclusion), exclusion) for exclusion in waivers.exclusions]
    found = []
    for about, one in every:
        state = standing(one.expires, today)
        if state != "holds":
            ends = _ends(one.expires, (one.expires - today).days)
            found.append(_advice(state, about, one, f"{ends}; renew it or remove it"))
    return tuple(sorted(found, key=lambda one: one.location))


def standing(expires: date, today: date) -> Literal["holds", "expires soon", "expired"]:
    """Tell how something stands that ends on a day, inclusive."""
    left = (expires - today).days
    return "expired" if left < 0 else "expires soon" if left <= SOON else "holds"


def named(exclusion: Exclusion) -> str:
    """Name an exclusion, which has no id, by what it leaves out."""
    parts = (", ".join(exclusion.accounts), ", ".join(exclusion.regions))
    return one_line(f"exclusion of {' in '.join(part for part in parts if part)}", 120)


def _of_waiver(waiver: Waiver, seen: Seen) -> Iterator[Advice]:
    about = f"waiver {waiver.id}"
    covered = [found for found in seen.findings if found.outcome in ("fail", "waived") and waiver.covers(found)]
    left = (waiver.expires - seen.today).days
    strangers = [] if seen.narrowed else _strangers(waiver, seen)
    if left < 0:
        back = f"{counted(len(covered), 'finding')} of it came back" if covered else "nothing of it is left: remove it"
        yield _advice("expired", about, waiver, f"expired on {waiver.expires}; {back}")
    elif left <= SOON:
        yield _advice("expires soon", about, waiver, f"{_ends(waiver.expires, left)}; mend what it covers or renew it")
    if strangers:
        what = ", ".join(strangers)
        yield _advice(
            "matches nothing", about, waiver, f"names what the fleet does not have: {what}; mend or remove it"
        )
    elif left >= 0 and not covered and _is_idle(waiver, seen):
        words = "covers nothing: what it was given for is mended, or the facts have changed; remove it"
        yield _advice("unused", about, waiver, words)


def _of_exclusion(exclusion: Exclusion, seen: Seen) -> Iterator[Advice]:
    about = named(exclusion)
    left = (exclusion.expires - seen.today).days
    if left < 0:
        words = f"expired on {exclusion.expires}; what it left out is judged again: renew it or remove it"
        yield _advice("expired", about, exclusion, words)
    elif left <= SOON:
        yield _advice("expires soon", about, exclusion, f"{_ends(exclusion.expires, left)}; renew it or remove it")
    strangers = [] if seen.narrowed else _strangers(exclusion, seen)
    if strangers:
        what = ", ".join(strangers)
        words = f"names what the fleet does not have: {what}; mend or remove it"
        yield _advice("matches nothing", about, exclusion, words)


def _is_idle(waiver: Waiver, seen: Seen) -> bool:
    """Tell whether its checks ran where it reaches and could judge there: of the rest nobody knows."""
    unknown = any(found.outcome in ("unknown", "error") and waiver.reaches(found) for found in seen.findings)
    return not seen.narrowed and not unknown and set(waiver.checks) <= seen.checks


def _strangers(one: Waiver | Exclusion, seen: Seen) -> list[str]:
    """Name the accounts, regions and containers that do not exist."""
    fleet = seen.fleet
    regions = {view.region for view in fleet}
    missing = [f"account {name}" for name in one.accounts if name not in seen.accounts]
    missing += [f"region {name}" for name in one.regions if name not in regions]
    if isinstance(one, Waiver):
        known = {row.container for view in fleet for stack in view.stacks for row in stack.declared}
        known |= {orphan for view in fleet for orphan in _orphans(view)}
        missing += [f"container {name}" for name in one.containers if name not in known]
    return [one_line(name, 80) for name in missing]


def _orphans(view: UnitView) -> Iterator[str]:
    for stack in view.stacks:
        if stack.pairs.kind == "seen":
            yield from (orphan.definition.family.removeprefix(f"{stack.stack}-") for orphan in stack.orphans)


def _ends(expires: date, left: int) -> str:
    if left < 0:
        return f"expired on {expires}"
    when = "today" if left == 0 else f"in {counted(left, 'day')}"
    return f"expires {when}, on {expires}"


def _advice(kind: Kind, about: str, one: Waiver | Exclusion, words: str) -> Advice:
    return Advice(kind=kind, about=about, message=f"{about}: {words}", location=one.place)
