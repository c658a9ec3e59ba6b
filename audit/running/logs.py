"""Log groups in CloudWatch: which of those that task definitions write to are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.running.model.ecs import TaskDefinition
    from audit.running.visit import Visit

MOST_GROUPS = 10


def log_groups(visit: Visit, families: Sequence[TaskDefinition]) -> tuple[str, ...]:
    """Name the log groups that the families write to in this region and that exist.

    One call a group, for a group's name as prefix finds it first; a runner has one or two.
    """
    wanted = {name for family in families for name in family.log_groups(visit.region)}
    return tuple(name for name in sorted(wanted)[:MOST_GROUPS] if _exists(visit, name))


def _exists(visit: Visit, name: str) -> bool:
    reply = visit.ask("logs:DescribeLogGroups", visit.logs.describe_log_groups, logGroupNamePrefix=name)
    return any(group.get("logGroupName") == name for group in reply["logGroups"])
