"""Memory: what earlier results tell of today's findings: new or persisting, since when, and what is gone.

A finding is known by its fingerprint, in which no name stands: an account that was renamed keeps its findings. What
was not judged anew (an unread night, another selection, an excluded account) is not fixed: it is carried on as unread,
and keeps its first day when it is seen again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from audit.model import Gap, Severity
from audit.verdict.finding import Finding, Outcome, fingerprint
from audit.verdict.ledger import Entry
from audit.verdict.pairing import UnitView
from audit.verdict.results import Escalated, Excluded, History, Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.verdict.results import Results

OPEN: Final[tuple[Outcome, ...]] = ("fail", "waived")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What a run judged, from which can be told whether an earlier finding was looked for again.

    ``narrowed``: some accounts or regions were left out by selection. ``whole``: every item was judged.
    """

    entries: Sequence[Entry]
    units: tuple[UnitView, ...]
    gaps: tuple[Gap, ...]
    excluded: tuple[Excluded, ...]
    narrowed: bool
    whole: bool


def compared(
    findings: Iterable[Finding],
    *,
    baseline: Results | None,
    previous: Results | None,
    now: datetime,
    renamed: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Say of each finding whether it is new; ``renamed`` maps a check's old ids to the one that it has today."""
    known = None if baseline is None else _ages(baseline, renamed)
    before = None if previous is None else _ages(previous, renamed)
    return tuple(_compared(found, known, before, now) for found in findings)


def history(previous: Results, findings: Iterable[Finding], judged: Judged, renamed: Mapping[str, str]) -> History:
    """Tell what the previous results had and these findings have not: fixed, or not judged anew."""
    today = {found.id: found for found in findings if found.outcome in OPEN}
    look = _Look.of(judged)
    fixed: list[Remembered] = []
    unread: list[Remembered] = []
    for gone in _remembered(previous, renamed):
        if gone.id not in today:
            (fixed if look.settles(gone) else unread).append(gone)
    return History(
        previous_run=previous.run.id,
        previous_at=previous.run.judged_at,
        fixed=tuple(fixed),
        unread=tuple(unread),
        escalated=tuple(_escalated(previous, today, renamed)),
    )


def _escalated(previous: Results, today: Mapping[str, Finding], renamed: Mapping[str, str]) -> Iterator[Escalated]:
    """Walk through the failures of today that were waived, or less severe, the last time."""
    for before in previous.findings:
        found = today.get(_id(before, renamed))
        if found is None or found.outcome != "fail" or before.outcome not in OPEN:
            continue
        if before.outcome == "waived":
            yield Escalated(id=found.id, was="waived")
        elif Severity[found.severity] > Severity[before.severity]:
            yield Escalated(id=found.id, was=before.severity)


def _compared(found: Finding, known: _Ages | None, before: _Ages | None, now: datetime) -> Finding:
    key = (found.outcome in OPEN, found.id)
    if known is not None:
        found = replace(found, baseline="persisting" if key in known else "new")
    if before is not None:
        found = replace(found, state="persisting" if key in before else "new", first_seen=before.get(key, now))
    return found


_Ages = dict[tuple[bool, str], datetime]


def _ages(results: Results, renamed: Mapping[str, str]) -> _Ages:
    """Since when each finding is known; what was open and what was unknown are two things with one fingerprint."""
    day = results.run.judged_at
    ages = {
        (False, _id(found, renamed)): found.first_seen or day for found in results.findings if found.outcome not in OPEN
    }
    return ages | {(True, gone.id): gone.first_seen for gone in _remembered(results, renamed)}


def _remembered(results: Results, renamed: Mapping[str, str]) -> Iterator[Remembered]:
    """Walk through what was open in a run, and what it carried on itself."""
    day = results.run.judged_at
    for found in results.findings:
        if found.outcome in OPEN:
            yield Remembered(
                id=_id(found, renamed),
                check=renamed.get(found.check, found.check),
                severity=found.severity,
                account=found.account,
                account_id=found.account_id,
                region=found.region,
                unit=found.unit,
                stack=found.stack,
                container=found.container,
                subject=found.subject,
                kind=found.kind,
                first_seen=found.first_seen or day,
                last_seen=day,
            )
    for gone in results.history.unread if results.history else ():
        yield replace(gone, id=_id(gone, renamed), check=renamed.get(gone.check, gone.check))


def _id(found: Finding | Remembered, renamed: Mapping[str, str]) -> str:
    if found.check not in renamed:
        return found.id
    parts = (found.account_id, found.region, found.stack, found.container, found.kind)
    return fingerprint(renamed[found.check], *parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """The entries by what they are asked for, so that ten thousand findings cost ten thousand look-ups."""

    judged: Judged
    entries: Mapping[tuple[str, str], Sequence[Entry]]
    at_large: Mapping[str, Sequence[Entry]]
    keys: Mapping[tuple[str | None, str | None], str]
    paths: Mapping[str, str]

    @classmethod
    def of(cls, judged: Judged) -> _Look:
        known = {view.key for view in judged.units}
        entries: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        at_large: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in judged.entries:
            if entry.unit in known:
                entries[entry.check, entry.unit].append(entry)
            else:
                at_large[entry.check].append(entry)
        return cls(
            judged=judged,
            entries=entries,
            at_large=at_large,
            keys={(view.account_id, view.region): view.key for view in judged.units if view.account_id and view.region},
            paths={stack.unit: view.key for view in judged.units for stack in view.stacks},
        )

    def settles(self, gone: Remembered) -> bool:
        """Tell whether an earlier finding was looked for again, and is not there any more."""
        at_large = self.at_large.get(gone.check, ())
        if at_large:
            return self.judged.whole and not self.judged.narrowed and not any(_clouds(e, gone) for e in at_large)
        key = self.keys.get((gone.account_id, gone.region)) or self.paths.get(gone.unit or "")
        if key is None:
            return self._is_no_more(gone)
        entries = self.entries.get((gone.check, key), ())
        return bool(entries) and not any(_clouds(entry, gone) for entry in entries)

    def _is_no_more(self, gone: Remembered) -> bool:
        """Tell whether the unit itself is no longer declared, and is not only out of sight."""
        ran = any(check == gone.check for check, _ in self.entries)
        hidden = any(_same_place(gap, gone) for gap in self.judged.gaps)
        left_out = any(_same_place(unit, gone) for unit in self.judged.excluded)
        return ran and self.judged.whole and not self.judged.narrowed and not hidden and not left_out


def _clouds(entry: Entry, gone: Remembered) -> bool:
    """Tell whether something in an item could not be judged, so that nothing is known of the earlier finding."""
    return any(
        found.outcome in ("unknown", "error")
        and _same_place(found, gone)
        and (not found.container or not gone.container or found.container == gone.container)
        for found in entry.findings
    )


def _same_place(thing: Gap | Excluded | Finding, gone: Remembered) -> bool:
    """Tell whether two things may belong to one place: what names no account belongs to every place."""
    if thing.unit and thing.unit == gone.unit:
        return True
    if not (thing.account_id or thing.account):
        return not thing.unit
    same = (
        thing.account_id == gone.account_id if thing.account_id and gone.account_id else thing.account == gone.account
    )
    return same and (not thing.region or not gone.region or thing.region == gone.region)
