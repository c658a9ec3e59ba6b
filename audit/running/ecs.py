"""Task definitions of the declared stacks: each active family's newest revision and its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import check_name
from audit.running.model.ecs import ContainerImage, Logging, SecretReference, TaskDefinition, Variable
from audit.running.redact import value_class
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_ecs.type_defs import (
        ContainerDefinitionOutputTypeDef,
        LogConfigurationOutputTypeDef,
        TaskDefinitionTypeDef,
    )

    from audit.running.visit import Visit


def families(visit: Visit, stacks: Sequence[str]) -> tuple[TaskDefinition, ...]:
    """Read the newest active revision of every family that is named after one of the stacks."""
    for stack in stacks:
        check_name(stack)
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
        images=tuple(_container(one) for one in seen["containerDefinitions"]),
        registered_at=utc(seen.get("registeredAt")),
        registered_by=seen.get("registeredBy"),
        cpu=seen.get("cpu"),
        memory=seen.get("memory"),
        launch_types=tuple(sorted(seen.get("requiresCompatibilities", ()))),
        network_mode=seen.get("networkMode"),
        architecture=seen.get("runtimePlatform", {}).get("cpuArchitecture"),
        task_role=seen.get("taskRoleArn"),
        execution_role=seen.get("executionRoleArn"),
    )


def _container(seen: ContainerDefinitionOutputTypeDef) -> ContainerImage:
    return ContainerImage(
        container=seen.get("name", ""),
        image=seen.get("image", ""),
        environment=variables({one.get("name", ""): one.get("value", "") for one in seen.get("environment", ())}),
        secrets=tuple(
            SecretReference(name=one["name"], value_from=one["valueFrom"])
            for one in sorted(seen.get("secrets", ()), key=lambda one: one["name"])
        ),
        logging=_logging(seen["logConfiguration"]) if "logConfiguration" in seen else None,
        privileged=seen.get("privileged", False),
        user=seen.get("user"),
    )


def variables(environment: Mapping[str, str]) -> tuple[Variable, ...]:
    """Keep the names of environment variables and the class of each value; the values end here."""
    return tuple(Variable(name=name, value=value_class(value)) for name, value in sorted(environment.items()))


def _logging(seen: LogConfigurationOutputTypeDef) -> Logging:
    options = seen.get("options", {})
    return Logging(driver=seen["logDriver"], group=options.get("awslogs-group"), region=options.get("awslogs-region"))
