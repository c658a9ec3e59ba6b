"""Ways to spoil what was seen of AWS and of the repository, one fact at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.model import Gap, Seen, Unread, need
from audit.running.model.access import Identity, Right
from audit.running.model.ecr import TagImage
from audit.running.model.ecs import Cluster, StackCluster, Task
from audit.running.model.invoker import StackInvoker
from audit.running.scripts import scripts
from tests.aws import DEV, SHARED
from tests.ready.world import RUNS, STACK, TO, packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.declared.model import Pin
    from audit.model import Fact
    from audit.running.model.ecr import Repository
    from audit.running.model.invoker import Invoker
    from audit.running.model.seen import Observation
    from tests.ready.world import World

BUILDER = f"{STACK}-docker-image-builder"


def unread(what: str) -> Unread:
    """Make a fact that could not be read."""
    return Unread(gap=Gap(what=what, message=f"{what} was denied; allow it", call="service:Operation"))


def observed(world: World, change: Callable[[Observation], Observation], account: str | None = None) -> World:
    """Change what was seen in an account, or in all."""
    seen = tuple(
        change(one) if account in (None, one.account.id) else one for one in world.snapshot.running.observations
    )
    return replace(world, snapshot=replace(world.snapshot, running=replace(world.snapshot.running, observations=seen)))


def fact(world: World, account: str | None = None, **facts: object) -> World:
    """Put other facts in place of those of an account, or of all."""

    def change(one: Observation) -> Observation:
        return replace(one, **facts)  # type: ignore[arg-type]  # tests name the facts that they change

    return observed(world, change, account)


def runs(world: World, tag: str, family: str = "", account: str | None = None) -> World:
    """Let the families whose name ends so run another tag."""

    def change(one: Observation) -> Observation:
        definitions = tuple(
            replace(
                definition,
                images=tuple(replace(image, image=image.image.replace(RUNS, tag)) for image in definition.images),
            )
            if definition.family.endswith(family)
            else definition
            for definition in need(one.families)
        )
        return replace(one, families=Seen(value=definitions))

    return observed(world, change, account)


def without_family(world: World, family: str, account: str | None = None) -> World:
    """Let a family not exist."""

    def change(one: Observation) -> Observation:
        kept = tuple(definition for definition in need(one.families) if definition.family != family)
        return replace(one, families=Seen(value=kept))

    return observed(world, change, account)


def invoker(world: World, configuration: object) -> World:
    """Let the invoker of the account that builds say something else."""

    def change(one: Observation) -> Observation:
        (found,) = one.invokers
        seen = need(found.invoker)
        assert seen is not None
        said = replace(seen, scripts=scripts(packed(configuration)))
        return replace(one, invokers=(StackInvoker(stack=STACK, invoker=Seen(value=said)),))

    return observed(world, change, SHARED)


def invoker_fact(world: World, found: Fact[Invoker | None], account: str = SHARED) -> World:
    """Put another fact in place of an invoker."""
    return fact(world, account, invokers=(StackInvoker(stack=STACK, invoker=found),))


def caller(world: World, arn: str, account: str = DEV, *, token: bool | None = None) -> World:
    """Let the credentials of an account be somebody else's."""
    who = Identity(account_id=account, arn=arn, has_session_token=token)
    return fact(world, account, identity=Seen(value=who))


def refused(world: World, code: str = "InvalidClientTokenId", account: str = DEV) -> World:
    """Let IAM not answer the caller."""
    gap = Gap(what="rights", message="rights unread: IAM; mend it", call="iam:SimulatePrincipalPolicy", code=code)
    return fact(world, account, caller_rights=Unread(gap=gap))


def denied(world: World, *actions: str) -> World:
    """Let IAM say that the caller may not do something in one account."""

    def change(one: Observation) -> Observation:
        rights = need(one.caller_rights) or ()
        return replace(
            one,
            caller_rights=Seen(
                value=tuple(
                    Right(
                        action=right.action,
                        resource=right.resource,
                        is_allowed=right.is_allowed and right.action not in actions,
                    )
                    for right in rights
                )
            ),
        )

    return observed(world, change, DEV)


def busy(world: World, *, counted: int = 0, status: str = "RUNNING") -> World:
    """Let a task run in one account; or only be counted by the cluster."""
    cluster = Cluster(
        name=STACK, arn="arn", status="ACTIVE", running_tasks=counted, pending_tasks=0, capacity_providers=()
    )
    tasks = (Task(arn="arn:task", definition=f"{STACK}-terraform-applier:1", status=status),)
    seen = StackCluster(stack=STACK, cluster=Seen(value=cluster), tasks=Seen(value=() if counted else tasks))
    return fact(world, DEV, clusters=(seen,))


def repositories(world: World, change: Callable[[Repository], Repository]) -> World:
    """Change what was seen of the ECR repositories."""
    running = world.snapshot.running
    seen = tuple(change(one) for one in running.repositories)
    return replace(world, snapshot=replace(world.snapshot, running=replace(running, repositories=seen)))


def built(world: World, *names: str) -> World:
    """Let the images of the target be in ECR."""

    def change(one: Repository) -> Repository:
        kept = tuple(tag for tag in need(one.tags) or () if tag.tag != TO)
        there = TagImage(tag=TO, digest="sha256:" + "b" * 64)
        return replace(one, tags=Seen(value=(*kept, there))) if not names or one.name in names else one

    return repositories(world, change)


def aim(world: World, to: str) -> World:
    """Go for another release, whose images nobody has built."""

    def change(one: Repository) -> Repository:
        return replace(one, tags=Seen(value=(*(need(one.tags) or ()), TagImage(tag=to, digest=None))))

    return repositories(world, change).given(to=to)


def pins(world: World, change: Callable[[Pin], Pin | None]) -> World:
    """Change the pins of the repository, or take some away."""
    declared = world.snapshot.declared
    changed = tuple(pin for pin in map(change, declared.pins) if pin is not None)
    return replace(world, snapshot=replace(world.snapshot, declared=replace(declared, pins=changed)))


def module_ref(world: World, ref: str | None, source: str | None = None) -> World:
    """Let the units take their module at another ref, or from elsewhere."""
    declared = world.snapshot.declared
    units = tuple(replace(one, module_ref=ref, module_source=source or one.module_source) for one in declared.units)
    return replace(world, snapshot=replace(world.snapshot, declared=replace(declared, units=units)))
