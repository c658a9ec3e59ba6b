"""Literals that say nothing any more for a unit: a nearer file, the unit's local or its input wins over them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from audit.declared.evaluate import member
from audit.declared.model import Shadow
from audit.declared.repository import parents
from audit.errors import DeclarationError

if TYPE_CHECKING:
    from audit.declared.containers import Container, Text
    from audit.declared.evaluate import Value
    from audit.declared.model import Link
    from audit.declared.terragrunt import Config, Reader

COMMON = "common.hcl"
_READ = re.compile(r"read_terragrunt_config\((?P<path>.+)\)")
_LOCAL = "locals."


def find_shadows(reader: Reader, config: Config, unit: str, containers: Sequence[Container]) -> list[Shadow]:
    """Find the literals that say something else than what counts for a unit, each once."""
    found: dict[tuple[str, object], Shadow] = {}
    farther = _Farther(reader, config)
    for container in containers:
        for name, text in (("docker_image", container.image), ("docker_tag", container.tag)):
            if text.origin is None:
                continue
            path = (*container.input.split("."), name)
            for label, dead in (*_overridden(config, path), *farther(text)):
                if dead.origin is None or dead.origin == text.origin or not isinstance(dead.raw, str):
                    continue
                if dead.raw != text.value:
                    found.setdefault(
                        (label, dead.origin),
                        Shadow(
                            unit=unit,
                            name=label,
                            dead=dead.origin,
                            dead_value=dead.raw,
                            live=text.origin,
                            live_value=text.value,
                        ),
                    )
    return list(found.values())


def _overridden(config: Config, path: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    """Give what each include alone says at a path of the inputs."""
    for include in config.includes:
        if include.config is None or not include.merges:
            continue
        try:
            value = include.config.inputs
            for name in path:
                if value is None or not isinstance(value.raw, Mapping) or name not in value.raw:
                    break
                value = member(value, name)
            else:
                if value is not None:
                    yield _local_name(value.links) or ".".join(path), value
        except DeclarationError:
            continue


class _Farther:
    """Gives what files of the same name, beside or above a unit, say of the local that a text came from."""

    def __init__(self, reader: Reader, config: Config) -> None:
        self.reader, self.directory = reader, posixpath.dirname(config.path)
        self._found: dict[tuple[str, tuple[str, ...]], list[tuple[str, Value]]] = {}

    def __call__(self, text: Text) -> list[tuple[str, Value]]:
        """Give the local's values; asked once for all texts that came the same way."""
        local = _local_name(text.links)
        if local is None:
            return []
        read = {posixpath.basename(found["path"]) for link in text.links if (found := _READ.fullmatch(link.text))}
        key = (local, tuple(sorted({COMMON} | read)))
        if key not in self._found:
            self._found[key] = list(self._look(*key))
        return self._found[key]

    def _look(self, local: str, names: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
        for directory in (self.directory, *parents(self.directory)):
            for name in names:
                path = f"{directory}/{name}" if directory else name
                try:
                    if self.reader.repository.is_file(path) and local in (members := self.reader.config(path).locals):
                        yield local, members[local]
                except DeclarationError:
                    continue


def _local_name(links: Sequence[Link]) -> str | None:
    """Give the name of the local that a value's literal stands in."""
    return links[0].text.removeprefix(_LOCAL) if links and links[0].text.startswith(_LOCAL) else None
