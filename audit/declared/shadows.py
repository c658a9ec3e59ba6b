"""Literals that say nothing any more for a unit: a nearer file, the unit's local or its input wins over them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from audit.declared.evaluate import member
from audit.declared.model import Shadow
from audit.errors import DeclarationError

if TYPE_CHECKING:
    from audit.declared.configurations import Reader
    from audit.declared.containers import Container, Containers, Text
    from audit.declared.evaluate import Value
    from audit.declared.model import Link
    from audit.declared.nodes import Body
    from audit.declared.terraform import Module
    from audit.declared.terragrunt import Config

COMMON = "common.hcl"
_READ = re.compile(r"read_terragrunt_config\((?P<path>.+)\)")
_LOCAL = "locals."
_VARIABLE = "variable."


def find_shadows(reader: Reader, config: Config, unit: str, containers: Sequence[Container]) -> list[Shadow]:
    """Find the literals that say something else than what counts for a unit, each once."""
    farther = _Farther(reader, config)
    layers = list(_layers(config))

    def dead(path: tuple[str, ...], text: Text) -> Iterator[tuple[str, Value]]:
        speaking = [layer for layer in layers if isinstance(layer.raw, Mapping) and path[0] in layer.raw]
        return chain(_overridden(speaking, path) if len(speaking) > 1 else (), farther(text))

    return _shadows(unit, containers, dead)


def find_variable_shadows(module: Module, files: Sequence[Body], unit: str, found: Containers) -> list[Shadow]:
    """Find the defaults and the files of variables that say something else than the file that counts."""

    def dead(_: tuple[str, ...], text: Text) -> Iterator[tuple[str, Value]]:
        name = _first(text.links, _VARIABLE)
        if name is not None:
            yield from ((name, value) for value in module.says(name, files))

    return _shadows(unit, found.found, dead)


def _shadows(
    unit: str,
    containers: Sequence[Container],
    dead: Callable[[tuple[str, ...], Text], Iterator[tuple[str, Value]]],
) -> list[Shadow]:
    found: dict[tuple[str, object], Shadow] = {}
    for container in containers:
        for name, text in (("docker_image", container.image), ("docker_tag", container.tag)):
            if text.origin is None:
                continue
            for label, value in dead((*container.input.split("."), name), text):
                if value.origin is None or value.origin == text.origin or value.raw == text.value:
                    continue
                if isinstance(value.raw, str):
                    shadow = Shadow(
                        unit=unit,
                        name=label,
                        dead=value.origin,
                        dead_value=value.raw,
                        live=text.origin,
                        live_value=text.value,
                    )
                    found.setdefault((label, value.origin), shadow)
    return list(found.values())


def _overridden(layers: Sequence[Value], path: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    """Give what each of several inputs, unmerged, says at a path."""
    for layer in layers:
        try:
            value: Value = layer
            for name in path:
                if not isinstance(value.raw, Mapping) or name not in value.raw:
                    break
                value = member(value, name)
            else:
                yield _first(value.links, _LOCAL) or ".".join(path), value
        except DeclarationError:
            continue


def _layers(config: Config) -> Iterator[Value]:
    """Give the inputs of a unit and of each of its includes, unmerged; those that have no value say nothing."""
    for part in (config, *(include.config for include in config.includes if include.merges)):
        try:
            if part is not None and (inputs := part.own_inputs) is not None:
                yield inputs
        except DeclarationError:
            continue


class _Farther:
    """Gives what files of the same name, beside or above a unit, say of the local that a text came from."""

    def __init__(self, reader: Reader, config: Config) -> None:
        self.reader, self.directory = reader, posixpath.dirname(config.path)
        self._found: dict[tuple[str, tuple[str, ...]], list[tuple[str, Value]]] = {}

    def __call__(self, text: Text) -> list[tuple[str, Value]]:
        """Give the local's values; asked once for all texts that came the same way."""
        local = _first(text.links, _LOCAL)
        if local is None:
            return []
        read = {posixpath.basename(found["path"]) for link in text.links if (found := _READ.fullmatch(link.text))}
        key = (local, tuple(sorted({COMMON} | read)))
        if key not in self._found:
            self._found[key] = list(self._look(*key))
        return self._found[key]

    def _look(self, local: str, names: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
        for name in names:
            directory: str | None = self.directory
            while directory is not None:
                try:
                    path = self.reader.repository.find(directory, name)
                    if path is not None and local in (members := self.reader.config(path).locals):
                        yield local, members[local]
                except DeclarationError:
                    return
                at = None if path is None else path.rpartition("/")[0]
                directory = at.rpartition("/")[0] if at else None


def _first(links: Sequence[Link], prefix: str) -> str | None:
    """Give the name of the local or variable that a value's literal stands in."""
    return links[0].text.removeprefix(prefix) if links and links[0].text.startswith(prefix) else None
