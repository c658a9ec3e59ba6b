"""The nouns of what is there: identity, task definitions, images in ECR, the invoker; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal, TypeAlias

from audit.model import Account, Fact, Gap, Seen, Unread

ValueClass: TypeAlias = Literal["empty", "number", "word", "arn", "url", "encoded", "token", "text"]


def unasked(what: str) -> Unread:
    """Make the fact of whoever did not look, such as an older snapshot: unknown, neither there nor absent."""
    return Unread(gap=Gap(what=what, code="NotAsked", message=f"{what}: not looked at; look again"))


def unwanted() -> Seen[None]:
    """Make the fact that the user did not ask for."""
    return Seen(value=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One account in one region to look at, with the names of the stacks declared there."""

    account: Account
    region: str
    stacks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryTarget:
    """One ECR repository to look at, in the registry's own account; ``tags`` that matter there, ``running`` of them.

    ``beside`` names all repositories of the registry that are looked at, this one too: some calls take many.
    """

    account: Account
    region: str
    repository: str
    tags: tuple[str, ...]
    running: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who the credentials belong to, from ``sts:GetCallerIdentity``.

    ``has_session_token``: whether they are those of a session, which ends; None in the snapshots of earlier releases.
    """

    account_id: str
    arn: str
    has_session_token: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretTarget:
    """One secret to look at, by its ARN, in the account and region that it belongs to."""

    account: Account
    region: str
    arn: str


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What the invoker lets a container run: a script, the options it may get, and those that it always gets.

    ``hardcoded`` and ``patterns`` map an option to its values and to the expression that its value must match;
    values that look like secrets are replaced. ``*`` among the allowed options is any of them.
    """

    container: str
    name: str
    allowed_options: tuple[str, ...]
    restricted_options: tuple[str, ...]
    patterns: tuple[tuple[str, str], ...]
    hardcoded: tuple[tuple[str, tuple[str, ...]], ...]
    positional: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoker:
    """The invoker Lambda of a stack, from ``lambda:GetFunctionConfiguration``.

    ``scripts`` is what its configuration allows, None where that could not be decoded.
    """

    name: str
    runtime: str | None
    state: str | None
    last_update_status: str | None
    last_modified: datetime | None
    environment: tuple[Variable, ...] = ()
    scripts: tuple[Script, ...] | None = None
    role: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StackInvoker:
    """What was seen of the invoker of ``stack``; a value of None means that there is none."""

    stack: str
    invoker: Fact[Invoker | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleChange:
    """Which of the actions that would widen a task role's own powers IAM says that the role may do to itself."""

    role: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Right:
    """Whether the caller may do something to a resource, as IAM simulates it."""

    action: str
    resource: str
    is_allowed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What was seen in one account and region; ``families`` are those whose name starts with a declared stack's.

    ``clusters`` holds one entry per stack; one that it lacks was not looked at. ``log_groups`` are those that the
    families name and that exist; ``role_changes`` is None where nobody asked for it. ``calls`` counts the API calls.
    """

    account: Account
    region: str
    identity: Fact[Identity]
    families: Fact[tuple[TaskDefinition, ...]]
    invokers: tuple[StackInvoker, ...]
    calls: int
    clusters: tuple[StackCluster, ...] = ()
    log_groups: Fact[tuple[str, ...]] = field(default_factory=partial(unasked, "log groups"))
    role_changes: Fact[tuple[RoleChange, ...] | None] = field(default_factory=unwanted)
    caller_rights: Fact[tuple[Right, ...] | None] = field(default_factory=unwanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformImage:
    """One of the images that an index (a multi-platform image) points to."""

    digest: str
    platform: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """The summary of an image's vulnerability scan; ``counts`` maps a severity to how many."""

    status: str
    completed_at: datetime | None
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Vulnerable:
    """A running image that has critical vulnerabilities, and the ids of those that could be listed."""

    digest: str
    ids: tuple[str, ...]


def unlisted() -> Seen[tuple[Vulnerable, ...]]:
    """Make the fact of whoever listed no vulnerabilities, as older snapshots: the counts stand with the tags."""
    return Seen(value=())


@dataclass(frozen=True, kw_only=True, slots=True)
class TagImage:
    """A tag in ECR; ``digest`` None means: asked for, and not there. Sizes in bytes, compressed.

    ``images`` is what an index points to, empty for an image of one platform: a task that pulled the tag can show
    the digest of any of them. ``scan`` is None where there was none.
    """

    tag: str
    digest: str | None
    pushed_at: datetime | None = None
    size_bytes: int | None = None
    media_type: str | None = None
    last_pulled_at: datetime | None = None
    images: tuple[PlatformImage, ...] = ()
    scan: Scan | None = None

    @property
    def critical(self) -> int | None:
        """How many critical vulnerabilities the scan found; None where none was made, or it is not done.

        ECR can't scan every image: one that it does not support is none that failed.
        """
        done = self.scan is not None and self.scan.status in {"COMPLETE", "ACTIVE"}
        return dict(self.scan.counts).get("CRITICAL", 0) if self.scan and done else None

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of an index, such as ``linux/amd64``, in order; empty for an image of one platform.

        Variants don't count, nor do the attestations that builders put beside the images.
        """
        named = {"/".join(image.platform.split("/")[:2]) for image in self.images if image.platform}
        return tuple(sorted(named - {"unknown/unknown"}))


@dataclass(frozen=True, kw_only=True, slots=True)
class RepositorySettings:
    """How a repository is set up, from ``ecr:DescribeRepositories``."""

    arn: str
    tag_mutability: str | None
    scan_on_push: bool | None
    encryption: str | None
    kms_key: str | None
    created_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """One ECR repository; ``tags`` holds each tag that was asked for, None if there is no such repository.

    ``lifecycle`` and ``policy`` are the JSON texts of its policies, None where it has none. ``vulnerable`` names what
    is critical in running images; how much there is stands with each tag. ``calls`` leaves out who is calling: that is
    asked where it isn't known already.
    """

    registry_id: str
    region: str
    name: str
    tags: Fact[tuple[TagImage, ...] | None]
    calls: int
    settings: Fact[RepositorySettings | None] = field(default_factory=partial(unasked, "repository settings"))
    lifecycle: Fact[str | None] = field(default_factory=partial(unasked, "lifecycle policy"))
    policy: Fact[str | None] = field(default_factory=partial(unasked, "repository policy"))
    vulnerable: Fact[tuple[Vulnerable, ...]] = field(default_factory=unlisted)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretMetadata:
    """What Secrets Manager says about a secret, never its value; ``kms_key`` None means AWS's own key."""

    arn: str
    name: str
    kms_key: str | None
    last_changed_at: datetime | None
    last_rotated_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """One referenced secret; ``metadata`` of None means that there is no such secret. ``calls`` as for a repository."""

    arn: str
    metadata: Fact[SecretMetadata | None]
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An account of AWS Organizations; ``state`` is ACTIVE for one that can be used."""

    id: str
    name: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCalls:
    """How many calls were made in an account, retries and the assuming of its role left out."""

    account_id: str | None
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """What AWS showed, sorted by account, region and name; ``organization`` is None where nobody asked for it.

    ``beyond`` is what was seen of accounts without a unit, None where nobody asked to look there.
    """

    observations: tuple[Observation, ...]
    repositories: tuple[Repository, ...]
    secrets: tuple[Secret, ...] = ()
    organization: Fact[tuple[Member, ...] | None] = field(default_factory=unwanted)
    calls: tuple[AccountCalls, ...] = ()
    beyond: tuple[Observation, ...] | None = None

    @property
    def everywhere(self) -> tuple[Observation, ...]:
        """All accounts and regions that were looked at, with a unit and without."""
        return (*self.observations, *(self.beyond or ()))
