"""One declared container beside what runs of it: matched, missing, or something that nothing declares; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from audit.declared.model import DeclaredContainer
from audit.errors import UnreadError
from audit.model import Gap, ImageRef
from audit.running.model.ecs import TaskDefinition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.verdict.registry import Registry


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


def running_image(definition: TaskDefinition, declared: DeclaredContainer) -> ImageRef | None:
    """Find the runner's image in a task definition: its only one, else the only one of the declared repository."""
    images = [ImageRef.parse(found.image) for found in definition.images]
    if len(images) > 1:
        images = [image for image in images if image.name == declared.image]
    return images[0] if len(images) == 1 else None


def pair(
    stack: str, declared: tuple[DeclaredContainer, ...], families: Mapping[str, TaskDefinition]
) -> tuple[Pair, ...]:
    """Put each declared container of a stack beside its family, then the families that nothing declares."""
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
