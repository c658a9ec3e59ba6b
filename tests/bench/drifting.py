"""Fleets for the judging benchmark: in sync, with every account on an older tag, with everything wrong everywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from audit.declared.model import Shadow
from audit.model import Account, Location, Seen
from audit.running.model.access import RoleChange
from audit.running.model.ecs import Logging, Variable
from audit.running.model.invoker import Invoker, Script, StackInvoker
from tests.nouns import (
    KANIKO,
    NOW,
    RUNNER,
    STACK,
    TAG_AT,
    clustered,
    definition,
    families,
    fresh,
    observation,
    repository,
    row,
    snapshot,
    task,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.declared.model import DeclaredContainer
    from audit.running.model.ecs import TaskDefinition
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot

CONTAINERS = ("terraform-planner", "terraform-applier")
CATALOG = "git::https://github.com/gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"
BUILD = Script(
    container="docker-image-builder",
    name="build-docker-image",
    allowed_options=(),
    restricted_options=(),
    patterns=(("--ref", "("), ("--repo", "x")),
    hardcoded=(),
    positional=False,
)


def accounts(number: int) -> tuple[Account, ...]:
    """Name so many accounts."""
    return tuple(Account(name=f"account-{index:04}", id=f"{index:012}") for index in range(1, number + 1))


def in_sync(number: int) -> Snapshot:
    """Run everywhere what is declared."""
    return _fleet(number, lambda account: observation(account, families=Seen(value=_good())))


def drifted(number: int) -> Snapshot:
    """Run both containers of every account on an older tag."""
    old = tuple(definition(f"{STACK}-{container}", f"{RUNNER}:v1.2.0") for container in CONTAINERS)
    return _fleet(number, lambda account: observation(account, families=Seen(value=old)))


def worst(number: int) -> Snapshot:
    """Let nearly every check of an account fail in each: some thirty failures a time."""
    facts = _fleet(number, _wreck, _wrong)
    shadows = tuple(
        Shadow(
            unit=unit.path,
            name="tag",
            dead=TAG_AT,
            dead_value="v1.3.0",
            live=Location(file=f"{unit.path}/terragrunt.hcl", line=3, column=5),
            live_value="latest",
        )
        for unit in facts.declared.units
    )
    held = (repository(RUNNER, {"v0.57.0": None}), repository(KANIKO, {"v0.56.0": None}))
    return replace(
        facts,
        declared=replace(facts.declared, shadows=shadows, accounts=(Account(name="other", id="999999999999"),)),
        running=replace(facts.running, repositories=held),
    )


def _fleet(
    number: int,
    seen: Callable[[Account], Observation],
    rows: Callable[[Account], tuple[DeclaredContainer, ...]] | None = None,
) -> Snapshot:
    fleet = accounts(number)
    declared = rows or (lambda account: tuple(row(container, account) for container in CONTAINERS))
    facts = fresh(
        snapshot(
            rows=tuple(one for account in fleet for one in declared(account)),
            observations=tuple(seen(account) for account in fleet),
        )
    )
    return replace(facts, order=replace(facts.order, accounts=fleet))


def _good() -> tuple[TaskDefinition, ...]:
    return families(tuple(row(container) for container in CONTAINERS))


def _wrong(account: Account) -> tuple[DeclaredContainer, ...]:
    facts: dict[str, Any] = {"module_source": CATALOG, "module_ref": f"v0.{int(account.id or 0) % 90}.0"}
    return (
        row("terraform-planner", account, tag="v0.57.0", **facts),
        row("docker-image-builder", account, tag="v0.56.0", **facts),
    )


def _wreck(account: Account) -> Observation:
    broken = Invoker(
        name=f"{STACK}-invoker",
        runtime="python3.8",
        state="Failed",
        last_update_status="Failed",
        last_modified=NOW,
        environment=(Variable(name="TOKEN", value="token"),),
        scripts=(BUILD,),
    )
    return observation(
        account,
        families=Seen(value=(*map(_bad, ("terraform-planner", "old")),)),
        invokers=(StackInvoker(stack=STACK, invoker=Seen(value=broken)),),
        clusters=(
            clustered(
                task("t1", definition=f"{STACK}-old:6", started_at=NOW - timedelta(days=9)),
                task("t2", status="STOPPED", stopped_at=NOW, stop_code="TaskFailedToStart"),
                status="DRAINING",
            ),
        ),
        role_changes=Seen(value=(RoleChange(role="arn:aws:iam::1:role/x", allowed=("iam:PutRolePolicy",)),)),
    )


def _bad(container: str) -> TaskDefinition:
    image = f"{RUNNER}:v0.57.0" if container == "terraform-applier" else "docker.example.com/runner:v1"
    made = definition(f"{STACK}-{container}", image)
    bad = replace(
        made.images[0],
        environment=(Variable(name="TOKEN", value="token"),),
        logging=Logging(driver="awslogs", group="/ecs/gone", region=None),
        privileged=True,
    )
    return replace(
        made, images=(bad,), cpu="1", memory="1", launch_types=("FARGATE",), task_role="arn:aws:iam::1:role/x"
    )
