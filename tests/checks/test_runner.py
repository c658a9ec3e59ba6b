"""Checks of the runner: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audit.configuration.config import Settings
from audit.configuration.policy import Limits
from audit.model import Seen
from audit.running.model.invoker import StackInvoker
from checks import test_images, test_invoker, test_runner
from tests.checks.judging import PLANNER, ended, judged, outcomes, planner, said
from tests.nouns import (
    NOW,
    RUNNER,
    STACK,
    clustered,
    definition,
    families,
    fleet,
    invoker,
    null,
    observation,
    row,
    task,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.running.model.ecs import Task
    from audit.verdict.pairing import UnitView


def test_stack_missing() -> None:
    """Nothing at all of a stack is one finding, not one a family."""
    bare = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=None)),))
    unit = view(observations=(bare,))
    assert outcomes(judged(test_runner.test_stack_missing, unit)) == ["fail"]
    assert outcomes(judged(test_runner.test_family_missing, unit)) == ["not_applicable", "not_applicable"]
    assert outcomes(judged(test_invoker.test_invoker_missing, unit)) == ["not_applicable"]
    assert outcomes(judged(test_runner.test_stack_missing, view())) == ["pass"]


def test_stack_of_nulls_is_not_missing() -> None:
    """A unit whose containers are all null promises nothing."""
    bare = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=None)),))
    unit = view(rows=(null("terraform-planner"),), observations=(bare,))
    assert outcomes(judged(test_runner.test_stack_missing, unit)) == ["not_applicable"]


def test_family_missing() -> None:
    """A declared family that is not there, while others are, is missing."""
    rows = (row("terraform-planner"), row("terraform-applier"))
    unit = view(rows=rows, observations=(observation(families=Seen(value=families(rows[:1]))),))
    assert outcomes(judged(test_runner.test_family_missing, unit)) == ["pass", "fail"]


def test_family_missing_needs_the_invoker_only_where_nothing_runs() -> None:
    """Whether the whole stack is missing can't be told without the invoker."""
    dark = StackInvoker(stack=STACK, invoker=unread("invoker"))
    unit = view(observations=(observation(invokers=(dark,)),))
    assert set(outcomes(judged(test_runner.test_family_missing, unit))) == {"unknown"}


def test_unknown_deployment_is_no_missing_family() -> None:
    """Where it can't be known whether a container is declared, its family can't be missing."""
    rows = (row("terraform-planner"), row("terraform-applier", deployed=None, unknown={"deployed": "an output"}))
    unit = view(rows=rows, observations=(observation(families=Seen(value=families(rows[:1]))),))
    assert outcomes(judged(test_runner.test_family_missing, unit)) == ["pass", "unknown"]


def test_family_undeclared() -> None:
    """A family of the stack that nothing declares is a finding of its own; none is a pass."""
    rows = (row("terraform-planner"), null("ami-builder"))
    extra = (definition(f"{STACK}-ami-builder", f"{RUNNER}:v1.0.0"), definition(f"{STACK}-old", "x/y:1"))
    unit = view(rows=rows, observations=(observation(families=Seen(value=(*families(rows), *extra))),))
    found = judged(test_runner.test_family_undeclared, unit).judgements
    assert [(one.outcome, one.subject.name) for one in found] == [
        ("fail", f"{STACK}-ami-builder"),
        ("fail", f"{STACK}-old"),
    ]
    assert outcomes(judged(test_runner.test_family_undeclared, view())) == ["pass"]


def test_second_stack_has_its_own_families() -> None:
    """A family goes to the longest declared stack name; neither stack sees the other's as undeclared."""
    europe = replace(row("terraform-planner"), unit="dev/eu", stack=f"{STACK}-eu")
    rows = (row("terraform-planner"), europe)
    facts = (definition(PLANNER, f"{RUNNER}:v1.3.0"), definition(f"{STACK}-eu-terraform-planner", f"{RUNNER}:v1.3.0"))
    both = tuple(StackInvoker(stack=name, invoker=Seen(value=invoker())) for name in (STACK, f"{STACK}-eu"))
    unit = view(rows=rows, observations=(observation(families=Seen(value=facts), invokers=both),))
    assert outcomes(judged(test_runner.test_family_undeclared, unit)) == ["pass", "pass"]
    assert outcomes(judged(test_images.test_image_tag_drift, unit)) == ["pass", "pass"]


def clusters(*tasks: Task, **changes: Any) -> UnitView:  # noqa: ANN401 -- fields of a cluster
    """Give a unit in sync whose cluster has these tasks."""
    rows = (row(),)
    seen = observation(families=Seen(value=families(rows)), clusters=(clustered(*tasks, **changes),))
    return view(rows=rows, observations=(seen,))


def lacking(**parts: object) -> UnitView:
    """Give a unit whose cluster entry differs."""
    rows = (row(),)
    entry = replace(clustered(), **parts)  # type: ignore[arg-type]  # tests name what they change
    return view(rows=rows, observations=(observation(families=Seen(value=families(rows)), clusters=(entry,)),))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        pytest.param(clusters(), "pass", id="there"),
        pytest.param(clusters(status="PROVISIONING"), "fail", id="not active"),
        pytest.param(lacking(cluster=Seen(value=None)), "fail", id="absent"),
        pytest.param(lacking(cluster=unread("cluster")), "unknown", id="unread"),
        pytest.param(view(rows=(row(),), observations=(observation(clusters=()),)), "unknown", id="never looked at"),
        pytest.param(
            view(
                observations=(
                    observation(
                        invokers=(StackInvoker(stack=STACK, invoker=Seen(value=None)),),
                        clusters=(replace(clustered(), cluster=Seen(value=None)),),
                    ),
                )
            ),
            "not_applicable",
            id="nothing there at all",
        ),
    ],
)
def test_cluster_missing(unit: UnitView, expected: str) -> None:
    """A stack without its cluster can run nothing."""
    assert ended(test_runner.test_cluster_missing, unit) == [expected]


def test_cluster_alone() -> None:
    """A cluster that is there is judged, though nothing else of the stack is."""
    none = (StackInvoker(stack=STACK, invoker=Seen(value=None)),)
    seen = observation(invokers=none, clusters=(clustered(status="DRAINING"),))
    assert ended(test_runner.test_cluster_missing, view(observations=(seen,))) == ["fail"]


def test_task_that_is_not_described_is_none_of_a_family() -> None:
    """Whatever families there are, nothing can be said of it."""
    odd = planner(definition("ecs-deploy-runner-", "x:1"), {"clusters": (clustered(task(definition=None)),)})
    assert ended(test_runner.test_task_on_old_revision, odd) == ["not_applicable"]


def test_cluster_says_its_state() -> None:
    """One that is not active is named with its state."""
    assert said(test_runner.test_cluster_missing, clusters(status="DRAINING")) == (
        "the cluster ecs-deploy-runner is DRAINING"
    )


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param((), [], id="none"),
        pytest.param((task(),), ["pass"], id="newest"),
        pytest.param((task(definition=f"{PLANNER}:6"),), ["fail"], id="older"),
        pytest.param((task(definition=f"{PLANNER}:8"),), ["fail"], id="newer than the newest active one"),
        pytest.param((task(definition=f"{PLANNER}:6", status="STOPPED"),), [], id="stopped"),
        pytest.param((task(definition=f"{PLANNER}:6", status="MISSING"),), [], id="gone"),
        pytest.param((task(definition=f"{PLANNER}:6", status="DEPROVISIONING"),), [], id="ending"),
        pytest.param((task(definition=f"{PLANNER}:6", status="PENDING"),), ["fail"], id="about to start"),
        pytest.param((task(definition="other:1"),), ["not_applicable"], id="another family"),
        pytest.param((task(definition=None),), ["not_applicable"], id="not described"),
    ],
)
def test_old_revision(tasks: tuple[Task, ...], expected: list[str]) -> None:
    """A task that has not ended runs the newest revision."""
    assert ended(test_runner.test_task_on_old_revision, clusters(*tasks)) == expected


def test_old_revision_rests_on_both() -> None:
    """What the task runs, and what is the newest, come from different calls."""
    (one,) = judged(test_runner.test_task_on_old_revision, clusters(task())).judgements
    assert {"DescribeTasks", "DescribeTaskDefinition"} <= {found.operation for found in one.subject.evidence}


def test_old_revision_says_which() -> None:
    """The task is named by its id, with both revisions."""
    assert said(test_runner.test_task_on_old_revision, clusters(task(definition=f"{PLANNER}:6"))) == (
        f"t1 runs {PLANNER}:6, not {PLANNER}:7"
    )


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        pytest.param(timedelta(hours=6), ["pass"], id="at the limit"),
        pytest.param(timedelta(hours=6, seconds=1), ["fail"], id="a second beyond"),
        pytest.param(None, ["not_applicable"], id="not started"),
    ],
)
def test_too_long(started: timedelta | None, expected: list[str]) -> None:
    """Runs end within hours, as of when it was looked."""
    unit = clusters(task(started_at=NOW - started if started else None))
    assert ended(test_runner.test_task_running_too_long, unit, fleet()) == expected


def test_too_long_says_how_long() -> None:
    """Hours are given; the limit is the configuration's; one that has ended is left alone."""
    limits = Settings(limits=Limits(task_hours=0))
    assert said(test_runner.test_task_running_too_long, clusters(task()), fleet(limits)) == (
        f"{PLANNER}:7 has been running for 1.0 hours"
    )
    assert ended(test_runner.test_task_running_too_long, clusters(task(status="STOPPED")), fleet(limits)) == []


FAILED: dict[str, Any] = {
    "status": "STOPPED",
    "stop_code": "TaskFailedToStart",
    "stop_error": "CannotPullContainerError",
}


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param((), [], id="none"),
        pytest.param((task(),), [], id="still running"),
        pytest.param((task(stopped_at=NOW, **FAILED),), ["fail"], id="never began"),
        pytest.param((task(stopped_at=NOW, stop_code="EssentialContainerExited"),), ["pass"], id="ended"),
        pytest.param(
            (
                task("t1", stopped_at=NOW - timedelta(minutes=9), **FAILED),
                task("t2", stopped_at=NOW, stop_code="EssentialContainerExited"),
            ),
            ["pass"],
            id="mended since",
        ),
        pytest.param(
            (
                task("t1", stopped_at=NOW, **FAILED),
                task("t2", stopped_at=NOW - timedelta(minutes=9), stop_code="EssentialContainerExited"),
            ),
            ["fail"],
            id="broken since",
        ),
        pytest.param((task(stopped_at=NOW, definition=None, **FAILED),), [], id="not described"),
    ],
)
def test_failed_to_start(tasks: tuple[Task, ...], expected: list[str]) -> None:
    """The last run of each family counts."""
    assert ended(test_runner.test_task_failed_to_start, clusters(*tasks)) == expected


def test_failed_to_start_says_why() -> None:
    """The error's name is given, where there is one."""
    unit = clusters(task(stopped_at=NOW, **FAILED))
    assert said(test_runner.test_task_failed_to_start, unit) == (
        f"the last run of {PLANNER} did not start: CannotPullContainerError"
    )
    unit = clusters(task(stopped_at=NOW, **{**FAILED, "stop_error": None}))
    assert said(test_runner.test_task_failed_to_start, unit).endswith("no reason given")


@pytest.mark.parametrize(
    "check",
    [
        test_runner.test_task_on_old_revision,
        test_runner.test_task_failed_to_start,
        lambda unit, findings: test_runner.test_task_running_too_long(unit, fleet(), findings),
    ],
    ids=["revision", "start", "length"],
)
def test_unread_tasks_are_unknown(check: object) -> None:
    """Without a look at the tasks nothing is said of them."""
    assert ended(check, lacking(tasks=unread("tasks"))) == ["unknown"]


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        pytest.param("256", "512", "pass", id="smallest"),
        pytest.param("256", "1024", "pass", id="256 middle"),
        pytest.param("256", "2048", "pass", id="256 most"),
        pytest.param("256", "3072", "fail", id="256 too much"),
        pytest.param("512", "512", "fail", id="512 too little"),
        pytest.param("512", "4096", "pass", id="512 most"),
        pytest.param("512", "5120", "fail", id="512 too much"),
        pytest.param("1024", "2048", "pass", id="1024 least"),
        pytest.param("1024", "8192", "pass", id="1024 most"),
        pytest.param("1024", "9216", "fail", id="1024 too much"),
        pytest.param("1024", "2560", "fail", id="between steps"),
        pytest.param("2048", "16384", "pass", id="2048 most"),
        pytest.param("2048", "17408", "fail", id="2048 too much"),
        pytest.param("4096", "30720", "pass", id="4096 most"),
        pytest.param("4096", "31744", "fail", id="4096 too much"),
        pytest.param("8192", "61440", "pass", id="8192 most"),
        pytest.param("8192", "17408", "fail", id="8192 between steps"),
        pytest.param("16384", "122880", "pass", id="largest"),
        pytest.param("16384", "131072", "fail", id="too large"),
        pytest.param("32768", "1", "pass", id="newer than the table"),
        pytest.param("300", "512", "fail", id="no such CPU"),
        pytest.param(None, "512", "fail", id="no CPU"),
        pytest.param("256", None, "fail", id="no memory"),
        pytest.param("1 vCPU", "2048", "fail", id="no number"),
    ],
)
def test_size(cpu: str | None, memory: str | None, expected: str) -> None:
    """CPU and memory must be a pair of the table."""
    one = replace(definition(PLANNER, f"{RUNNER}:v1.3.0"), cpu=cpu, memory=memory, launch_types=("EC2", "FARGATE"))
    assert ended(test_runner.test_task_size_invalid, planner(one)) == [expected]


def test_size_on_instances() -> None:
    """Instances of one's own take any size; an undeclared family is judged too."""
    assert ended(test_runner.test_task_size_invalid, planner(definition(PLANNER, f"{RUNNER}:v1.3.0"))) == [
        "not_applicable"
    ]
    odd = replace(definition(f"{STACK}-old", "x/y:1"), cpu="256", memory="9", launch_types=("FARGATE",))
    assert said(test_runner.test_task_size_invalid, planner(odd)) == (
        f"Fargate does not run 256 CPU units with 9 MiB ({STACK}-old)"
    )
    assert ended(test_runner.test_task_size_invalid, view(observations=(observation(families=unread()),))) == [
        "unknown"
    ]
