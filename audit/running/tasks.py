"""The cluster of a stack, and the tasks that run or ran in it within about an hour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from audit.running.faults import CallError, check_name
from audit.running.model.ecs import Cluster, Task, TaskContainer
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ecs.type_defs import TaskTypeDef

    from audit.running.visit import Visit

MISSING = "MISSING"

_CLUSTERS = "ecs:DescribeClusters"
_DESCRIBE = "ecs:DescribeTasks"
_BATCH = 100
_ERROR = re.compile(r"[A-Z][A-Za-z]{2,60}(?=:)")


def cluster(visit: Visit, stack: str) -> Cluster | None:
    """Read the cluster that is named after the stack; None if there is none."""
    check_name(stack)
    reply = visit.ask(_CLUSTERS, visit.ecs.describe_clusters, clusters=[stack])
    for failure in reply["failures"]:
        if failure.get("reason") != MISSING:
            raise CallError(_CLUSTERS, failure.get("reason", ""))
    if not reply["failures"] and not reply["clusters"]:
        raise CallError(_CLUSTERS, "DamagedReply")  # silence is no proof that there is none
    # AWS shows a deleted cluster for a while.
    found = [one for one in reply["clusters"] if one.get("clusterName") == stack and one.get("status") != "INACTIVE"]
    if not found:
        return None
    (seen,) = found[:1]
    return Cluster(
        name=stack,
        arn=seen.get("clusterArn", ""),
        status=seen.get("status", ""),
        running_tasks=seen.get("runningTasksCount", 0),
        pending_tasks=seen.get("pendingTasksCount", 0),
        capacity_providers=tuple(sorted(seen.get("capacityProviders", ()))),
    )


def tasks(visit: Visit, where: Cluster | None) -> tuple[Task, ...]:
    """Describe the tasks of a cluster; those that are gone before they could be described are MISSING.

    Running ones are listed only where the cluster counts some: short runs are the rule, so mostly there are none.
    """
    if where is None:
        return ()
    busy = where.running_tasks + where.pending_tasks > 0
    arns = _listed(visit, where, "STOPPED") | (_listed(visit, where, "RUNNING") if busy else set())
    seen = _described(visit, where, sorted(arns))
    # A task that ended between list and description may only be late: asked for once more.
    again = _described(visit, where, sorted(arns - seen.keys()))
    gone = arns - seen.keys() - again.keys()
    missing = [Task(arn=arn, definition=None, status=MISSING) for arn in gone]
    return tuple(sorted((*seen.values(), *again.values(), *missing), key=lambda task: task.arn))


def _listed(visit: Visit, where: Cluster, status: Literal["RUNNING", "STOPPED"]) -> set[str]:
    pages = visit.pages("ecs:ListTasks", visit.ecs.list_tasks, cluster=where.arn, desiredStatus=status, maxResults=100)
    return {arn for page in pages for arn in page["taskArns"]}


def _described(visit: Visit, where: Cluster, arns: Sequence[str]) -> dict[str, Task]:
    found = {}
    for start in range(0, len(arns), _BATCH):
        batch = arns[start : start + _BATCH]
        reply = visit.ask(_DESCRIBE, visit.ecs.describe_tasks, cluster=where.arn, tasks=batch)
        for failure in reply["failures"]:
            if failure.get("reason") != MISSING:
                raise CallError(_DESCRIBE, failure.get("reason", ""))
        found.update({one["taskArn"]: _task(one) for one in reply["tasks"] if "taskArn" in one})
    return found


def _task(seen: TaskTypeDef) -> Task:
    """Take over what is needed; overrides are left where they are, for they can hold values of variables."""
    error = _ERROR.match(seen.get("stoppedReason", ""))
    definition = seen.get("taskDefinitionArn")
    return Task(
        arn=seen.get("taskArn", ""),
        definition=definition.rpartition("/")[2] if definition else None,
        status=seen.get("lastStatus", ""),
        started_at=utc(seen.get("startedAt")),
        stopped_at=utc(seen.get("stoppedAt")),
        stop_code=seen.get("stopCode"),
        stop_error=error[0] if error else None,
        launch_type=seen.get("launchType"),
        containers=tuple(
            TaskContainer(name=one.get("name", ""), image=one.get("image"), digest=one.get("imageDigest"))
            for one in sorted(seen.get("containers", ()), key=lambda one: one.get("name", ""))
        ),
    )
