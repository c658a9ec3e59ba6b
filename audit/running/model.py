"""The nouns of what is there: identity, task definitions, images in ECR, the invoker; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.model import Account, Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One account in one region to look at, with the names of the stacks declared there."""

    account: Account
    region: str
    stacks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryTarget:
    """One ECR repository to look at, in the registry's own account, and the tags that matter there."""

    account: Account
    region: str
    repository: str
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who the credentials belong to, from ``sts:GetCallerIdentity``."""

    account_id: str
    arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImage:
    """The image of one container definition, as ECS has it: ``repo:tag``, ``repo@digest`` or both."""

    container: str
    image: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskDefinition:
    """The newest active revision of a family, from ``ecs:DescribeTaskDefinition``; no environment values."""

    family: str
    revision: int
    arn: str
    images: tuple[ContainerImage, ...]
    registered_at: datetime | None
    registered_by: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoker:
    """The invoker Lambda of a stack, from ``lambda:GetFunctionConfiguration``."""

    name: str
    runtime: str | None
    state: str | None
    last_update_status: str | None
    last_modified: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StackInvoker:
    """What was seen of the invoker of ``stack``; a value of None means that there is none."""

    stack: str
    invoker: Fact[Invoker | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What was seen in one account and region; ``families`` are those whose name starts with a declared stack's.

    ``calls`` counts the API calls that it took.
    """

    account: Account
    region: str
    identity: Fact[Identity]
    families: Fact[tuple[TaskDefinition, ...]]
    invokers: tuple[StackInvoker, ...]
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TagImage:
    """A tag in ECR; ``digest`` None means: asked for, and not there. Sizes in bytes, compressed."""

    tag: str
    digest: str | None
    pushed_at: datetime | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """One ECR repository; ``tags`` holds each tag that was asked for, None if there is no such repository."""

    registry_id: str
    region: str
    name: str
    tags: Fact[tuple[TagImage, ...] | None]
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """What AWS showed, sorted by account, region and name."""

    observations: tuple[Observation, ...]
    repositories: tuple[Repository, ...]
