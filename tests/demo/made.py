"""Results as the audit would write them, made from a set of expected findings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.verdict.finding import Finding, fingerprint
from audit.verdict.results import SCHEMA_VERSION, Coverage, ReleaseSource, Results, Run, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.demo.scenario import Expected
    from audit.verdict.finding import Outcome

_WHEN = datetime(2026, 2, 14, 12, 0, tzinfo=UTC)


def finding(expected: Expected, outcome: Outcome = "fail") -> Finding:
    """Make a finding with the subject that was expected."""
    check, account, container = expected
    return Finding(
        id=fingerprint(*expected),
        check=check,
        severity="high",
        outcome=outcome,
        account=account,
        account_id=None,
        region=None,
        unit=None,
        stack=None,
        container=container,
        subject="",
        kind="",
        declared=None,
        running=None,
        released=None,
        message="",
        location=None,
        remedy="",
        controls=(),
        cause_id="",
        evidence=(),
        waiver=None,
    )


def results(findings: Iterable[Finding]) -> Results:
    """Make the results of a run with these findings."""
    made = tuple(findings)
    return Results(
        schema_version=SCHEMA_VERSION,
        run=Run(
            id="run",
            judged_at=_WHEN,
            tool_version="0",
            config_sha256=None,
            waivers_sha256=None,
            selection=Selection(),
            caller=None,
        ),
        snapshot_sha256="",
        snapshot_taken_at=_WHEN,
        release_source=ReleaseSource(kind="bundled", as_of="2026-02-12", newest="v1.3.0"),
        coverage=Coverage(expected=6, complete=6, partial=0, unread=0, excluded=0, read=6, gaps=()),
        summary={"fail": len(made)},
        findings=made,
        passes=(),
        chains=(),
        units=(),
        exit_code=1,
        verdict="",
    )
