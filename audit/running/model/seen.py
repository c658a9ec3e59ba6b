"""What a look saw: one observation for each account and region, and all of AWS together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from audit.model import Account, Fact
from audit.running.model.access import Identity, Member, Right, RoleChange
from audit.running.model.ecr import Repository
from audit.running.model.ecs import StackCluster, TaskDefinition
from audit.running.model.facts import unasked, unwanted
from audit.running.model.invoker import StackInvoker
from audit.running.model.requests import Request
from audit.running.model.secrets import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What was seen in one account and region; ``families`` are those whose name starts with a declared stack's.

    ``clusters`` holds one entry per stack; one that it lacks was not looked at. ``log_groups`` are those that the
    families name and that exist; ``role_changes`` is None where nobody asked for it. ``calls`` counts the API calls,
    ``requests`` are they, in order; snapshots of earlier releases lack them.
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
    requests: tuple[Request, ...] = field(default=(), compare=False)


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
