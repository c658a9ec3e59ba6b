"""A very large fleet that drifts for one stale literal."""

from __future__ import annotations

from dataclasses import replace

from audit.verdict.finding import fingerprint
from audit.verdict.results import Cell, Coverage, Passed, Results, UnitRow
from tests.reports.sample.places import AMI, APPLIER, KANIKO, PLANNER, REGION, unit
from tests.reports.sample.whole import results


def large(accounts: int = 1000, containers: int = 4, drifting: int = 1000) -> Results:
    """Give a fleet of many accounts; ``drifting`` of them run an older image for one stale literal."""
    base = results()
    names = [f"account-{number:04d}" for number in range(accounts)]
    kinds = [PLANNER, APPLIER, KANIKO, AMI, *(f"custom-{number:02d}" for number in range(26))][:containers]
    template = base.findings[1]
    found = tuple(
        replace(
            template,
            id=fingerprint(name, PLANNER),
            account=name,
            account_id=f"{number:012d}",
            unit=unit(name),
            container=PLANNER,
            subject=f"{name}/{REGION}/{PLANNER}",
            message=f"{name} runs {PLANNER} at v0.51.8, but v0.52.1 is declared: merged, never applied",
        )
        for number, name in enumerate(names[:drifting])
    )
    by_account = {item.account: item.id for item in found}
    rows = tuple(
        UnitRow(
            unit=unit(name),
            account=name,
            account_id=f"{number:012d}",
            region=REGION,
            stack="ecs-deploy-runner",
            coverage="complete",
            cells=tuple(
                Cell(
                    container=kind,
                    state="drift" if kind == PLANNER and name in by_account else "in sync",
                    declared="v0.52.1",
                    running="v0.51.8" if kind == PLANNER and name in by_account else "v0.52.1",
                    findings=(by_account[name],) if kind == PLANNER and name in by_account else (),
                )
                for kind in kinds
            ),
        )
        for number, name in enumerate(names)
    )
    passes = tuple(Passed(check=f"check-{number:02d}", unit=row.unit) for row in rows for number in range(29))
    return replace(
        base,
        coverage=Coverage(
            expected=accounts, complete=accounts, partial=0, unread=0, excluded=0, read=accounts, gaps=()
        ),
        summary={"pass": len(passes), "fail": len(found), "unknown": 0, "waived": 0, "not_applicable": 0, "error": 0},
        findings=found,
        passes=passes,
        chains=(),
        units=rows,
        excluded=(),
        warnings=(),
        history=None,
        verdict=f"exit 1: {len(found)} findings ≥ low",
    )
