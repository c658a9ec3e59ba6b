"""What the nights before the sample run had: ages, what is gone, the trend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from audit.verdict.finding import Finding, fingerprint
from audit.verdict.results import Remembered, TrendPoint
from tests.reports.sample.places import ACCOUNTS, APPLIER, REGION, unit

LAST_NIGHT = datetime(2026, 11, 23, 2, 1, 5, tzinfo=UTC)
JUDGED = datetime(2026, 11, 24, 2, 1, 12, tzinfo=UTC)


def aged(found: Finding) -> Finding:
    """Give a finding its state: what is behind is known for twelve days, the waived one for two, the rest is new."""
    since = {"declared-tag-behind": datetime(2026, 11, 12, 2, 0, tzinfo=UTC)}.get(found.check)
    since = datetime(2026, 11, 22, 2, 0, tzinfo=UTC) if found.outcome == "waived" else since
    return replace(found, state="persisting" if since else "new", first_seen=since or JUDGED)


def remembered(check: str, account: str) -> Remembered:
    """Give a finding that the run before had."""
    return Remembered(
        id=fingerprint(check, ACCOUNTS[account], REGION, "ecs-deploy-runner", APPLIER, "tag"),
        check=check,
        severity="high",
        account=account,
        account_id=ACCOUNTS[account],
        region=REGION,
        unit=unit(account),
        stack="ecs-deploy-runner",
        container=APPLIER,
        subject=f"{account}/{REGION}/{APPLIER}",
        kind="tag",
        first_seen=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
        last_seen=LAST_NIGHT,
    )


# Open findings, and which of them were new, fixed, not judged anew, night by night.
TREND = tuple(
    TrendPoint(
        run=f"2026-11-{10 + night:02d}T02-00-00Z",
        taken_at=datetime(2026, 11, 10 + night, 2, 0, 31, tzinfo=UTC),
        exit_code=1,
        open=number,
        new=new,
        fixed=fixed,
        unread=unread,
        units_expected=6,
        units_read=5 if unread else 6,
    )
    for night, (number, new, fixed, unread) in enumerate(
        (
            *((9, 9, 0, 0), (9, 0, 0, 0), (12, 3, 0, 0), (12, 0, 0, 2), (8, 0, 4, 0), (8, 0, 0, 0), (14, 6, 0, 0)),
            *((14, 0, 0, 0), (13, 1, 2, 0), (13, 0, 0, 0), (13, 0, 0, 0), (12, 0, 1, 0), (12, 0, 0, 0)),
            *((12, 0, 0, 1), (18, 7, 1, 1)),
        )
    )
)
