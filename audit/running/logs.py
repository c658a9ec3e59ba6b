"""Log groups in CloudWatch: which of those that task definitions write to are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.running.model.ecs import TaskDefinition
    from audit.running.visit import Visit

_CALL = "logs:DescribeLogGroups"
MOST_GROUPS = 10


def log_groups(visit: Visit, families: Sequence[TaskDefinition]) -> tuple[str, ...]:
    """Name the log groups that the families write to in this region and that exist.

    One call a group, for a group's name as prefix finds it first; a runner has one or two. Raises CallError for more
    than it asks about: of those left out nobody would know whether they exist.
    """
    wanted = {name for family in families for name in family.log_groups(visit.region)}
    if len(wanted) > MOST_GROUPS:
        raise CallError(_CALL, "TooManyLogGroups")
    return tuple(name for name in sorted(wanted) if _exists(visit, name))


def _exists(visit: Visit, name: str) -> bool:
    reply = visit.ask(_CALL, visit.logs.describe_log_groups, logGroupNamePrefix=name)
    return any(group.get("logGroupName") == name for group in reply["logGroups"])
