"""What is asked of one account and region, of one registry, of one secret; and the same of many, on threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from audit.model import Seen, Unread
from audit.running import ecr, ecs, logs, repository, rights, roles, scans, tasks
from audit.running.fanout import Fanout
from audit.running.identity import confirm, identity
from audit.running.invoker import invoker
from audit.running.model.ecr import Repository
from audit.running.model.ecs import StackCluster
from audit.running.model.invoker import StackInvoker
from audit.running.model.secrets import Secret
from audit.running.model.seen import Observation
from audit.running.pool import THREADS, Threads
from audit.running.secrets import secret_metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.model import Fact
    from audit.running.access import Access
    from audit.running.model.access import Right
    from audit.running.model.ecr import TagImage, Vulnerable
    from audit.running.model.ecs import TaskDefinition
    from audit.running.model.targets import RegistryTarget, SecretTarget, Target
    from audit.running.pool import Job, Place
    from audit.running.session import Session
    from audit.running.visit import Visit

P = TypeVar("P", bound="Place")
R = TypeVar("R")


def observe(
    targets: Sequence[Target],
    access: Access,
    *,
    workers: int = THREADS,
    on_done: Callable[[Observation], None] | None = None,
    session: Session | None = None,
) -> tuple[Observation, ...]:
    """Look at every target on threads; ``on_done`` is called in the caller's thread as each comes in."""
    return _on_threads(look_at_account, targets, session or _session(access, workers), workers, on_done)


def registries(
    targets: Sequence[RegistryTarget],
    access: Access,
    *,
    workers: int = THREADS,
    on_done: Callable[[Repository], None] | None = None,
    session: Session | None = None,
) -> tuple[Repository, ...]:
    """Look at every repository on threads, each in the account and region of its registry."""
    return _on_threads(look_at_registry, targets, session or _session(access, workers), workers, on_done)


def secrets(
    targets: Sequence[SecretTarget], access: Access, *, workers: int = THREADS, session: Session | None = None
) -> tuple[Secret, ...]:
    """Look at what Secrets Manager says about each secret, in the account that it belongs to; never at a value."""
    return _on_threads(look_at_secret, targets, session or _session(access, workers), workers, None)


def _session(access: Access, workers: int) -> Session:
    from audit.running.session import Session  # noqa: PLC0415 -- start-up: where processes look, only they load the SDK

    return Session(access, workers=workers)


def _on_threads(
    job: Job[P, R], places: Sequence[P], session: Session, workers: int, on_done: Callable[[R], None] | None
) -> tuple[R, ...]:
    pool = Threads(session, workers)
    try:
        return Fanout(pool, lambda: session).run(job, places, on_done)
    finally:
        pool.close()


def look_at_account(session: Session, target: Target) -> Observation:
    """Look at one account in one region."""
    with session.visit(target.account, target.region) as visit:
        who = visit.read("identity", identity)
        stacks = sorted(set(target.stacks))
        families: Fact[tuple[TaskDefinition, ...]]
        invokers: tuple[StackInvoker, ...]
        clusters: tuple[StackCluster, ...]
        if isinstance(who, Unread):
            # The same gap for every fact: one cause, and not one call more.
            families = who
            invokers = tuple(StackInvoker(stack=stack, invoker=who) for stack in stacks)
            clusters = tuple(StackCluster(stack=stack, cluster=who, tasks=who) for stack in stacks)
        else:
            families = visit.read("task definition families", ecs.families, stacks)
            invokers = tuple(
                StackInvoker(stack=stack, invoker=visit.read(f"invoker of {stack}", invoker, stack)) for stack in stacks
            )
            clusters = tuple(_cluster(visit, stack) for stack in stacks)
        may: Fact[tuple[Right, ...] | None] = Seen(value=None)
        if session.access.simulate_caller:
            may = who if isinstance(who, Unread) else visit.read("rights", rights.caller_rights, who.value, stacks)
        return Observation(
            caller_rights=may,
            log_groups=_of_families(visit, "log groups", families, logs.log_groups),
            role_changes=(
                _of_families(visit, "role changes", families, roles.role_changes)
                if session.access.simulate_roles
                else Seen(value=None)
            ),
            account=target.account,
            region=target.region,
            identity=who,
            families=families,
            invokers=invokers,
            clusters=clusters,
            calls=visit.calls,
            requests=tuple(visit.requests),
        )


def _of_families(
    visit: Visit,
    what: str,
    families: Fact[tuple[TaskDefinition, ...]],
    collect: Callable[[Visit, tuple[TaskDefinition, ...]], R],
) -> Fact[R]:
    """Collect what hangs on the families; where those could not be read, for the same reason."""
    return families if isinstance(families, Unread) else visit.read(what, collect, families.value)


def _cluster(visit: Visit, stack: str) -> StackCluster:
    cluster = visit.read(f"cluster {stack}", tasks.cluster, stack)
    if isinstance(cluster, Unread):
        return StackCluster(stack=stack, cluster=cluster, tasks=cluster)
    return StackCluster(stack=stack, cluster=cluster, tasks=visit.read(f"tasks of {stack}", tasks.tasks, cluster.value))


def look_at_registry(session: Session, target: RegistryTarget) -> Repository:
    """Look at one repository."""
    with session.visit(target.account, target.region) as visit:
        name = target.repository
        who = visit.read(f"repository {name}", confirm)
        asked = visit.calls
        fields: dict[str, Any] = {"registry_id": target.account.id or "", "region": target.region, "name": name}
        if isinstance(who, Unread):
            fields |= dict.fromkeys(("tags", "settings", "lifecycle", "policy", "vulnerable"), who)
            return Repository(**fields, calls=0, requests=tuple(visit.requests))
        tags = visit.read(f"repository {name}", ecr.tags, target)
        return Repository(
            **fields,
            tags=tags,
            vulnerable=_vulnerable(visit, target, tags),
            settings=visit.read(f"settings of repository {name}", repository.settings, target),
            lifecycle=visit.read(f"lifecycle policy of repository {name}", repository.lifecycle, target),
            policy=visit.read(f"policy of repository {name}", repository.policy, target),
            calls=visit.calls - asked,
            requests=tuple(visit.requests),
        )


def _vulnerable(
    visit: Visit, target: RegistryTarget, tags: Fact[tuple[TagImage, ...] | None]
) -> Fact[tuple[Vulnerable, ...]]:
    if isinstance(tags, Unread):
        return tags
    return visit.read(f"vulnerabilities of repository {target.repository}", scans.critical, target, tags.value or ())


def look_at_secret(session: Session, target: SecretTarget) -> Secret:
    """Look at one secret's metadata."""
    with session.visit(target.account, target.region) as visit:
        what = f"secret {target.arn}"
        who = visit.read(what, confirm)
        asked = visit.calls
        metadata = who if isinstance(who, Unread) else visit.read(what, secret_metadata, target.arn)
        return Secret(arn=target.arn, metadata=metadata, calls=visit.calls - asked, requests=tuple(visit.requests))
