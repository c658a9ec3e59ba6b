"""The sample fleet as the matrix has it, its gap, what is excluded, one chain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from audit.model import Gap, Location
from audit.verdict.results import Cell, CellState, Chain, ChainStep, Excluded, UnitRow
from tests.reports.sample.places import ACCOUNTS, AMI, APPLIER, KANIKO, PLANNER, REGION, TAG, unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.verdict.finding import Finding


GAP = Gap(
    what="task definitions of dev",
    message="AWS refused ecs:ListTaskDefinitions in dev us-west-2: grant it to the audit role",
    account="dev",
    account_id=ACCOUNTS["dev"],
    region=REGION,
    unit=unit("dev"),
    call="ecs:ListTaskDefinitions",
    code="AccessDeniedException",
    permission="ecs:ListTaskDefinitions",
)
SANDBOX = Excluded(
    account="sandbox",
    account_id="567890123456",
    region=REGION,
    unit=unit("sandbox"),
    reason="the account is being closed",
    owner="platform@example.com",
    expires=date(2026, 12, 31),
    days_left=37,
    ticket="OPS-9",
)
EXCLUDED_ROW = UnitRow(
    unit=unit("sandbox"),
    account="sandbox",
    account_id="567890123456",
    region=REGION,
    stack="ecs-deploy-runner",
    coverage="excluded",
    cells=(),
)


def row(account: str, found: Iterable[Finding]) -> UnitRow:
    """Make the row of an account, with what was found there."""
    here = [item for item in found if item.account == account]
    containers = (KANIKO, AMI, PLANNER, APPLIER) if account == "shared" else (PLANNER, APPLIER)
    return UnitRow(
        unit=unit(account),
        account=account,
        account_id=ACCOUNTS[account],
        region=REGION,
        stack="ecs-deploy-runner",
        coverage="unread" if account == "dev" else "partial" if account == "prod" else "complete",
        cells=tuple(_cell(account, container, here) for container in containers),
    )


def _cell(account: str, container: str, here: list[Finding]) -> Cell:
    mine = [item for item in here if item.container == container]
    state: CellState = "in sync"
    if account == "dev":
        state = "unknown"
    elif container == AMI:
        return Cell(container=container, state="not deployed", declared=None, running=None, findings=())
    elif any(item.check == "image-tag-drift" for item in mine):
        state = "waived" if any(item.outcome == "waived" for item in mine) else "drift"
    elif mine:
        state = "drift" if container == KANIKO else "behind"
    running = next((item.running for item in mine if item.running), None if account == "dev" else "v0.52.1")
    return Cell(
        container=container,
        state=state,
        declared="v0.50.5" if container == KANIKO else "v0.52.1",
        running=running,
        findings=tuple(item.id for item in mine),
    )


def chain() -> Chain:
    """Follow one container from its release to what runs, where the way breaks."""
    return Chain(
        unit=unit("stage"),
        container=APPLIER,
        steps=(
            ChainStep(stage="release", value="v0.52.1", source="github: published 2023-06-02"),
            ChainStep(
                stage="build script",
                value="v0.52.1",
                place=Location(
                    file="shared/us-west-2/_regional/container_images/build_deploy_runner_image.sh", line=12, column=33
                ),
            ),
            ChainStep(stage="declared", value="v0.52.1", place=TAG),
            ChainStep(stage="ECR tag", value="v0.52.1", source="ecr:BatchGetImage"),
            ChainStep(stage="digest", value="sha256:" + "4f" * 32, source="ecr:BatchGetImage"),
            ChainStep(
                stage="task definition", value="v0.52.0", source="ecs-deploy-runner-terraform-applier:14", broken=True
            ),
            ChainStep(stage="last run", value=None, source="ecs:DescribeTasks"),
        ),
    )
