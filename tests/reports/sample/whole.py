"""The sample run as a whole, and the same fleet in sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.model import Location
from audit.verdict.results import Advice, Coverage, History, Passed, ReleaseSource, Results, Run, Selection
from tests.reports.sample.catalogue import CHECKS, DISABLED, RELEASES
from tests.reports.sample.findings import findings
from tests.reports.sample.fleet import EXCLUDED_ROW, GAP, SANDBOX, chain, row
from tests.reports.sample.past import JUDGED, LAST_NIGHT, TREND, aged, remembered
from tests.reports.sample.places import ACCOUNTS, unit

if TYPE_CHECKING:
    from audit.verdict.advice import Kind
    from audit.verdict.finding import Outcome


def results() -> Results:
    """Six accounts: one with a critical finding, drift in two, one unread, a waiver, a crashed check; one excluded."""
    found = tuple(aged(one) for one in findings())
    summary: dict[Outcome, int] = {name: sum(f.outcome == name for f in found) for name in OPEN}
    passes = tuple(
        Passed(check=check, unit=unit(account))
        for account in ACCOUNTS
        if account != "dev"
        for check in ("declared-tag-not-in-registry", "family-missing", "family-undeclared", "image-repository-drift")
    )
    return Results(
        schema_version=1,
        run=Run(
            id="2026-11-24T02-00-00Z-7c1f",
            judged_at=JUDGED,
            tool_version="0.1.0",
            config_sha256="ab" * 32,
            waivers_sha256="cd" * 32,
            selection=Selection(),
            caller="arn:aws:sts::111122223333:assumed-role/ci-nightly/build-4711",
            seen_as=("assumed-role/pipelines-audit",),
        ),
        snapshot_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        snapshot_taken_at=datetime(2026, 11, 24, 2, 0, 31, tzinfo=UTC),
        release_source=ReleaseSource(
            kind="bundled",
            as_of="2026-02-12",
            newest="v1.3.0",
            where="gruntwork-io/terraform-aws-ci",
            fallback_reason="GitHub answered 404: the repository is private, set GITHUB_TOKEN",
        ),
        coverage=Coverage(expected=6, complete=4, partial=1, unread=1, excluded=1, read=5, gaps=(GAP,)),
        summary={**summary, "pass": len(passes), "not_applicable": 5},
        findings=found,
        passes=passes,
        chains=(chain(),),
        units=(*(row(account, found) for account in ACCOUNTS), EXCLUDED_ROW),
        exit_code=1,
        verdict="exit 1: 17 findings ≥ low, 1 check failed, 1 waived, 1 of 6 units unread, 1 excluded",
        not_applicable=tuple(
            Passed(check="task-recent", unit=unit(account)) for account in ACCOUNTS if account != "dev"
        ),
        checks=(*CHECKS, DISABLED),
        releases=RELEASES,
        excluded=(SANDBOX,),
        warnings=(
            _advice("expired", "W-2026-003", "expired on 2026-11-20; 1 finding of it came back", 12),
            _advice("matches nothing", "W-2026-009", "names what the fleet does not have: account prdo", 40),
        ),
        history=History(
            previous_run="2026-11-23T02-00-00Z-1b0e",
            previous_at=LAST_NIGHT,
            fixed=(remembered("image-tag-drift", "logs"),),
            unread=(remembered("image-tag-drift", "dev"),),
        ),
        trend=TREND,
    )


OPEN: tuple[Outcome, ...] = ("fail", "unknown", "error", "waived")


def clean() -> Results:
    """Give the same fleet, all in sync and fully read."""
    base = results()
    rows = tuple(
        replace(
            row,
            coverage="complete",
            cells=tuple(
                replace(cell, findings=(), running=cell.declared, state="in sync" if cell.declared else "not deployed")
                for cell in row.cells
            ),
        )
        for row in base.units
        if row.coverage != "excluded"
    )
    return replace(
        base,
        coverage=Coverage(expected=6, complete=6, partial=0, unread=0, excluded=0, read=6, gaps=()),
        summary={"pass": 20, "fail": 0, "unknown": 0, "waived": 0, "not_applicable": 5, "error": 0},
        release_source=ReleaseSource(kind="github", as_of="2026-11-24", newest="v0.52.1"),
        findings=(),
        chains=(),
        units=rows,
        excluded=(),
        checks=CHECKS,
        warnings=(),
        history=None,
        exit_code=0,
        verdict="exit 0: 6 of 6 units read, in sync",
    )


def _advice(kind: Kind, waiver: str, words: str, line: int) -> Advice:
    about = f"waiver {waiver}"
    place = Location(file="waivers.yaml", line=line, column=5)
    return Advice(kind=kind, about=about, message=f"{about}: {words}", location=place)
