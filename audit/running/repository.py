"""How an ECR repository is set up: its settings and its two policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from audit.running.faults import CallError
from audit.running.model import RepositorySettings
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.running.model import RegistryTarget
    from audit.running.visit import Visit

P = ParamSpec("P")
R = TypeVar("R")

_DESCRIBE = "ecr:DescribeRepositories"
_NONE = frozenset(
    {"RepositoryNotFoundException", "LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException"}
)


def settings(visit: Visit, target: RegistryTarget) -> RepositorySettings | None:
    """Read the settings of a repository; None if there is no such repository."""
    reply = _asked(
        visit,
        _DESCRIBE,
        visit.ecr.describe_repositories,
        registryId=target.account.id or "",
        repositoryNames=[target.repository],
    )
    if reply is None:
        return None
    if len(reply["repositories"]) != 1:
        raise CallError(_DESCRIBE, "DamagedReply")
    (seen,) = reply["repositories"]
    encryption = seen.get("encryptionConfiguration")
    return RepositorySettings(
        arn=seen.get("repositoryArn", ""),
        tag_mutability=seen.get("imageTagMutability"),
        scan_on_push=seen.get("imageScanningConfiguration", {}).get("scanOnPush"),
        encryption=encryption["encryptionType"] if encryption else None,
        kms_key=encryption.get("kmsKey") if encryption else None,
        created_at=utc(seen.get("createdAt")),
    )


def lifecycle(visit: Visit, target: RegistryTarget) -> str | None:
    """Read the lifecycle policy as JSON text; None if there is none."""
    reply = _asked(
        visit,
        "ecr:GetLifecyclePolicy",
        visit.ecr.get_lifecycle_policy,
        registryId=target.account.id or "",
        repositoryName=target.repository,
    )
    return reply["lifecyclePolicyText"] if reply is not None else None


def policy(visit: Visit, target: RegistryTarget) -> str | None:
    """Read the repository policy as JSON text; None if there is none."""
    reply = _asked(
        visit,
        "ecr:GetRepositoryPolicy",
        visit.ecr.get_repository_policy,
        registryId=target.account.id or "",
        repositoryName=target.repository,
    )
    return reply["policyText"] if reply is not None else None


def _asked(visit: Visit, call: str, operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Make a call; None where its answer is that there is no such thing."""
    try:
        return visit.ask(call, operation, *args, **kwargs)
    except CallError as error:
        if error.code in _NONE:
            return None
        raise
