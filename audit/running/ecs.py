"""Task definitions of the declared stacks: each active family's newest revision and its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.model import ContainerImage, TaskDefinition
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef

    from audit.running.visit import Visit


def families(visit: Visit, stacks: Sequence[str]) -> tuple[TaskDefinition, ...]:
    """Read the newest active revision of every family that is named after one of the stacks."""
    names = {name for prefix in _shortest(stacks) for name in _names(visit, prefix)}
    mine = [name for name in names if any(name == stack or name.startswith(f"{stack}-") for stack in stacks)]
    return tuple(_newest(visit, name) for name in sorted(mine))


def _shortest(stacks: Sequence[str]) -> list[str]:
    """Leave out the stacks whose families another one's prefix already lists."""
    return [one for one in sorted(set(stacks)) if not any(one != other and one.startswith(other) for other in stacks)]


def _names(visit: Visit, prefix: str) -> Iterator[str]:
    for page in visit.pages(
        "ecs:ListTaskDefinitionFamilies",
        visit.ecs.list_task_definition_families,
        familyPrefix=prefix,
        status="ACTIVE",
        maxResults=100,
    ):
        yield from page["families"]


def _newest(visit: Visit, family: str) -> TaskDefinition:
    reply = visit.ask("ecs:DescribeTaskDefinition", visit.ecs.describe_task_definition, taskDefinition=family)
    return _task_definition(reply["taskDefinition"])


def _task_definition(seen: TaskDefinitionTypeDef) -> TaskDefinition:
    """Take over what is needed; environment values are left where they are, so no object ever holds one."""
    return TaskDefinition(
        family=seen["family"],
        revision=seen["revision"],
        arn=seen["taskDefinitionArn"],
        images=tuple(
            ContainerImage(container=one.get("name", ""), image=one.get("image", ""))
            for one in seen["containerDefinitions"]
        ),
        registered_at=utc(seen.get("registeredAt")),
        registered_by=seen.get("registeredBy"),
    )
