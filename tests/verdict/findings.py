"""Findings, waivers and entries made by hand, for the tests of waivers and memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from audit.look.exclusions import Exclusion
from audit.model import Location
from audit.verdict.check import Check, Judgement, Subject
from audit.verdict.judging import finding
from audit.verdict.waivers import Waiver, Waivers
from tests.nouns import DEV, REGION, STACK, TODAY

if TYPE_CHECKING:
    from audit.model import Account
    from audit.verdict.finding import Finding, Outcome

PLACE = Location(file="waivers.yaml", line=3, column=5)
UNIT = f"{DEV.name}/{REGION}/mgmt/ecs-deploy-runner"


def record(id_: str = "image-tag-drift", aliases: tuple[str, ...] = ()) -> Check:
    """Make a check."""
    return Check(
        id=id_,
        severity="high",
        title="t",
        why="w",
        remedy="mend",
        needs=frozenset(),
        controls=("NIST CM-2",),
        aliases=aliases,
    )


def found(
    outcome: Outcome = "fail", account: Account = DEV, check: str = "image-tag-drift", **changes: object
) -> Finding:
    """Make a finding about the planner of an account."""
    subject = Subject(
        name="planner",
        account=account.name,
        account_id=account.id,
        region=REGION,
        unit=f"{account.name}/{REGION}/mgmt/ecs-deploy-runner",
        stack=STACK,
        container="terraform-planner",
        declared="v1.3.0",
        running="v1.2.0",
    )
    judged = Judgement(subject=subject, outcome=outcome, message="planner runs v1.2.0")
    return replace(finding(record(check), judged), **changes)  # type: ignore[arg-type]  # fields by name


def waiver(**changes: object) -> Waiver:
    """Make a waiver of the planner's drift in dev that holds for ten days more."""
    made = Waiver(
        id="W-1",
        checks=("image-tag-drift",),
        accounts=("dev",),
        regions=(),
        containers=(),
        declared=None,
        running=None,
        reason="freeze",
        owner="platform@example.com",
        ticket=None,
        created=None,
        expires=TODAY + timedelta(days=20),
        place=PLACE,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def exclusion(**changes: object) -> Exclusion:
    """Make an exclusion of dev that holds for twenty days more."""
    made = Exclusion(
        accounts=("dev",),
        regions=(),
        reason="closed",
        owner="platform@example.com",
        expires=TODAY + timedelta(days=20),
        place=PLACE,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def book(*waivers: Waiver, exclusions: tuple[Exclusion, ...] = ()) -> Waivers:
    """Make a waivers file."""
    return Waivers(file="waivers.yaml", sha256="ab" * 32, waivers=waivers, exclusions=exclusions)
