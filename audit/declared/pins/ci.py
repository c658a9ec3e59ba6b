"""Pins in CI files: ``MODULE_CI_VERSION`` in YAML, Jenkinsfiles and Dockerfiles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from audit.declared.model import Pin
from audit.declared.pins.scripts import VARIABLES, shell_pins, source_of
from audit.errors import HclSyntaxError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "MODULE_CI_VERSION"
KIND = VARIABLES[NAME]

MAX_YAML = 512 * 1024
"""The largest YAML file that is read: it costs 10 s a megabyte."""

MAX_DEPTH = 100
"""The deepest YAML that is read: each token costs in proportion to its depth."""

_REFERENCE = re.compile(r"[$`]|<<|^\s*$")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_GROOVY = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r"|'''(?P<long>.*?)'''|\"\"\"(?P<wide>.*?)\"\"\""
    r"|'(?P<short>(?:\\.|[^'\\\n])*)'|\"(?P<plain>(?:\\.|[^\"\\\n])*)\""
    r"|(?P<code>[^'\"/]+|.)",
    re.DOTALL,
)
_ASSIGNED = re.compile(rf"\b{NAME}\s*[=:]\s*$")
_DEFAULT = re.compile(r",\s*defaultValue\s*:\s*$")
_SHELL = re.compile(r"(?:\b(?:sh|script\s*:|additionalBuildArgs)\s*\(?|[\[,])\s*$")
_ESCAPE = re.compile(r"\\[^\r\n]")
_BARE = re.compile(rf"(?:ARG|ENV|export)[ \t]+{NAME}[= \t][ \t]*(?P<value>[\w.+-]+)")
_INSTRUCTION = re.compile(r"[ \t]*(?P<word>[A-Za-z]+)[ \t]+")
_HEREDOC = re.compile(r"<<-?[\"']?(?P<word>\w+)[\"']?")
_OLD_ENV = re.compile(rf"{NAME}[ \t]+")


@dataclass(kw_only=True, slots=True)
class _Level:
    """A mapping or list that is open; ``key`` waits for its value, ``wanted`` marks the mapping below the name."""

    is_map: bool
    wanted: bool
    key: str | None = None


def yaml_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of a CI file: the name as a key at any level, its value a scalar (or GitLab's ``value:`` below it).

    Read as a stream of events: it keeps places, knows no tags to fail on (``!reference``), expands no anchor, and
    isn't recursive. Raises HclSyntaxError for text that is no YAML, LimitError for too much of it.
    """
    if NAME not in text:
        return
    if len(text) > MAX_YAML:
        raise LimitError(f"larger than the limit of {MAX_YAML:,} characters for YAML", file=file)
    source = source_of(text, file)
    try:
        for scalar in _values(yaml.parse(text, Loader=yaml.SafeLoader)):
            found = _PROPERTIES.match(text, scalar.start_mark.index if scalar.start_mark else 0)
            if found and not _REFERENCE.search(scalar.value):
                yield Pin(kind=KIND, name=NAME, value=scalar.value.strip(), origin=source.place(found.end()))
    except LimitError as error:
        raise LimitError(error.message, file=file) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        source.fail(mark.index if mark else 0, f"not valid YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        raise HclSyntaxError(f"not valid YAML: {str(error).partition(chr(10))[0]}", file=file) from None


def _values(events: Iterable[yaml.Event]) -> Iterator[yaml.ScalarEvent]:
    """Give the scalars that a key of the name leads to; an alias leads to its anchor's scalar."""
    anchors: dict[str, yaml.ScalarEvent] = {}
    levels: list[_Level] = []
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            levels.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        scalar = event if isinstance(event, yaml.ScalarEvent) else None
        if isinstance(event, yaml.AliasEvent):
            scalar = anchors.get(event.anchor or "")
        elif scalar is not None and scalar.anchor:
            anchors[scalar.anchor] = scalar
        key, wanted = _step(levels[-1], scalar) if levels else (None, False)
        if scalar is not None and (key == NAME or (wanted and key == "value")):
            yield scalar
        if isinstance(event, yaml.CollectionStartEvent):
            if len(levels) == MAX_DEPTH:
                raise LimitError(f"nested deeper than {MAX_DEPTH} levels")
            levels.append(_Level(is_map=isinstance(event, yaml.MappingStartEvent), wanted=key == NAME))


def _step(level: _Level, scalar: yaml.ScalarEvent | None) -> tuple[str | None, bool]:
    """Take a node as the next key or value of a mapping; give the key that it is the value of."""
    if not level.is_map:
        return None, False
    if level.key is None:
        level.key = scalar.value if scalar is not None else ""
        return None, False
    key, level.key = level.key, None
    return key, level.wanted


def jenkins_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of a Jenkinsfile: assignments, environment lists, defaults of parameters, shell text.

    Comments and text that is only printed are none.
    """
    if NAME not in text:
        return
    source = source_of(text, file)
    before, previous = "", ""
    for token in _GROOVY.finditer(text):
        code, content = token["code"], _content(token)
        if code is not None:
            before = (before + code)[-200:]
            for found in _BARE.finditer(text, token.start(), token.end()):
                yield Pin(kind=KIND, name=NAME, value=found["value"], origin=source.place(found.start("value")))
        if content is None:
            continue
        parameter = previous == NAME and _DEFAULT.search(before)
        if (_ASSIGNED.search(before) or parameter) and not _REFERENCE.search(content):
            yield Pin(kind=KIND, name=NAME, value=content, origin=source.place(token.start()))
        elif NAME in content and _SHELL.search(before) and not _ESCAPE.search(content):
            yield from shell_pins(source, content, token.start(token.lastgroup or 0))
        before, previous = "", content


def _content(token: re.Match[str]) -> str | None:
    """Give the text between the quotes of a Groovy string, None for anything else."""
    return next((token[name] for name in ("long", "wide", "short", "plain") if token[name] is not None), None)


def docker_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of a Dockerfile: the defaults of ARG and the values of ENV."""
    if NAME not in text:
        return
    source = source_of(text, file)
    for word, start, end in _instructions(text):
        if word in {"ARG", "ENV"}:
            old = _OLD_ENV.match(text, start) if word == "ENV" else None
            rest = f"{NAME}={text[old.end() : end].strip()}" if old else f"export {text[start:end]}"
            shift = old.end() - len(NAME) - 1 if old else start - len("export ")
            yield from shell_pins(source, rest, shift)


def _instructions(text: str) -> Iterator[tuple[str, int, int]]:
    """Give each instruction's name and where its arguments begin and end, without comments and heredocs."""
    at = 0
    while at < len(text):
        end = _line_end(text, at)
        found = _INSTRUCTION.match(text, at, end)
        while found and text[at:end].rstrip("\r\n \t").endswith("\\") and end < len(text):
            end = _line_end(text, end)
        if found:
            yield found["word"].upper(), found.end(), end
            if found["word"].upper() in {"RUN", "COPY", "ADD"}:
                for heredoc in _HEREDOC.finditer(text[found.end() : end]):
                    end = _heredoc_end(text, end, heredoc["word"])
        at = end


def _heredoc_end(text: str, at: int, word: str) -> int:
    while at < len(text):
        end = _line_end(text, at)
        if text[at:end].strip() == word:
            return end
        at = end
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
