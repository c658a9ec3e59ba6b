"""Where to look: an account in a region, a repository of the registry, a secret."""

from __future__ import annotations

from dataclasses import dataclass

from audit.model import Account


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
class SecretTarget:
    """One secret to look at, by its ARN, in the account and region that it belongs to."""

    account: Account
    region: str
    arn: str
