"""Pairing: what is declared beside what runs, unit by unit; pure, and the nouns that checks judge.

A family belongs to the longest declared stack name that it starts with (``ecs-deploy-runner-eu-terraform-planner`` is
the runner of ``ecs-deploy-runner-eu``, not of ``ecs-deploy-runner``). The container inside a task definition is found
by its image's repository, never by its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from audit.declared.model import Dated, DeclaredContainer, DeclaredUnit, Shadow
from audit.model import Fact, Gap, Location, Seen, Unread, need
from audit.running.model.ecs import Cluster, Task, TaskDefinition
from audit.running.model.facts import unasked
from audit.running.model.invoker import Invoker
from audit.running.model.seen import Observation
from audit.running.tasks import MISSING
from audit.verdict.pairs import Matched, Missing, Orphan, Pair, known, pair, unknown
from audit.verdict.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.running.model.access import RoleChange
    from audit.running.model.requests import Request
    from audit.snapshot import Snapshot

__all__ = [
    "History",
    "Matched",
    "Missing",
    "Orphan",
    "Pair",
    "StackView",
    "UnitView",
    "known",
    "longest_stack",
    "unknown",
    "views",
]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class History:
    """When the literals of tags were set, by git, and the day on which the snapshot was taken."""

    dated: Mapping[Location, Dated]
    today: date

    def since(self, row: DeclaredContainer) -> str:
        """Say since when a tag is declared, ready to end a sentence; empty where git does not know."""
        change = self.dated.get(row.tag_origin) if row.tag_origin else None
        if change is None or change.day is None:
            return ""
        days = (self.today - change.day).days
        age = f"{days} day{'' if days == 1 else 's'} ago"
        return f" since {change.day}, {'at least ' if change.at_least else ''}{age}"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class StackView:
    """One declared unit with what runs of its stack: the subject of most checks."""

    unit: str
    stack: str
    declared: tuple[DeclaredContainer, ...]
    pairs: Fact[tuple[Pair, ...]]
    invoker: Fact[Invoker | None]
    cluster: Fact[Cluster | None]
    tasks: Fact[tuple[Task, ...]]
    declaration: DeclaredUnit
    shadows: tuple[Shadow, ...] = ()

    @property
    def matched(self) -> tuple[Matched, ...]:
        """The pairs that exist on both sides; raises UnreadError where the families could not be read."""
        return tuple(pair for pair in need(self.pairs) if isinstance(pair, Matched))

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The declared families that are not there; raises UnreadError where the families could not be read."""
        return tuple(pair for pair in need(self.pairs) if isinstance(pair, Missing))

    @property
    def orphans(self) -> tuple[Orphan, ...]:
        """The families that nothing declares; raises UnreadError where the families could not be read."""
        return tuple(pair for pair in need(self.pairs) if isinstance(pair, Orphan))

    @property
    def absent(self) -> bool:
        """Whether nothing at all of the stack was seen: no family and no invoker, though both were looked for."""
        return not self.matched and not self.orphans and need(self.invoker) is None

    @property
    def definitions(self) -> tuple[TaskDefinition, ...]:
        """All task definitions of the stack, declared or not; raises UnreadError where they could not be read."""
        return tuple(pair.definition for pair in need(self.pairs) if not isinstance(pair, Missing))

    @property
    def running_tasks(self) -> tuple[Task, ...]:
        """The tasks that have not ended; raises UnreadError where they could not be read."""
        over = {"STOPPED", "DEPROVISIONING", MISSING}
        return tuple(task for task in need(self.tasks) if task.status not in over)

    @property
    def last_runs(self) -> Mapping[str, Task]:
        """The last task of each family that ended lately; raises UnreadError where they could not be read."""
        ended = [task for task in need(self.tasks) if task.stopped_at and task.definition]
        ended.sort(key=lambda task: task.stopped_at.timestamp() if task.stopped_at else 0)
        return {(task.definition or "").partition(":")[0]: task for task in ended}

    @property
    def deployed(self) -> tuple[DeclaredContainer, ...]:
        """The containers that are declared and not null; ones whose declaration is unknown count too."""
        return tuple(row for row in self.declared if row.deployed is not False)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class UnitView:
    """One account in one region: what checks get as ``unit``. ``key`` is ``account/region``, unique in the fleet."""

    key: str
    account: str
    account_id: str | None
    region: str | None
    observation: Observation | None
    stacks: tuple[StackView, ...]
    registry: Registry
    gaps: tuple[Gap, ...]
    history: History

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests that it was looked at by; none where it was not, or in an older snapshot."""
        return self.observation.requests if self.observation else ()

    @property
    def log_groups(self) -> Fact[tuple[str, ...]]:
        """The log groups that task definitions name and that exist."""
        return self.observation.log_groups if self.observation else Unread(gap=self.gaps[0])

    @property
    def role_changes(self) -> Fact[tuple[RoleChange, ...] | None]:
        """What the task roles may do to themselves; None where the user did not ask for it."""
        return self.observation.role_changes if self.observation else Unread(gap=self.gaps[0])

    def facts(self, name: str) -> tuple[Fact[object], ...]:  # noqa: PLR0911 -- a table: one line a name
        """Give the facts that a check needs under this name, one a stack or one for all; none for other nouns."""
        match name:
            case "families":
                return tuple(stack.pairs for stack in self.stacks)
            case "invokers":
                return tuple(stack.invoker for stack in self.stacks)
            case "clusters":
                return tuple(stack.cluster for stack in self.stacks)
            case "tasks":
                return tuple(stack.tasks for stack in self.stacks)
            case "log_groups":
                return (self.log_groups,)
            case "role_changes":
                return (self.role_changes,)
            case _:
                return ()


def views(snapshot: Snapshot) -> tuple[UnitView, ...]:
    """Pair everything in a snapshot, in deploy order; units that could not be placed come last, without a look."""
    index = _Index.of(snapshot)
    places: dict[tuple[str | None, str | None, str], list[DeclaredUnit]] = defaultdict(list)
    for unit in snapshot.declared.units:
        places[unit.account_id, unit.region, "" if _placed(unit) else unit.path].append(unit)
    rank = {account.id: position for position, account in enumerate(snapshot.order.accounts)}
    ordered = sorted(places, key=lambda place: (bool(place[2]), rank.get(place[0], -1), place[1] or "", place[2]))
    return tuple(_view(index, places[place]) for place in ordered)


def longest_stack(family: str, stacks: Iterable[str]) -> str | None:
    """Name the stack that a family belongs to: the longest that it starts with."""
    return max((stack for stack in stacks if family.startswith(f"{stack}-")), key=len, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Index:
    """The parts of a snapshot by what they are asked for, so that a thousand units cost a thousand look-ups."""

    observations: Mapping[tuple[str | None, str | None], Observation]
    registry: Registry
    rows: Mapping[str, list[DeclaredContainer]]
    gaps: Mapping[str | None, list[Gap]]
    shadows: Mapping[str, list[Shadow]]
    unplaced: Mapping[str | None, Gap]
    history: History

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Index:
        rows: dict[str, list[DeclaredContainer]] = defaultdict(list)
        for row in snapshot.declared.containers:
            rows[row.unit].append(row)
        gaps: dict[str | None, list[Gap]] = defaultdict(list)
        for gap in snapshot.declared.gaps:
            gaps[gap.unit].append(gap)
        shadows: dict[str, list[Shadow]] = defaultdict(list)
        for shadow in snapshot.declared.shadows:
            shadows[shadow.unit].append(shadow)
        return cls(
            shadows=shadows,
            observations={(found.account.id, found.region): found for found in snapshot.running.observations},
            registry=Registry(
                repositories={(r.registry_id, r.region, r.name): r for r in snapshot.running.repositories}
            ),
            rows=rows,
            gaps=gaps,
            unplaced={gap.unit: gap for gap in snapshot.gaps},
            history=History(
                dated={change.place: change for change in snapshot.declared.dated}, today=snapshot.taken_at.date()
            ),
        )

    def not_looked(self, path: str) -> Gap:
        """Say why a unit has no observation."""
        return self.unplaced.get(path) or Gap(what="unit", unit=path, message=f"{path} was not looked at; look again")


def _view(index: _Index, units: list[DeclaredUnit]) -> UnitView:
    first = units[0]
    name = first.account or first.account_id or "?"
    placed = _placed(first)
    observation = index.observations.get((first.account_id, first.region)) if placed else None
    names = sorted({unit.stack for unit in units if unit.stack})
    gaps = [gap for unit in units for gap in index.gaps.get(unit.path, ())]
    gaps += [] if observation else [index.not_looked(unit.path) for unit in units]
    return UnitView(
        key=f"{name}/{first.region}" if placed else first.path,
        account=name,
        account_id=first.account_id,
        region=first.region,
        observation=observation,
        stacks=tuple(_stack(index, unit, names, observation) for unit in units),
        registry=index.registry,
        gaps=tuple(gaps),
        history=index.history,
    )


def _placed(unit: DeclaredUnit) -> bool:
    return None not in (unit.account_id, unit.region, unit.stack)


def _stack(index: _Index, unit: DeclaredUnit, names: list[str], observation: Observation | None) -> StackView:
    declared, stack = tuple(index.rows.get(unit.path, ())), unit.stack or "?"
    unread = Unread(gap=index.not_looked(unit.path))
    pairs: Fact[tuple[Pair, ...]] = unread
    if observation is not None:
        match observation.families:
            case Seen(value=families):
                own = {f.family: f for f in families if longest_stack(f.family, names) == stack}
                pairs = Seen(value=pair(stack, declared, own))
            case Unread() as gap:
                pairs = gap
    invokers = {found.stack: found.invoker for found in observation.invokers} if observation else {}
    clusters = {found.stack: found for found in observation.clusters} if observation else {}
    unasked_cluster = unasked(f"cluster {stack}") if observation else unread
    return StackView(
        unit=unit.path,
        stack=stack,
        declared=declared,
        pairs=pairs,
        invoker=invokers.get(stack, unread),
        cluster=clusters[stack].cluster if stack in clusters else unasked_cluster,
        tasks=clusters[stack].tasks if stack in clusters else unasked_cluster,
        declaration=unit,
        shadows=tuple(index.shadows.get(unit.path, ())),
    )
