"""JSON as Go writes it, and read so that every value of a file knows its place there."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation, Overflow
from typing import TypeAlias

from audit.declared.budget import charge
from audit.declared.convert import number_text
from audit.declared.values import NUMBERS, Raw, Unknown, Value, nfc
from audit.errors import EvaluationError, LimitError
from audit.model import Location

MAX_DEPTH = 60

Place: TypeAlias = Callable[[int], Location | None]

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
_TOKEN = re.compile(r'[ \t\r\n]*(?:(?P<mark>[][{}:,])|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^ \t\r\n\][{}:,"]+))')
_WORDS: Mapping[str, bool | None] = {"null": None, "true": True, "false": False}


def json_text(value: Value) -> str:
    """Write a value as JSON in Go's way: keys sorted, no blanks, and ``<>&`` escaped."""
    charge()
    raw = value.raw
    match raw:
        case None:
            return "null"
        case bool():
            return "true" if raw else "false"
        case Decimal():
            return number_text(raw)
        case str():
            charge(len(raw) // 32)
            return json.dumps(raw, ensure_ascii=False).translate(_HTML)
        case tuple():
            return f"[{','.join(json_text(item) for item in raw)}]"
        case Mapping():
            pairs = (f"{json_text(Value(name))}:{json_text(raw[name])}" for name in sorted(raw))
            return f"{{{','.join(pairs)}}}"
        case Unknown():
            raise EvaluationError(f"an unknown value cannot be encoded: {raw.reason}")


def json_value(text: str, file: str | None) -> Value:
    """Read JSON; with ``file`` each value has its place in that file as origin.

    Raises EvaluationError for invalid JSON, at its place where a file is known, LimitError for what nests too deep.
    """
    _check(text, file)
    place = places(text, file)
    stack: list[_Frame] = []
    for found in _tokens(text):
        charge()
        mark = found["mark"]
        if mark in ("[", "{"):
            stack.append(_Frame(mark, place(found.start("mark"))))
            if len(stack) > MAX_DEPTH:
                raise LimitError(f"JSON nested deeper than {MAX_DEPTH}", file=file or "")
            continue
        if mark in (",", ":"):
            continue
        value = stack.pop().close() if mark else _placed(found, place)
        if not stack:
            return value
        stack[-1].add(value)
    raise EvaluationError("invalid JSON: no value")  # pragma: no cover -- checked before


def places(text: str, file: str | None) -> Place:
    """Give what turns offsets of a file's text into places; into None without a file."""
    if file is None:
        return lambda _: None
    starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(offset: int) -> Location:
        line = bisect_right(starts, offset)
        return Location(file=file, line=line, column=offset - starts[line - 1] + 1)

    return place


def _check(text: str, file: str | None) -> None:
    """Let the standard library say whether it is JSON: the tokens are then read without looking again."""
    try:
        json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        message = f"invalid JSON: {error.msg.lower()}"
        line, column = (error.lineno, error.colno) if file else (0, 0)
        raise EvaluationError(message, file=file or "", line=line, column=column) from None
    except RecursionError:
        raise LimitError(f"JSON nested deeper than {MAX_DEPTH}", file=file or "") from None


def _refuse(word: str) -> str:
    raise EvaluationError(f"invalid JSON: {word}")


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while found := _TOKEN.match(text, at):
        yield found
        at = found.end()


def _placed(found: re.Match[str], place: Place) -> Value:
    """Give a scalar with its place; a string without escapes in a file can be edited there."""
    raw = _scalar(found)
    origin = place(found.start(found.lastgroup or 0))
    plain = origin is not None and found["string"] == f'"{raw}"'
    return Value(raw, origin, span=found.span("string") if plain else None)


def _scalar(found: re.Match[str]) -> Raw:
    if found["string"]:
        text: str = json.loads(found["string"])
        return text if text.isascii() else nfc(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if found["word"] in _WORDS:
        return _WORDS[found["word"]]
    try:
        return NUMBERS.create_decimal(found["word"])
    except (InvalidOperation, Overflow):
        raise EvaluationError("invalid JSON: a number is out of range") from None


class _Frame:
    """An array or object that is being read."""

    def __init__(self, mark: str, origin: Location | None) -> None:
        self.mark, self.origin = mark, origin
        self.items: list[Value] = []
        self.members: dict[str, Value] = {}
        self.key: str | None = None

    def add(self, value: Value) -> None:
        """Take an element, a key, or the value of the key that was taken last."""
        if self.mark == "[":
            self.items.append(value)
        elif self.key is None:
            self.key = str(value.raw)
        else:
            self.members[self.key], self.key = value, None

    def close(self) -> Value:
        """Give the finished value."""
        raw: Raw = tuple(self.items) if self.mark == "[" else dict(sorted(self.members.items()))
        return Value(raw, self.origin)
