"""The nouns of ECS: task definitions and their containers, clusters, tasks; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from audit.model import Fact

ValueClass: TypeAlias = Literal["empty", "number", "word", "arn", "url", "encoded", "token", "text"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """An environment variable: its name, and what sort of value it has; the value itself is never kept."""

    name: str
    value: ValueClass


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretReference:
    """A variable that is filled at start from where ``value_from`` says: an ARN, or a parameter's name."""

    name: str
    value_from: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Logging:
    """Where a container's output goes; ``group`` and ``region`` are those of the driver awslogs."""

    driver: str
    group: str | None
    region: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImage:
    """One container definition; ``image`` as ECS has it: ``repo:tag``, ``repo@digest`` or both."""

    container: str
    image: str
    environment: tuple[Variable, ...] = ()
    secrets: tuple[SecretReference, ...] = ()
    logging: Logging | None = None
    privileged: bool = False
    user: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskDefinition:
    """The newest active revision of a family, from ``ecs:DescribeTaskDefinition``; no environment values."""

    family: str
    revision: int
    arn: str
    images: tuple[ContainerImage, ...]
    registered_at: datetime | None
    registered_by: str | None
    cpu: str | None = None
    memory: str | None = None
    launch_types: tuple[str, ...] = ()
    network_mode: str | None = None
    architecture: str | None = None
    task_role: str | None = None
    execution_role: str | None = None

    def log_groups(self, region: str | None) -> tuple[str, ...]:
        """Name the log groups that its containers write to in a region; without one of its own, a driver's is meant."""
        logs = [one.logging for one in self.images if one.logging]
        return tuple(sorted({log.group for log in logs if log.group and log.region in {None, region}}))

    @property
    def platform(self) -> str:
        """The platform that its images must be for, as images name it; x86-64 unless it says otherwise."""
        return "linux/arm64" if self.architecture == "ARM64" else "linux/amd64"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """The cluster of a stack, from ``ecs:DescribeClusters``."""

    name: str
    arn: str
    status: str
    running_tasks: int
    pending_tasks: int
    capacity_providers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskContainer:
    """One container of a task: the image that was asked for, and the digest that was pulled."""

    name: str
    image: str | None
    digest: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A task that runs or stopped lately; ``status`` is MISSING for one that was listed and could not be described.

    ``definition`` is ``family:revision``. Of the reason why it stopped only the name of the error is kept.
    """

    arn: str
    definition: str | None
    status: str
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str | None = None
    stop_error: str | None = None
    launch_type: str | None = None
    containers: tuple[TaskContainer, ...] = ()

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class StackCluster:
    """What was seen of the cluster named after ``stack``; a cluster of None means that there is none."""

    stack: str
    cluster: Fact[Cluster | None]
    tasks: Fact[tuple[Task, ...]]
