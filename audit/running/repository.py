"""How an ECR repository is set up: its settings and its two policies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from audit.running.faults import CallError
from audit.running.model.ecr import RepositorySettings
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_ecr.type_defs import RepositoryTypeDef

    from audit.running.model.requests import Request
    from audit.running.model.targets import RegistryTarget
    from audit.running.visit import Visit

P = ParamSpec("P")
R = TypeVar("R")

_DESCRIBE = "ecr:DescribeRepositories"
_BATCH = 100
_NONE = frozenset(
    {"RepositoryNotFoundException", "LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException"}
)


def settings(visit: Visit, target: RegistryTarget) -> RepositorySettings | None:
    """Read the settings of a repository; None if there is no such repository.

    Those of one registry are asked for together, by whoever comes first. Where that fails each is asked for alone: one
    that isn't there, or may not be looked at, fails the call for all.
    """
    together = target.beside[:_BATCH]
    if target.repository in together and len(together) > 1:
        key = (target.account.id, target.region, together)
        with suppress(CallError):
            found, request = visit.repositories.get(key, partial(_together, visit, target, together))
            visit.requests.append(replace(request, about=(target.repository,)))
            return found[target.repository]
    try:
        return _described(visit, target, (target.repository,))[target.repository]
    except CallError as error:
        if error.code in _NONE:
            return None
        raise


def _together(
    visit: Visit, target: RegistryTarget, names: Sequence[str]
) -> tuple[Mapping[str, RepositorySettings], Request]:
    """Describe several, and hand on by which request: it is that of each of them."""
    return _described(visit, target, names), visit.requests.pop()


def _described(visit: Visit, target: RegistryTarget, names: Sequence[str]) -> Mapping[str, RepositorySettings]:
    reply = visit.ask(
        _DESCRIBE,
        visit.ecr.describe_repositories,
        registryId=target.account.id or "",
        repositoryNames=names,
    )
    found = reply["repositories"]
    if sorted(one["repositoryName"] for one in found) != sorted(names):
        raise CallError(_DESCRIBE, "DamagedReply")
    return {one["repositoryName"]: _settings(one) for one in found}


def _settings(seen: RepositoryTypeDef) -> RepositorySettings:
    encryption = seen.get("encryptionConfiguration")
    return RepositorySettings(
        arn=seen.get("repositoryArn", ""),
        tag_mutability=seen.get("imageTagMutability"),
        scan_on_push=seen.get("imageScanningConfiguration", {}).get("scanOnPush"),
        encryption=encryption["encryptionType"] if encryption else None,
        kms_key=encryption.get("kmsKey") if encryption else None,
        created_at=utc(seen.get("createdAt")),
        exclusions=tuple(one["filter"] for one in seen.get("imageTagMutabilityExclusionFilters", ())),
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
