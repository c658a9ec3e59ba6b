"""Coverage: how many units were expected and read, and every gap once; what nobody saw is never counted as seen."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Fact, Gap, Unread
from audit.verdict.pairing import known
from audit.verdict.results import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.declared.model import DeclaredContainer
    from audit.running.model.ecr import Repository
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot
    from audit.verdict.pairing import UnitView

Extent: TypeAlias = Literal["complete", "partial", "unread"]


def extent(unit: UnitView) -> Extent:
    """Say how much of a unit was seen: all, some, or nothing that counts (no identity; no families and no invoker)."""
    seen = unit.observation
    if seen is None or seen.identity.kind == "unread":
        return "unread"
    facts = [seen.families.kind, *(found.invoker.kind for found in seen.invokers)]
    if all(kind == "unread" for kind in facts):
        return "unread"
    return "partial" if "unread" in facts or any(True for _ in unit_gaps(unit)) else "complete"


def coverage(snapshot: Snapshot, units: tuple[UnitView, ...]) -> Coverage:
    """Count the units and gather the gaps, sorted, each once."""
    extents = [extent(unit) for unit in units]
    lost = len(_lost(snapshot, units))
    complete, partial = extents.count("complete"), extents.count("partial")
    return Coverage(
        expected=len(units) + lost,
        complete=complete,
        partial=partial,
        unread=extents.count("unread") + lost,
        excluded=0,
        read=complete + partial,
        gaps=gaps(snapshot, units),
    )


def gaps(snapshot: Snapshot, units: tuple[UnitView, ...]) -> tuple[Gap, ...]:
    """Gather every gap of a snapshot once: of the repository, of placing, of AWS, registries and secrets."""
    found = {*snapshot.declared.gaps, *snapshot.gaps}
    for unit in units:
        found.update(unit_gaps(unit))
    for repository in snapshot.running.repositories:
        found.update(_unread(*registry_facts(repository)))
    found.update(_unread(*(secret.metadata for secret in snapshot.running.secrets)))
    for seen in snapshot.running.beyond or ():
        found.update(_unread(*account_facts(seen)))
    return tuple(sorted(found, key=_order))


def unit_gaps(unit: UnitView) -> Iterator[Gap]:
    """Walk through the gaps of one unit: its declaration, its look, and the registries that its images live in."""
    yield from unit.gaps
    seen = unit.observation
    if seen is not None:
        yield from _unread(*account_facts(seen))
    for stack in unit.stacks:
        told = any(gap.unit == stack.unit for gap in unit.gaps)
        for row in stack.deployed:
            if not told:
                yield from _unknown_values(row)
            place = repository_of(row.image)
            repository = unit.registry.repositories.get(place) if place else None
            if repository is not None:
                yield from _unread(*registry_facts(repository))


def account_facts(seen: Observation) -> Iterator[Fact[object]]:
    """Walk through all facts that were collected of an account in a region."""
    yield from (seen.identity, seen.families, *(found.invoker for found in seen.invokers))
    yield from (fact for found in seen.clusters for fact in (found.cluster, found.tasks))
    yield from (seen.log_groups, seen.role_changes)


def registry_facts(seen: Repository) -> Iterator[Fact[object]]:
    """Walk through all facts that were collected of an ECR repository."""
    yield from (seen.tags, seen.settings, seen.lifecycle, seen.policy, seen.vulnerable)


def _unread(*facts: Fact[object]) -> Iterator[Gap]:
    return (fact.gap for fact in facts if isinstance(fact, Unread))


def _unknown_values(row: DeclaredContainer) -> Iterator[Gap]:
    fields: tuple[Literal["image", "tag"], ...] = ("image", "tag")
    for field in fields:
        try:
            known(row, field)
        except UnreadError as error:
            yield error.gap


def _lost(snapshot: Snapshot, units: Iterable[UnitView]) -> set[str]:
    """Name the directories that are called like a runner's unit and could not be read so far as to be one."""
    read = {stack.unit for unit in units for stack in unit.stacks}
    unread = {gap.unit for gap in snapshot.declared.gaps if gap.unit and gap.unit not in read}
    return {path for path in unread if "ecs-deploy-runner" in posixpath.basename(path)}


def _order(gap: Gap) -> tuple[str, ...]:
    return tuple(part or "" for part in (gap.account, gap.region, gap.unit, gap.what, gap.call, gap.message))
