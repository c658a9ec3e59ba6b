"""What a tag meant when it was pulled, or looked at before, and what it means now: whether it was moved; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.fleet import repository_of
from audit.model import ImageRef, need
from audit.verdict.results import TagDigest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.running.model.ecr import Repository, TagImage
    from audit.running.model.ecs import Task
    from audit.verdict.pairing import StackView
    from audit.verdict.pairs import Matched

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulled:
    """The digest that runs, and how that is known."""

    digest: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Earlier:
    """What tags meant at the look before, by repository and tag, and when that was; empty where there was none."""

    taken_at: datetime | None = None
    digests: Mapping[tuple[tuple[str, str, str], str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, taken_at: datetime, tags: Iterable[TagDigest]) -> Earlier:
        """Index the tags of an earlier look."""
        digests = {((one.registry_id, one.region, one.repository), one.tag): one.digest for one in tags}
        return cls(taken_at=taken_at, digests=digests)

    def meant(self, pair: Matched) -> str | None:
        """Give the digest that a running tag had then; None where nobody saw it, or it was deployed only later."""
        image, registered = pair.image(), pair.definition.registered_at
        place = repository_of(image.name)
        if self.taken_at is None or place is None or (registered is not None and registered > self.taken_at):
            return None
        return self.digests.get((place, image.tag or "latest"))


def tag_digests(repositories: Iterable[Repository]) -> tuple[TagDigest, ...]:
    """List what every tag means that was asked for and is there."""
    return tuple(
        TagDigest(
            registry_id=seen.registry_id, region=seen.region, repository=seen.name, tag=tag.tag, digest=tag.digest
        )
        for seen in repositories
        if seen.tags.kind == "seen"
        for tag in seen.tags.value or ()
        if tag.digest
    )


def pulled(pair: Matched, stack: StackView) -> Pulled | None:
    """Tell which digest the newest revision runs: the one that it pins, else what its last task pulled.

    None where it pins none and no task of it ran lately. Raises UnreadError where the tasks could not be read.
    """
    image = pair.image()
    if image.digest:
        return Pulled(digest=image.digest, how="pinned")
    mine = _runs(pair, need(stack.tasks))
    for task in sorted(mine, key=lambda task: task.started_at or _LONG_AGO, reverse=True):
        digest = _digest(task, image)
        if digest:
            return Pulled(digest=digest, how="pulled by the last run")
    return None


def has_run(pair: Matched, stack: StackView) -> bool:
    """Tell whether a task of the newest revision is known, which shows what it pulled."""
    return stack.tasks.kind == "seen" and bool(_runs(pair, stack.tasks.value))


def meant(image: TagImage) -> frozenset[str]:
    """Give every digest that pulling a tag can show: its own, and those of the platforms of an index."""
    return frozenset({image.digest or "", *(child.digest for child in image.images)})


def moved_since(pair: Matched, now: TagImage) -> bool | None:
    """Tell whether a tag's image was pushed after the revision that names it was registered; None where that is open.

    Task definitions that were registered long ago don't say when.
    """
    registered = pair.definition.registered_at
    return None if registered is None or now.pushed_at is None else now.pushed_at > registered


def _runs(pair: Matched, tasks: Iterable[Task]) -> list[Task]:
    revision = f"{pair.definition.family}:{pair.definition.revision}"
    return [task for task in tasks if task.definition == revision]


def _digest(task: Task, image: ImageRef) -> str | None:
    found = (one.digest for one in task.containers if one.image and ImageRef.parse(one.image).name == image.name)
    return next((digest for digest in found if digest), None)
