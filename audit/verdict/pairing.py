"""Pairing: what is declared beside what runs, unit by unit; pure, and the nouns that checks judge.

A family belongs to the longest declared stack name that it starts with (``ecs-deploy-runner-eu-terraform-planner`` is
the runner of ``ecs-deploy-runner-eu``, not of ``ecs-deploy-runner``). The container inside a task definition is found
by its image's repository, never by its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from audit.declared.model import DeclaredContainer, DeclaredUnit
from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Fact, Gap, ImageRef, Seen, Unread, need
from audit.running.model import Invoker, Observation, Repository, TagImage, TaskDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """A declared container and the task definition that runs it; ``running`` is its image, None if it can't be told."""

    declared: DeclaredContainer
    definition: TaskDefinition
    running: ImageRef | None

    def image(self) -> ImageRef:
        """Give the running image.

        Raises UnreadError where several containers of the task definition could be the runner.
        """
        if self.running is None:
            names = ", ".join(found.image for found in self.definition.images)
            message = f"{self.definition.family}: which of its containers is the runner cannot be told: {names}"
            raise UnreadError(Gap(what="container", unit=self.declared.unit, message=message))
        return self.running

    def tag(self, registry: Registry) -> str:
        """Name the running tag; an image pinned by digest alone runs the declared tag if ECR says they are the same.

        Without tag and digest it is ``latest``. Raises UnreadError where the registry had to be asked and was not read.
        """
        running = self.image()
        if running.tag or not running.digest:
            return running.tag or "latest"
        wanted = registry.tag(known(self.declared, "image"), known(self.declared, "tag"))
        return known(self.declared, "tag") if wanted and wanted.digest == running.digest else running.digest


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A declared container whose family has no active revision."""

    declared: DeclaredContainer
    family: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphan:
    """A family that starts with the stack's name and that nothing declares."""

    stack: str
    definition: TaskDefinition


Pair: TypeAlias = Matched | Missing | Orphan


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """All ECR repositories that were looked at, by registry id, region and name."""

    repositories: Mapping[tuple[str, str, str], Repository]

    def tag(self, image: str, tag: str) -> TagImage | None:
        """Look a tag of an ECR image up; None where the tag, or its whole repository, is not there.

        Raises UnreadError where the repository could not be read or the tag was not asked for.
        """
        place = repository_of(image)
        found = self.repositories.get(place) if place else None
        if found is None:
            raise UnreadError(Gap(what="registry", message=f"{image} was not looked at"))
        match found.tags:
            case Unread(gap=gap):
                raise UnreadError(gap)
            case Seen(value=tags):
                if tags is None:
                    return None
                for seen in tags:
                    if seen.tag == tag:
                        return seen if seen.digest else None
        raise UnreadError(Gap(what="registry", message=f"{image}:{tag} was not asked for; look again"))


@dataclass(frozen=True, kw_only=True, slots=True)
class StackView:
    """One declared unit with what runs of its stack: the subject of most checks."""

    unit: str
    stack: str
    declared: tuple[DeclaredContainer, ...]
    pairs: Fact[tuple[Pair, ...]]
    invoker: Fact[Invoker | None]

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
    def deployed(self) -> tuple[DeclaredContainer, ...]:
        """The containers that are declared and not null; ones whose declaration is unknown count too."""
        return tuple(row for row in self.declared if row.deployed is not False)


@dataclass(frozen=True, kw_only=True, slots=True)
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


def known(row: DeclaredContainer, field: Literal["image", "tag"]) -> str:
    """Give a declared value.

    Raises UnreadError with the evaluator's reason where it cannot be known.
    """
    value: str | None = getattr(row, field)
    return unknown(row, field) if value is None else value


def unknown(row: DeclaredContainer, field: str) -> NoReturn:
    """Raise the UnreadError of a declared value that cannot be known."""
    reason = row.unknown.get(field, "not declared")
    message = f"{row.unit}: {field} of {row.container} is unknown: {reason}"
    raise UnreadError(
        Gap(
            what=f"declared {field} of {row.container}",
            account=row.account,
            account_id=row.account_id,
            region=row.region,
            unit=row.unit,
            message=message,
        )
    )


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


def running_image(definition: TaskDefinition, declared: DeclaredContainer) -> ImageRef | None:
    """Find the runner's image in a task definition: its only one, else the only one of the declared repository."""
    images = [ImageRef.parse(found.image) for found in definition.images]
    if len(images) > 1:
        images = [image for image in images if image.name == declared.image]
    return images[0] if len(images) == 1 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Index:
    """The parts of a snapshot by what they are asked for, so that a thousand units cost a thousand look-ups."""

    observations: Mapping[tuple[str | None, str | None], Observation]
    registry: Registry
    rows: Mapping[str, list[DeclaredContainer]]
    gaps: Mapping[str | None, list[Gap]]
    unplaced: Mapping[str | None, Gap]

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Index:
        rows: dict[str, list[DeclaredContainer]] = defaultdict(list)
        for row in snapshot.declared.containers:
            rows[row.unit].append(row)
        gaps: dict[str | None, list[Gap]] = defaultdict(list)
        for gap in snapshot.declared.gaps:
            gaps[gap.unit].append(gap)
        return cls(
            observations={(found.account.id, found.region): found for found in snapshot.running.observations},
            registry=Registry(
                repositories={(r.registry_id, r.region, r.name): r for r in snapshot.running.repositories}
            ),
            rows=rows,
            gaps=gaps,
            unplaced={gap.unit: gap for gap in snapshot.gaps},
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
    )


def _placed(unit: DeclaredUnit) -> bool:
    return None not in (unit.account_id, unit.region, unit.stack)


def _stack(index: _Index, unit: DeclaredUnit, names: list[str], observation: Observation | None) -> StackView:
    declared, stack = tuple(index.rows.get(unit.path, ())), unit.stack or "?"
    unread = Unread(gap=index.not_looked(unit.path))
    if observation is None:
        return StackView(unit=unit.path, stack=stack, declared=declared, pairs=unread, invoker=unread)
    invokers = {found.stack: found.invoker for found in observation.invokers}
    match observation.families:
        case Seen(value=families):
            own = {f.family: f for f in families if longest_stack(f.family, names) == stack}
            pairs: Fact[tuple[Pair, ...]] = Seen(value=_pairs(stack, declared, own))
        case Unread() as gap:
            pairs = gap
    invoker = invokers.get(stack, unread)
    return StackView(unit=unit.path, stack=stack, declared=declared, pairs=pairs, invoker=invoker)


def _pairs(
    stack: str, declared: tuple[DeclaredContainer, ...], families: Mapping[str, TaskDefinition]
) -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    claimed = set()
    for row in declared:
        family = f"{stack}-{row.container}"
        if row.deployed is False:
            continue
        claimed.add(family)
        if family in families:
            definition = families[family]
            pairs.append(Matched(declared=row, definition=definition, running=running_image(definition, row)))
        else:
            pairs.append(Missing(declared=row, family=family))
    return (*pairs, *(Orphan(stack=stack, definition=families[name]) for name in sorted(families.keys() - claimed)))
