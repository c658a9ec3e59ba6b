"""Literals that say nothing any more: a nearer file, a unit's local or a unit's input wins over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.declared.containers import Container
    from audit.declared.model import Shadow
    from audit.declared.terragrunt import Config, Reader


def find_shadows(reader: Reader, config: Config, unit: str, containers: Sequence[Container]) -> Iterator[Shadow]:
    """Find what is dead for a unit."""
    del reader, config, unit, containers
    yield from ()
