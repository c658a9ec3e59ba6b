"""Thirty nights of a small fleet, made by hand: drift, fix, relapse, the end of a waiver, unread nights, a new name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from audit.model import Gap
from audit.verdict.finding import Finding, Outcome, fingerprint
from audit.verdict.results import Coverage, Passed, Results, UnitRow
from tests.reports import sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.model import SeverityName

FIRST = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
CHECKS = ("declared-tag-behind", "image-tag-drift")
IDS = {"dev": "456789012345", "stage": "444455556666", "prod": "123456789012"}
PLANNER, APPLIER = "terraform-planner", "terraform-applier"


def at(night: int) -> datetime:
    """Tell when the snapshot of a night was taken."""
    return FIRST + timedelta(days=night - 1)


def found(
    check: str,
    account: str,
    container: str | None,
    *,
    outcome: Outcome = "fail",
    severity: SeverityName = "high",
    name: str | None = None,
) -> Finding:
    """Make one finding; ``name`` is what the account is called that night."""
    base = sample.finding(check, "dev", container, severity=severity, outcome=outcome)
    return replace(
        base,
        id=fingerprint(check, IDS[account], sample.REGION, "ecs-deploy-runner", container, ""),
        account=name or account,
        account_id=IDS[account],
        unit=sample.unit(account),
        kind="",
        subject=f"ecs-deploy-runner-{container}",
    )


def night(
    number: int,
    findings: Iterable[Finding] = (),
    *,
    accounts: Iterable[str] = IDS,
    unread: Iterable[str] = (),
    names: Mapping[str, str] | None = None,
) -> Results:
    """Make the results of a night: what is neither found nor unread has passed."""
    called = {account: (names or {}).get(account, account) for account in accounts}
    dark = frozenset(unread)
    gaps = tuple(
        Gap(what="families", message="denied", account=called[a], account_id=IDS[a], region=sample.REGION)
        for a in called
        if a in dark
    )
    there = (
        *findings,
        *(found(check, a, None, outcome="unknown", name=called[a]) for a in called if a in dark for check in CHECKS),
    )
    told = {(finding.check, finding.account_id) for finding in there}
    base = sample.results()
    return replace(
        base,
        run=replace(base.run, id=f"night-{number:02d}", judged_at=at(number) + timedelta(minutes=3)),
        snapshot_taken_at=at(number),
        coverage=Coverage(
            expected=len(called),
            complete=len(called) - len(gaps),
            partial=0,
            unread=len(gaps),
            excluded=0,
            read=len(called) - len(gaps),
            gaps=gaps,
        ),
        findings=there,
        passes=tuple(
            Passed(check=check, unit=f"{called[a]}/{sample.REGION}")
            for a in called
            for check in CHECKS
            if (check, IDS[a]) not in told
        ),
        not_applicable=(),
        excluded=(),
        warnings=(),
        history=None,
        trend=(),
        units=tuple(_row(a, called[a], unread=a in dark) for a in called),
    )


def _row(account: str, name: str, *, unread: bool) -> UnitRow:
    (row,) = (row for row in sample.results().units if row.account == "prod")
    cells = tuple(replace(cell, running=None if unread else "v0.52.0") for cell in row.cells)
    return replace(
        row,
        unit=sample.unit(account),
        account=name,
        account_id=IDS[account],
        coverage="unread" if unread else "complete",
        cells=cells,
    )


def thirty() -> tuple[Results, ...]:
    """Replay thirty nights.

    dev's planner drifts on 1 to 9 and 15 to 17. prod's applier drifts from 5 on, unread on 12. prod's planner is
    waived on 8 to 14 and fails from 15 on. dev is behind from 3 on, and called development from 20 on. stage's planner
    drifts on 22 to 24, then stage is no longer declared. prod could not be read on 30 either.
    """
    return tuple(_one_of_thirty(number) for number in range(1, 31))


def _one_of_thirty(number: int) -> Results:
    name = "development" if number >= 20 else "dev"
    dark = ("prod",) if number in (12, 30) else ()
    findings = []
    if number <= 9 or 15 <= number <= 17:
        findings.append(found("image-tag-drift", "dev", PLANNER, name=name))
    if number >= 3:
        findings.append(found("declared-tag-behind", "dev", PLANNER, severity="medium", name=name))
    if number >= 5 and not dark:
        findings.append(found("image-tag-drift", "prod", APPLIER))
    if number >= 8 and not dark:
        findings.append(found("image-tag-drift", "prod", PLANNER, outcome="waived" if number <= 14 else "fail"))
    if 22 <= number <= 24:
        findings.append(found("image-tag-drift", "stage", PLANNER))
    accounts = [account for account in IDS if account != "stage" or number <= 24]
    return night(number, findings, accounts=accounts, unread=dark, names={"dev": name})
