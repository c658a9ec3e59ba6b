"""Results that were compared with the run before: something new, something worse, something fixed, one gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.verdict.results import Escalated, History, Remembered
from tests.reports import sample

if TYPE_CHECKING:
    from audit.verdict.results import Results

BEFORE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NEW, WORSE, PERSISTING = 1, 5, 3


def results(base: Results | None = None) -> Results:
    """Compare the sample: its second finding is new, its sixth got worse, dev is no longer readable."""
    given = base or sample.results()
    findings = [replace(found, state="persisting", first_seen=BEFORE) for found in given.findings]
    findings[NEW] = replace(findings[NEW], state="new")
    findings = [replace(f, state="new") if f.check == "not-covered" else f for f in findings]
    gone = given.findings[PERSISTING]
    fixed = Remembered(
        id="f" * 64,
        check=gone.check,
        severity=gone.severity,
        account=gone.account,
        account_id=gone.account_id,
        region=gone.region,
        unit=gone.unit,
        stack=gone.stack,
        container=gone.container,
        subject=gone.subject,
        kind="",
        first_seen=BEFORE,
        last_seen=BEFORE,
    )
    history = History(
        previous_run="before",
        previous_at=BEFORE,
        fixed=(fixed,),
        escalated=(Escalated(id=findings[WORSE].id, was="low"),),
    )
    return replace(given, findings=tuple(findings), history=history)


def unchanged(base: Results | None = None) -> Results:
    """Compare the sample with itself: nothing changed."""
    given = base or sample.results()
    findings = tuple(replace(found, state="persisting", first_seen=BEFORE) for found in given.findings)
    return replace(given, findings=findings, history=History(previous_run="before", previous_at=BEFORE))


def well() -> Results:
    """Give a clean fleet whose finding of the run before was fixed."""
    history = results().history
    return replace(sample.clean(), history=replace(history, escalated=()) if history else None)
