"""How an ECR repository is set up: its settings and its two policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model import RepositorySettings
from audit.running.replies import utc

if TYPE_CHECKING:
    from audit.running.model import RegistryTarget
    from audit.running.visit import Visit

_DESCRIBE = "ecr:DescribeRepositories"
_NONE = frozenset(
    {"RepositoryNotFoundException", "LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException"}
)


def settings(visit: Visit, target: RegistryTarget) -> RepositorySettings | None:
    """Read the settings of a repository; None if there is no such repository."""
    try:
        reply = visit.ask(
            _DESCRIBE,
            visit.ecr.describe_repositories,
            registryId=target.account.id or "",
            repositoryNames=[target.repository],
        )
    except CallError as error:
        if error.code in _NONE:
            return None
        raise
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
    try:
        reply = visit.ask(
            "ecr:GetLifecyclePolicy",
            visit.ecr.get_lifecycle_policy,
            registryId=target.account.id or "",
            repositoryName=target.repository,
        )
    except CallError as error:
        if error.code in _NONE:
            return None
        raise
    return reply["lifecyclePolicyText"]


def policy(visit: Visit, target: RegistryTarget) -> str | None:
    """Read the repository policy as JSON text; None if there is none."""
    try:
        reply = visit.ask(
            "ecr:GetRepositoryPolicy",
            visit.ecr.get_repository_policy,
            registryId=target.account.id or "",
            repositoryName=target.repository,
        )
    except CallError as error:
        if error.code in _NONE:
            return None
        raise
    return reply["policyText"]
