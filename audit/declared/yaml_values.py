"""YAML read for its words: which key says which text at which place, whether quoted or bare, without types.

PyYAML's types are not those of Terragrunt (and would turn ``012345678901`` into a number); events have neither types
nor recursion, so a hostile file costs no more than its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from audit.errors import HclSyntaxError, LimitError
from audit.model import Location

MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Bare:
    """A scalar without quotes: a number, a boolean or a word; ``text`` as it is written."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class YamlDocument:
    """The first document of a file: nested dicts and lists of str and Bare, with the places of top-level keys."""

    value: object
    places: Mapping[str, Location]
    twice: tuple[tuple[str, Location], ...]


class _Frame:
    """A collection that is being read; ``key`` is the one whose value comes next."""

    def __init__(self, value: dict[str, object] | list[object]) -> None:
        self.value = value
        self.key: str | None = None


def read_yaml(text: str, file: str) -> YamlDocument:
    """Read the first document of a YAML text.

    Raises HclSyntaxError with the place where it is invalid or uses aliases, LimitError where it is nested too deep.
    """
    reader = _Reader(file)
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), Loader=_loader()):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"invalid YAML: {error.problem or error.context}, mend the file"
        raise HclSyntaxError(message, file=file, line=line, column=column) from None
    except yaml.YAMLError as error:
        raise HclSyntaxError(f"invalid YAML: {error}".splitlines()[0], file=file, line=1, column=1) from None
    return YamlDocument(value=reader.value, places=reader.places, twice=tuple(reader.twice))


def _loader() -> type[yaml.BaseLoader | yaml.CBaseLoader]:
    """Give the loader over libyaml where PyYAML was built with it: ten times faster."""
    return yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.value: object = None
        self.places: dict[str, Location] = {}
        self.twice: list[tuple[str, Location]] = []
        self._stack: list[_Frame] = []

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        if isinstance(event, yaml.AliasEvent):
            place = self._place(event)
            message = "YAML aliases are not read here, write the value out"
            raise HclSyntaxError(message, file=place.file, line=place.line, column=place.column)
        if isinstance(event, yaml.ScalarEvent):
            self._put(event.value if event.style in {"'", '"', "|", ">"} else Bare(event.value), event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            collection: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._put(collection, event)
            self._stack.append(_Frame(collection))
            if len(self._stack) > MAX_DEPTH:
                place = self._place(event)
                message = f"nested deeper than {MAX_DEPTH}"
                raise LimitError(message, file=place.file, line=place.line, column=place.column)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()

    def _put(self, value: object, event: yaml.Event) -> None:
        if not self._stack:
            self.value = value
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is None:
            frame.key = value.text if isinstance(value, Bare) else str(value)
            self._note(frame.key, frame.value, event)
        else:
            frame.value[frame.key] = None if value == Bare("") or value in (Bare("null"), Bare("~")) else value
            frame.key = None

    def _note(self, key: str, into: dict[str, object], event: yaml.Event) -> None:
        place = self._place(event)
        if key in into:
            self.twice.append((key, place))
        if len(self._stack) <= 2:
            self.places.setdefault(key, place)

    def _place(self, event: yaml.Event) -> Location:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Location(file=self.file, line=line, column=column)
