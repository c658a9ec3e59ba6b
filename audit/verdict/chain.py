"""The chains: the way of each container from a release to what runs, link by link, with the links that don't hold.

Release, build script, declared literal, tag in ECR, its digest, task definition, last run: each is looked at for
itself, so that a script that builds something else does not hide an image that was never applied.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Gap, ImageRef, Unread, need
from audit.verdict.check import NotApplicableError
from audit.verdict.digests import meant
from audit.verdict.fleet import image_of, same_release
from audit.verdict.results import Chain, ChainStep
from audit.verdict.subject import running_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audit.declared.model import DeclaredContainer, Pin
    from audit.running.model.ecr import TagImage
    from audit.running.model.ecs import Task
    from audit.verdict.pairing import StackView, UnitView
    from audit.verdict.registry import Registry
    from audit.verdict.releases import Releases

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def chains(units: Iterable[UnitView], releases: Releases, pins: Iterable[Pin] = ()) -> tuple[Chain, ...]:
    """Follow each deployed container; a repository without a build script for its image has no link for one."""
    scripts = [pin for pin in pins if pin.kind == "build-ref"]
    return tuple(
        Chain(unit=stack.unit, container=row.container, steps=tuple(_steps(unit, stack, row, releases, scripts)))
        for unit in units
        for stack in unit.stacks
        for row in stack.deployed
    )


def _steps(
    unit: UnitView, stack: StackView, row: DeclaredContainer, releases: Releases, scripts: Sequence[Pin]
) -> Iterator[ChainStep]:
    yield _release(releases, row)
    yield from _build_script(scripts, row)
    yield ChainStep(stage="declared", value=row.tag, place=row.tag_origin, unread=row.tag is None)
    try:
        found = _image(unit.registry, row)
    except UnreadError:
        yield from (_registry(stage, unread=True) for stage in ("ECR tag", "digest"))
        found = None
    else:
        yield _registry("ECR tag", row.tag if found else None, broken=found is None)
        yield _registry("digest", found.digest if found else None)
    yield _task_definition(stack, row)
    yield _last_run(stack, row, found)


def _release(releases: Releases, row: DeclaredContainer) -> ChainStep:
    source = releases.released.where
    try:
        published = releases.published(row.tag) if row.tag else None
    except (UnreadError, NotApplicableError):
        published = None
    value = row.tag if published else None
    return ChainStep(stage="release", value=value, source=source, broken=published is False, unread=published is None)


def _build_script(scripts: Sequence[Pin], row: DeclaredContainer) -> Iterator[ChainStep]:
    """Take the script that builds the container's image; of several the first that builds something else."""
    image = image_of(row.container)
    mine = [pin for pin in scripts if image is not None and pin.subject == image]
    found = [(pin, row.tag is None or same_release(pin.value, row.tag)) for pin in mine]
    for pin, same in sorted(found, key=lambda pair: (pair[1], pair[0].origin))[:1]:
        yield ChainStep(stage="build script", value=pin.value, place=pin.origin, broken=not same)


def _image(registry: Registry, row: DeclaredContainer) -> TagImage | None:
    """Look the declared tag up; raises UnreadError where it is not known, or its registry was not read."""
    if row.tag is None or row.image is None or repository_of(row.image) is None:
        raise UnreadError(Gap(what="registry", message=f"{row.container} is declared no image of ECR"))
    return registry.tag(row.image, row.tag)


def _registry(stage: str, value: str | None = None, *, broken: bool = False, unread: bool = False) -> ChainStep:
    return ChainStep(stage=stage, value=value, source="ecr:BatchGetImage", broken=broken, unread=unread)


def _task_definition(stack: StackView, row: DeclaredContainer) -> ChainStep:
    stage, source = "task definition", "ecs:DescribeTaskDefinition"
    if isinstance(stack.pairs, Unread):
        return ChainStep(stage=stage, value=None, source=source, unread=True)
    pair = next((pair for pair in stack.matched if pair.declared.container == row.container), None)
    if pair is None:
        return ChainStep(stage=stage, value=None, source=source, broken=True)
    running = running_text(pair)
    unread = running is None or row.tag is None
    return ChainStep(
        stage=stage,
        value=running,
        source=f"{pair.definition.family}:{pair.definition.revision}",
        broken=not unread and running != row.tag,
        unread=unread,
    )


def _last_run(stack: StackView, row: DeclaredContainer, declared: TagImage | None) -> ChainStep:
    """Tell what the newest task ran; ECS remembers the ended ones of about an hour, so none is the usual state."""
    stage, source = "last run", "ecs:DescribeTasks"
    try:
        tasks = need(stack.tasks)
    except UnreadError:
        return ChainStep(stage=stage, value=None, source=source, unread=True)
    family = f"{stack.stack}-{row.container}"
    mine = [task for task in tasks if (task.definition or "").rpartition(":")[0] == family]
    if not mine:
        return ChainStep(stage=stage, value=None, source=source)
    task = max(mine, key=lambda one: one.stopped_at or one.started_at or _LONG_AGO)
    failed = task.stop_code == "TaskFailedToStart"
    ran, digest = _ran(task, row)
    moved = declared is not None and digest is not None and digest not in meant(declared)
    other = row.tag is not None and ran is not None and ran != row.tag
    return ChainStep(stage=stage, value=ran, source=_when(task, failed=failed), broken=failed or moved or other)


def _ran(task: Task, row: DeclaredContainer) -> tuple[str | None, str | None]:
    """Give the tag that a task was started with, and the digest that was pulled."""
    seen = [(ImageRef.parse(one.image), one.digest) for one in task.containers if one.image]
    seen = [pair for pair in seen if pair[0].name == row.image] or seen[:1]
    return next(((image.tag or image.digest, digest) for image, digest in seen), (None, None))


def _when(task: Task, *, failed: bool) -> str:
    moment = task.stopped_at or task.started_at
    at = f" {moment:%Y-%m-%d %H:%M} UTC" if moment else ""
    verb = "did not start," if failed else "ended" if task.stopped_at else "runs since" if task.started_at else "begins"
    return f"{task.definition} {verb}{at}"
