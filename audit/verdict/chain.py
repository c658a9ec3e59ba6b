"""The chains: the way of each container from a release to what runs, link by link, with the links that don't hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import Unread
from audit.verdict.check import NotApplicableError
from audit.verdict.results import Chain, ChainStep
from audit.verdict.subject import running_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.declared.model import DeclaredContainer
    from audit.verdict.pairing import StackView, UnitView
    from audit.verdict.registry import Registry
    from audit.verdict.releases import Releases


def chains(units: Iterable[UnitView], releases: Releases) -> tuple[Chain, ...]:
    """Follow each deployed container: release, declared literal, image in ECR, task definition."""
    return tuple(
        Chain(
            unit=stack.unit,
            container=row.container,
            steps=(
                _release(releases, row),
                ChainStep(stage="declared", value=row.tag, place=row.tag_origin, unread=row.tag is None),
                _image(unit.registry, row),
                _task_definition(stack, row),
            ),
        )
        for unit in units
        for stack in unit.stacks
        for row in stack.deployed
    )


def _release(releases: Releases, row: DeclaredContainer) -> ChainStep:
    source = releases.released.where
    try:
        published = releases.published(row.tag) if row.tag else None
    except (UnreadError, NotApplicableError):
        published = None
    value = row.tag if published else None
    return ChainStep(stage="release", value=value, source=source, broken=published is False, unread=published is None)


def _image(registry: Registry, row: DeclaredContainer) -> ChainStep:
    source = "ecr:BatchGetImage"
    unread = ChainStep(stage="image", value=None, source=source, unread=True)
    if row.tag is None or repository_of(row.image) is None:
        return unread
    try:
        found = registry.tag(row.image or "", row.tag)
    except UnreadError:
        return unread
    return ChainStep(stage="image", value=found.digest if found else None, source=source, broken=found is None)


def _task_definition(stack: StackView, row: DeclaredContainer) -> ChainStep:
    source = "ecs:DescribeTaskDefinition"
    if isinstance(stack.pairs, Unread):
        return ChainStep(stage="task definition", value=None, source=source, unread=True)
    pair = next((pair for pair in stack.matched if pair.declared.container == row.container), None)
    if pair is None:
        return ChainStep(stage="task definition", value=None, source=source, broken=True)
    running = running_text(pair)
    value = f"{pair.definition.family}:{pair.definition.revision} runs {running or 'what cannot be told'}"
    unread = running is None or row.tag is None
    return ChainStep(
        stage="task definition", value=value, source=source, broken=not unread and running != row.tag, unread=unread
    )
