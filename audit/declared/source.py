"""A text of HCL with its name and its limits, and the pieces that the scanner cuts it into."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn, TypeAlias

from audit.configuration.config import Reading
from audit.errors import HclSyntaxError, LimitError
from audit.model import Location

_SURROGATE = re.compile("[\ud800-\udfff]")


Limits: TypeAlias = Reading
"""How much is read in one file; anything above is a LimitError."""


class Source:
    """A text with its name, that turns offsets into places."""

    def __init__(self, text: str, file: str, limits: Limits, line: int = 1, column: int = 1) -> None:
        if len(text) > limits.size or len(text.encode("utf-8", "surrogatepass")) > limits.size:
            raise LimitError(f"larger than {limits.size} bytes", file=file)
        if lone := _SURROGATE.search(text):
            line = text.count("\n", 0, lone.start()) + 1
            raise HclSyntaxError("a character that is no Unicode text", file=file, line=line, column=1)
        self.text, self.file, self.limits = text, file, limits
        self._line, self._column = line, column
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._bom = text.startswith("\ufeff")

    def place(self, offset: int) -> Location:
        """Line and column of an offset, in characters, 1-based; a byte order mark has no width."""
        line = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[line] + (self._column if line == 0 else 1)
        if line == 0 and self._bom:
            column = max(1, column - 1)
        return Location(file=self.file, line=self._line + line, column=column)

    def fail(self, offset: int, message: str) -> NoReturn:
        """Raise an HclSyntaxError at an offset."""
        place = self.place(offset)
        raise HclSyntaxError(message, file=place.file, line=place.line, column=place.column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A literal piece of a template: its value, escapes undone."""

    value: str
    start: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """``${ }`` or ``%{ }`` inside a template: the code in it and on which sides white space is stripped."""

    kind: Literal["$", "%"]
    code: Region
    strip_before: bool
    strip_after: bool
    start: int


Part: TypeAlias = Text | Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateText:
    """A quoted string, a heredoc or a whole template file, cut into parts; ``start`` to ``end`` are its offsets."""

    kind: Literal["quoted", "heredoc", "indented", "file"]
    parts: tuple[Part, ...]
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """Code between two offsets: ``masked`` is what the parser gets, ``templates`` what was hidden, by offset.

    ``runs`` maps the place of a unary operator to all those that stood before an operand, leftmost first.
    """

    start: int
    end: int
    masked: str
    templates: Mapping[int, TemplateText] = field(default_factory=dict)
    runs: Mapping[int, str] = field(default_factory=dict)
