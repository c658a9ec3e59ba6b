"""Runner: the cluster, the families and the tasks that a declared stack is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.model import need
from audit.verdict import fargate
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.pairing import unknown
from audit.verdict.subject import of_container, of_stack, orphan_image
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView

pytestmark = pytest.mark.runner

LISTED = ("ecs:ListTaskDefinitionFamilies",)
DESCRIBED = (*LISTED, "ecs:DescribeTaskDefinition")
INVOKER = ("lambda:GetFunctionConfiguration",)
CLUSTER = ("ecs:DescribeClusters",)
TASKS = (*CLUSTER, "ecs:ListTasks", "ecs:DescribeTasks")


@check(
    "stack-missing",
    severity="high",
    needs=("families", "invokers"),
    remedy="apply the unit, or delete it from the repository if the account should have no runner",
    controls=("NIST 800-53 CM-8", "SOC 2 CC8.1"),
    references=(references.HOW_IT_WORKS,),
)
def test_stack_missing(unit: UnitView, findings: Findings) -> None:
    """Nothing of a declared stack runs: no task definition and no invoker.

    The repository promises a pipeline that the account does not have; or the look went to the wrong region.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack, calls=(*LISTED, *INVOKER))):
            if not stack.deployed:
                not_applicable("no container is declared")
            assert not stack.absent, f"nothing of {stack.stack} was seen in {unit.account}, {unit.region}"


@check(
    "family-missing",
    severity="high",
    needs=("families",),
    remedy="apply the unit: the task definition that it declares does not exist",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-8"),
    references=(references.TASK_DEFINITIONS,),
)
def test_family_missing(unit: UnitView, findings: Findings) -> None:
    """A declared task definition family does not exist, though others of the stack do.

    Runs of that kind fail in this account, for example builds or plans.
    """
    for stack in unit.stacks:
        missing = {pair.declared.container: pair for pair in stack.missing}
        for row in stack.deployed:
            with findings.about(
                of_container(unit, stack, row, declared=row.tag, location=row.image_origin, calls=LISTED)
            ):
                if row.deployed is None:
                    unknown(row, "deployed")
                if stack.absent:
                    not_applicable("nothing of the stack was seen: see stack-missing")
                assert row.container not in missing, f"{stack.stack}-{row.container} has no active revision"


@check(
    "family-undeclared",
    severity="medium",
    needs=("families",),
    remedy="delete the task definitions, or declare the container again",
    controls=("NIST 800-53 CM-7", "NIST 800-53 CM-8", "ISO 27001:2022 A.8.9"),
    references=(references.TASK_DEFINITIONS,),
)
def test_family_undeclared(unit: UnitView, findings: Findings) -> None:
    """A task definition family of the stack exists that nothing declares.

    It keeps its role and its image, gets no upgrades, and whoever can invoke the runner may still start it.
    """
    for stack in unit.stacks:
        for orphan in stack.orphans:
            family, image = orphan.definition.family, orphan_image(orphan)
            with findings.about(of_stack(unit, stack, name=family, kind=family, running=image, calls=DESCRIBED)):
                pytest.fail(f"{family} runs {image}, and nothing declares it")
        if not stack.orphans:
            findings.clear(of_stack(unit, stack, calls=LISTED))


@check(
    "cluster-missing",
    severity="high",
    needs=("clusters",),
    remedy="apply the unit: its tasks have no cluster to run in",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-8", "SOC 2 CC7.1"),
    references=(references.CLUSTERS,),
)
def test_cluster_missing(unit: UnitView, findings: Findings) -> None:
    """The ECS cluster of the stack does not exist or is not active, though others of its parts do.

    Every run is a task in that cluster: without it the invoker's calls all fail.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack, calls=CLUSTER)):
            cluster = need(stack.cluster)
            if cluster is None and stack.absent:
                not_applicable("nothing of the stack was seen: see stack-missing")
            assert cluster, f"there is no cluster {stack.stack}"
            assert cluster.status == "ACTIVE", f"the cluster {stack.stack} is {cluster.status}"


@check(
    "task-on-old-revision",
    severity="medium",
    needs=("tasks",),
    uses=("families",),
    remedy="let the task end, or stop it: the next one takes the newest revision",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-3"),
    references=(references.TASK_DEFINITIONS,),
)
def test_task_on_old_revision(unit: UnitView, findings: Findings) -> None:
    """A running task uses another revision than the newest of its family.

    It started before the last apply and goes on with the old image and the old permissions. No running task is the
    normal state.
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=TASKS)):
            newest = {found.family: f"{found.family}:{found.revision}" for found in stack.definitions}
            for task in stack.running_tasks:
                family = (task.definition or "").partition(":")[0]
                subject = of_stack(
                    unit,
                    stack,
                    name=task.id,
                    kind=task.id,
                    running=task.definition,
                    calls=(*TASKS, "ecs:DescribeTaskDefinition"),
                    about=(family,),
                )
                with findings.about(subject):
                    if family not in newest:
                        not_applicable("a task of another family, or one that could not be described")
                    assert task.definition == newest[family], f"{task.id} runs {task.definition}, not {newest[family]}"


@check(
    "task-running-too-long",
    severity="medium",
    needs=("tasks",),
    remedy="look at the task's log; stop it if it hangs, for example at a lock or a prompt",
    controls=("SOC 2 CC7.1",),
    references=(references.HOW_IT_WORKS,),
)
def test_task_running_too_long(unit: UnitView, fleet: Fleet, findings: Findings) -> None:
    """A task has been running for longer than runs take.

    It holds state locks and credentials, and whoever waits for the pipeline waits for it. How long is too long is
    task_hours of the section [limits].
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=TASKS)):
            for task in stack.running_tasks:
                with findings.about(
                    of_stack(unit, stack, name=task.id, kind=task.id, running=task.definition, calls=TASKS)
                ):
                    if task.started_at is None:
                        not_applicable("not started yet")
                    hours = (fleet.taken_at - task.started_at).total_seconds() / 3600
                    assert hours <= fleet.limits.task_hours, f"{task.definition} has been running for {hours:.1f} hours"


@check(
    "task-failed-to-start",
    severity="high",
    needs=("tasks",),
    remedy="mend the named cause: the image, its repository's policy, a secret's key, or the network to ECR",
    controls=("SOC 2 CC7.1",),
    references=(references.TASK_STOPPED,),
)
def test_task_failed_to_start(unit: UnitView, findings: Findings) -> None:
    """The last run of a family ended before it began: its image or its secrets could not be had.

    ECS remembers that for about an hour. It is the first sign of a deleted tag, a policy without the account, or a
    secret on a key that the account cannot use.
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=TASKS)):
            for family, task in stack.last_runs.items():
                with findings.about(
                    of_stack(unit, stack, name=family, kind=family, running=task.definition, calls=TASKS)
                ):
                    reason = task.stop_error or "no reason given"
                    assert task.stop_code != "TaskFailedToStart", f"the last run of {family} did not start: {reason}"


@check(
    "task-size-invalid",
    severity="high",
    needs=("families",),
    remedy="set cpu and memory of the container's configuration to a pair that Fargate has",
    controls=("NIST 800-53 CM-2",),
    references=(references.TASK_SIZES,),
)
def test_task_size_invalid(unit: UnitView, findings: Findings) -> None:
    """CPU and memory of a task are no pair that Fargate runs.

    Not every memory goes with every CPU; a task of such a size is refused when it should start.
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=DESCRIBED)):
            for found in stack.definitions:
                with findings.about(of_stack(unit, stack, name=found.family, kind=found.family, calls=DESCRIBED)):
                    if "FARGATE" not in found.launch_types:
                        not_applicable("not for Fargate")
                    size = f"{found.cpu} CPU units with {found.memory} MiB"
                    assert fargate.takes(found.cpu, found.memory), f"Fargate does not run {size} ({found.family})"
