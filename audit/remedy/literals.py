"""One literal in a text, by the place where it stands: found, said otherwise, and proved to be all that changed.

The proof is to read the text again, as its own reader does: the two readings differ in this one value. So the same
words in a comment, a heredoc or another block are never taken for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, NamedTuple

import yaml

from audit.declared.nodes import Literal, Template
from audit.declared.pins import read_pins
from audit.declared.syntax import parse
from audit.errors import DeclarationError, RefusedError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.declared.model import Pin
    from audit.errors import DeclarationError as Fault
    from audit.model import Location

MAX_YAML = 512 * 1024
_QUOTES = ('"""', "'''", '"', "'", "")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORD = re.compile(r"[\w.+-]")
_MARK = object()


class Span(NamedTuple):
    """Where a literal stands in a text, in characters, quotes included; ``quote`` is empty for a bare word."""

    start: int
    end: int
    quote: str


def replaced(text: str, place: Location, old: str, new: str, *, drafted: bool = False) -> str:
    """Give the text with the literal at ``place`` saying ``new`` instead of ``old``, and nothing else changed.

    Raises RefusedError with the reason where no literal stands there, it says something else, or the text reads
    otherwise than expected afterwards. What is only ``drafted``, for a plan, is proved when it is done: of HCL, whose
    reader takes its time, the text is not read once more.
    """
    prove = _prover(place.file, drafted=drafted)
    span = _span(text, place, old)
    changed = text[: span.start] + span.quote + new + span.quote + text[span.end :]
    try:
        prove(text, changed, place, old, new)
    except DeclarationError as error:
        raise _refused(place, f"the file cannot be read as it would be then: {error.message}") from None
    return changed


def says(text: str, place: Location, value: str) -> bool:
    """Tell whether the literal at a place says this."""
    try:
        _span(text, place, value)
    except RefusedError:
        return False
    return True


def offset(text: str, place: Location) -> int | None:
    """Give the offset of a place, None where the text has no such line; a byte order mark has no width."""
    at = 0
    for _ in range(place.line - 1):
        at = text.find("\n", at) + 1
        if not at:
            return None
    bom = place.line == 1 and text.startswith("\ufeff")
    return at + place.column - 1 + bom


def _span(text: str, place: Location, old: str) -> Span:
    start = offset(text, place)
    if start is not None:
        for quote in _QUOTES:
            word = f"{quote}{old}{quote}"
            if text.startswith(word, start) and (quote or not _WORD.match(text, start + len(word))):
                return Span(start, start + len(word), quote)
    raise _refused(place, f"{old!r} does not stand there as a plain literal: it is computed, or the file has changed")


def _refused(place: Location, reason: str) -> RefusedError:
    where = f"{one_line(place.file, 200)}:{place.line}:{place.column}"
    return RefusedError(f"{where}: not edited: {one_line(reason)}; edit it by hand")


def _prover(file: str, *, drafted: bool) -> Callable[[str, str, Location, str, str], None]:
    name = file.rpartition("/")[2]
    if name.endswith(".json"):
        return _prove_json
    if name.endswith((".hcl", ".tf", ".tfvars")):
        return _find_hcl if drafted else _prove_hcl
    return _prove_yaml if name.endswith((".yml", ".yaml")) else _prove_pins


def _prove_hcl(text: str, changed: str, place: Location, old: str, new: str) -> None:
    before, index = _read_hcl(text, place)
    _differ(before, list(_flat(parse(changed, place.file), place)), index, place, old, new)


def _find_hcl(text: str, changed: str, place: Location, old: str, new: str) -> None:  # noqa: ARG001 -- as its brother
    _read_hcl(text, place)


def _read_hcl(text: str, place: Location) -> tuple[list[object], int]:
    """Read a text, and find the value that stands at a place in it."""
    found = list(_flat(parse(text, place.file), place))
    marks = [index for index, item in enumerate(found) if item is _MARK]
    if len(marks) != 1:
        raise _refused(place, "no plain quoted string stands there: it is computed, null or a heredoc")
    return found, marks[0] + 2  # after the mark and the node's own name


def _flat(root: object, place: Location) -> Iterator[object]:
    """Give the words of a tree without the places, with a mark before the literal that is asked for."""
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Literal | Template) and node.location == place:
            if isinstance(node, Template) or node.span is None:
                raise _refused(place, "the value is computed there, or no plain quoted string")
            yield _MARK
        if isinstance(node, Mapping):
            todo.extend(part for key in reversed(list(node)) for part in (node[key], key))
        elif isinstance(node, tuple):
            yield len(node)
            todo.extend(reversed(node))
        elif is_dataclass(node):
            yield type(node).__name__
            names = [field.name for field in fields(node) if field.name not in ("location", "span")]
            todo.extend(getattr(node, name) for name in reversed(names))
        else:
            yield node


def _prove_json(text: str, changed: str, place: Location, old: str, new: str) -> None:
    for one in (text, changed):
        try:
            json.loads(one.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            raise _refused(place, "the file is no valid JSON") from None
    start = offset(text, place)
    tokens = list(_STRING.finditer(text))
    index = next((index for index, token in enumerate(tokens) if token.start() == start), None)
    if index is None:
        raise _refused(place, "no string of the JSON stands there")
    before = [json.loads(token[0], strict=False) for token in tokens]
    after = [json.loads(token[0], strict=False) for token in _STRING.finditer(changed)]
    _differ(before, after, index, place, old, new)


def _prove_yaml(text: str, changed: str, place: Location, old: str, new: str) -> None:
    before, after = _events(text, place), _events(changed, place)
    start = offset(text, place) or 0
    holds = (index for index, event in enumerate(before) if event[2] <= start < event[3])
    index = next(holds, None)
    if index is None:
        raise _refused(place, "no scalar of the YAML stands there")
    _differ([event[:2] for event in before], [event[:2] for event in after], index, place, ("str", old), ("str", new))


def _events(text: str, place: Location) -> list[tuple[str, str, int, int]]:
    """Give a YAML text as words; of scalars what they say and where they stand, an empty stretch for all else."""
    if len(text) > MAX_YAML:
        raise _refused(place, f"larger than {MAX_YAML:,} characters of YAML")
    found: list[tuple[str, str, int, int]] = []
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                found.append(("str", event.value, event.start_mark.index, event.end_mark.index))
            else:
                found.append((type(event).__name__, str(getattr(event, "anchor", "")), 0, 0))
    except yaml.YAMLError:
        raise _refused(place, "the file is no valid YAML") from None
    return found


def _prove_pins(text: str, changed: str, place: Location, old: str, new: str) -> None:
    """Prove a shell script, a Dockerfile or a Jenkinsfile by its pins; those made of this one change along."""
    before, after = _pins(text, place.file), _pins(changed, place.file)
    if not any(pin.origin == place and pin.value == old for pin in before):
        raise _refused(place, f"nothing that is read there says {old!r}")
    shift = len(new) - len(old)
    same = len(before) == len(after) and all(
        then.origin == _moved(now.origin, place, shift)
        and (then.kind, then.name, then.subject) == (now.kind, now.name, now.subject)
        and then.value in ((new,) if now.origin == place and now.value == old else _grown(now.value, old, new))
        for now, then in zip(before, after, strict=True)
    )
    if not same:
        raise _refused(place, "more than this value would change")


def _grown(value: str, old: str, new: str) -> tuple[str, ...]:
    return (value, value.replace(old, new))


def _moved(origin: Location, place: Location, shift: int) -> Location:
    if origin.line != place.line or origin.column <= place.column:
        return origin
    return type(origin)(file=origin.file, line=origin.line, column=origin.column + shift)


def _pins(text: str, file: str) -> tuple[Pin, ...]:
    pins, gaps = read_pins(_OneFile(text), "", paths=(file,))
    for gap in gaps:
        raise DeclarationError(gap.message)
    return pins


def _differ(before: Sequence[object], after: Sequence[object], index: int, place: Location, *values: object) -> None:
    """Demand that two readings differ at this index alone, and there as it was wanted."""
    old, new = values
    if before[index] != old:
        raise _refused(place, f"it says {before[index]!r}, not {old!r}: the file has changed")
    if list(after) != [*before[:index], new, *before[index + 1 :]]:
        raise _refused(place, "more than this value would change")


class _OneFile:
    """A tree of one file, for the reader of pins."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, path: str) -> str:  # noqa: ARG002 -- the protocol's shape
        """Give the text."""
        return self.text

    def is_file(self, path: str) -> bool:  # noqa: ARG002 -- as above
        """Nothing else is there."""
        return False

    def is_dir(self, path: str) -> bool:  # noqa: ARG002 -- as above
        """Nothing else is there."""
        return False

    def files(self, under: str = "", *, faults: list[Fault] | None = None) -> Iterator[str]:  # noqa: ARG002 -- as above
        """List nothing."""
        return iter(())

    def real(self, path: str) -> str:
        """Follow nothing."""
        return path

    def commit(self) -> str | None:
        """Be of no commit."""
        return None
