"""What a tag meant when it was pulled, and what it means now: whether somebody has moved it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.model import ImageRef, need

if TYPE_CHECKING:
    from audit.running.model import TagImage, Task
    from audit.verdict.pairing import StackView
    from audit.verdict.pairs import Matched

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulled:
    """The digest that runs, and how that is known."""

    digest: str
    how: str


def pulled(pair: Matched, stack: StackView) -> Pulled | None:
    """Tell which digest the newest revision runs: the one that it pins, else what its last task pulled.

    None where it pins none and no task of it ran lately. Raises UnreadError where the tasks could not be read.
    """
    image = pair.image()
    if image.digest:
        return Pulled(digest=image.digest, how="pinned")
    revision = f"{pair.definition.family}:{pair.definition.revision}"
    mine = [task for task in need(stack.tasks) if task.definition == revision]
    for task in sorted(mine, key=lambda task: task.started_at or _LONG_AGO, reverse=True):
        digest = _digest(task, image)
        if digest:
            return Pulled(digest=digest, how="pulled by the last run")
    return None


def meant(image: TagImage) -> frozenset[str]:
    """Give every digest that pulling a tag can show: its own, and those of the platforms of an index."""
    return frozenset({image.digest or "", *(child.digest for child in image.images)})


def moved_since(pair: Matched, now: TagImage) -> bool:
    """Tell whether a tag's image was pushed after the revision that names it was registered."""
    registered = pair.definition.registered_at
    return registered is not None and now.pushed_at is not None and now.pushed_at > registered


def _digest(task: Task, image: ImageRef) -> str | None:
    found = (one.digest for one in task.containers if one.image and ImageRef.parse(one.image).name == image.name)
    return next((digest for digest in found if digest), None)
