"""YAML as nodes that know their place, read field by field with every fault noted; nothing raises, nothing recurses."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from audit.text import one_line

MAX_DEPTH = 8
"""Deeper than any waiver: PyYAML composes recursively, so a hostile depth must be seen before."""


class Mark(Protocol):
    """A place as PyYAML gives it, with or without libyaml: counted from zero."""

    @property
    def line(self) -> int:
        """Lines before it."""

    @property
    def column(self) -> int:
        """Characters before it on its line."""


@dataclass(slots=True)
class Faults:
    """What is wrong with a file called ``file``: line, column and words."""

    file: str
    found: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, node: yaml.Node, message: str) -> None:
        """Note a fault at a node."""
        self.at(node.start_mark, message)

    def at(self, mark: Mark | None, message: str) -> None:
        """Note a fault at a place that the parser named."""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.found.append((line, column, message))

    def lines(self) -> list[str]:
        """Give a line for each fault, in the order of the file."""
        return [f"{self.file}:{line}:{column}: {message}" for line, column, message in sorted(self.found)]


def compose(text: str, faults: Faults) -> yaml.Node | None:
    """Compose the only document of a text; None, with the fault noted, where there is none to be had."""
    if not _is_plain(text, faults):
        return None
    try:
        node: yaml.Node | None = yaml.compose(text.removeprefix("\ufeff"), Loader=_loader())
    except yaml.MarkedYAMLError as error:
        _syntax(error, faults)
        return None
    if node is None:
        faults.at(None, "empty; write at least: version: 1")
    return node


def _is_plain(text: str, faults: Faults) -> bool:
    """Tell whether it is valid, without aliases and tags, and not too deep; by events, which do not recurse."""
    depth = 0
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), Loader=_loader()):
            if getattr(event, "anchor", None) or getattr(event, "tag", None):
                faults.at(event.start_mark, "anchors, aliases and tags are not read here; write the value out")
                return False
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                faults.at(event.start_mark, f"nested deeper than {MAX_DEPTH}; a waiver is a flat list of keys")
                return False
    except yaml.MarkedYAMLError as error:
        _syntax(error, faults)
        return False
    except yaml.YAMLError as error:
        faults.at(None, f"invalid YAML: {one_line(str(error), 200)}")
        return False
    except (ValueError, OverflowError):  # PyYAML's own parser passes on what chr() and int() say of absurd numbers
        faults.at(None, "invalid YAML: a number that is out of range")
        return False
    return True


def _syntax(error: yaml.MarkedYAMLError, faults: Faults) -> None:
    said = one_line(str(error.problem or error.context or "cannot be read"), 200)
    faults.at(error.problem_mark or error.context_mark, f"invalid YAML: {said}")


def _loader() -> type[yaml.SafeLoader | yaml.CSafeLoader]:
    """Give the loader over libyaml where PyYAML was built with it: ten times faster."""
    return yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """The values of a mapping by key, each key known and there once."""

    nodes: Mapping[str, yaml.Node]

    @classmethod
    def of(cls, node: yaml.Node, known: Sequence[str], required: Sequence[str], faults: Faults) -> Fields | None:
        """Read a mapping; unknown, repeated and missing keys are noted. None where it is no mapping."""
        if not isinstance(node, yaml.MappingNode):
            faults.add(node, f"expected keys and values ({', '.join(known)})")
            return None
        nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                faults.add(key, f"unknown key {one_line(name, 60)!r} ({hint})" if name else f"no key ({hint})")
            elif name in nodes:
                faults.add(key, f"{name} is given twice; keep one of them")
            else:
                nodes[name] = value
        missing = [key for key in required if key not in nodes]
        if missing:
            faults.add(node, f"{', '.join(missing)} missing; every entry needs {', '.join(required)}")
        return cls(nodes=nodes)

    def text(self, key: str, faults: Faults) -> str | None:
        """Read a text; None where it is not there or, noted, is something else."""
        node = self.nodes.get(key)
        return None if node is None else _text(node, key, faults)

    def texts(self, key: str, faults: Faults, *, one_will_do: bool = False) -> list[tuple[yaml.Node, str]]:
        """Read a list of texts, each with its place; a single text counts as one where ``one_will_do``."""
        node = self.nodes.get(key)
        if node is None:
            return []
        if one_will_do and isinstance(node, yaml.ScalarNode):
            parts: list[yaml.Node] = [node]
        elif isinstance(node, yaml.SequenceNode):
            parts = node.value
        else:
            faults.add(node, f"{key}: expected a list, like [one, another]")
            return []
        if not parts:
            faults.add(node, f"{key}: an empty list covers nothing; fill it or leave the key out")
        found = [(part, _text(part, key, faults)) for part in parts]
        return [(part, text) for part, text in found if text is not None]


def items(fields: Fields, key: str, faults: Faults) -> list[yaml.Node]:
    """Give the entries of a list; none where the key is not there."""
    node = fields.nodes.get(key)
    if node is None:
        return []
    if not isinstance(node, yaml.SequenceNode):
        faults.add(node, f"{key}: expected a list of entries; write [] where there are none")
        return []
    return list(node.value)


def _text(node: yaml.Node, key: str, faults: Faults) -> str | None:
    """Read a text; twelve digits are an account id, however YAML would count them."""
    if not isinstance(node, yaml.ScalarNode):
        faults.add(node, f"{key}: expected a text")
        return None
    value = str(node.value)
    is_id = len(value) == 12 and value.isascii() and value.isdigit()
    if not (node.tag.endswith(":str") or is_id):
        kind = node.tag.rpartition(":")[2]
        said = one_line(value, 60)
        faults.add(node, f'{key}: expected a text, not {kind}; write "{said}"' if said else f"{key}: has no value")
        return None
    if not value.strip():
        faults.add(node, f"{key}: is empty")
        return None
    return value
