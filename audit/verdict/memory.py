"""Memory: what earlier results tell of today's findings: new or persisting, since when, and what is gone.

A finding is known by its fingerprint, in which no name stands: an account that was renamed keeps its findings. What
was not judged anew (an unread night, another selection, an excluded account) is not fixed: it is carried on as unread,
and keeps its first day when it is seen again. Nor is new since a baseline what the baseline did not judge. Both are
told by what a run proves (``judged``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from audit.model import Severity
from audit.verdict.finding import Finding, Outcome, Since, fingerprint
from audit.verdict.judged import Judged
from audit.verdict.judged import of as judged_by
from audit.verdict.results import Escalated, History, Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from audit.verdict.results import Results

OPEN: Final[tuple[Outcome, ...]] = ("fail", "waived")


def compared(
    findings: Iterable[Finding],
    *,
    baseline: Results | None,
    previous: Results | None,
    now: datetime,
    scope: str,
    renamed: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Say of each finding whether it is new; ``renamed`` maps a check's old ids to the one that it has today.

    ``scope`` is the audited PATH: a baseline of another one says nothing about units that it has not.
    """
    then = None if baseline is None else _Baseline.of(baseline, scope, renamed)
    before = None if previous is None else _ages(previous, renamed)
    return tuple(_compared(found, then, before, now) for found in findings)


def history(results: Results, previous: Results, renamed: Mapping[str, str]) -> History:
    """Tell what the previous results had and these have not: fixed, or not judged anew."""
    today = {found.id: found for found in results.findings if found.outcome in OPEN}
    judged = judged_by(results)
    fixed: list[Remembered] = []
    unread: list[Remembered] = []
    for gone in _remembered(previous, renamed):
        if gone.id not in today:
            (unread if judged.proof(gone) == "unread" else fixed).append(gone)
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


def _compared(found: Finding, then: _Baseline | None, before: _Ages | None, now: datetime) -> Finding:
    key = (found.outcome in OPEN, found.id)
    if then is not None:
        found = replace(found, baseline=then.says(found))
    if before is not None:
        found = replace(found, state="persisting" if key in before else "new", first_seen=before.get(key, now))
    return found


_Ages = dict[tuple[bool, str], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Baseline:
    """What the baseline knew and what it judged; ``alike``: it was of the same part of the repository."""

    known: _Ages
    judged: Judged
    alike: bool

    @classmethod
    def of(cls, results: Results, scope: str, renamed: Mapping[str, str]) -> _Baseline:
        return cls(known=_ages(results, renamed), judged=judged_by(results, renamed), alike=results.run.scope == scope)

    def says(self, found: Finding) -> Since:
        """Call new only what it proves not to have been there: by its place, or by there being no such unit."""
        if (found.outcome in OPEN, found.id) in self.known:
            return "persisting"
        proof = self.judged.proof(found)
        return "new" if proof == "fixed" or (proof == "left" and self.alike) else "not judged"


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
