"""The shape of the parser's tree, known without the parser, and where its nodes stand in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, Protocol

from audit.declared.values import nfc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import TypeIs

    from audit.declared.source import Region, Source
    from audit.model import Location

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_BRACES = re.compile(r"[{}\n]")


class Meta(Protocol):
    """Where a node of the parser's tree starts and ends; without both where it is empty."""

    start_pos: int
    end_pos: int


class Token(Protocol):
    """A leaf of the parser's tree; it is a str."""

    type: str
    start_pos: int | None


class Node(Protocol):
    """A branch of the parser's tree."""

    @property
    def data(self) -> str:
        """Which rule made it."""

    @property
    def children(self) -> Sequence[Node | Token]:
        """Give what it is made of."""

    @property
    def meta(self) -> Meta:
        """Where it stands."""


def trees(node: Node) -> list[Node]:
    """Give the branches below a node, without new lines."""
    return [child for child in node.children if not _is_token(child) and child.data != "new_line_or_comment"]


def _is_token(child: Node | Token) -> TypeIs[Token]:
    return isinstance(child, str)


def tokens(node: Node) -> Iterator[Token]:
    """Give the leaves right below a node."""
    return (child for child in node.children if _is_token(child))


def offset_of(node: Node | Token) -> int:
    """Give the offset at which the parser saw a node."""
    return (node.start_pos or 0) if _is_token(node) else node.meta.start_pos


class Marks:
    """Places of nodes in a region; ``base`` is what to add to the parser's offsets."""

    def __init__(self, source: Source, region: Region, base: int) -> None:
        self.source, self.region, self.base = source, region, base

    def one_line(self, start: int, end: int) -> None:
        """Refuse a new line within an expression, outside of the brackets that allow it."""
        depth = 0
        shift = self.base - self.region.start
        text = self.region.masked[start + shift : end + shift].rstrip()
        for found in _BRACES.finditer(text):
            if found[0] == "\n" and depth == 0:
                self.fail(start + found.start(), "an expression ends with its line, unless it stands in brackets")
            depth += (found[0] == "{") - (found[0] == "}")

    def before(self, start: int) -> str:
        """Give the last character before an offset that isn't blank, in a text without comments; "" at the start."""
        position = start + self.base - self.region.start - 1
        while position >= 0 and self.region.masked[position] in " \t\r":
            position -= 1
        return self.region.masked[position] if position >= 0 else ""

    def fail(self, start: int, message: str) -> NoReturn:
        """Raise an HclSyntaxError at an offset of the parser's."""
        self.source.fail(self.base + start, message)

    def name(self, node: Node) -> str:
        """Give a name as it was written, normalised."""
        return nfc(self.written(node.children[0]))

    def written(self, leaf: Node | Token) -> str:
        """Give a name or number as it was written: the parser may have seen a masked one."""
        start = self.base + offset_of(leaf)
        number = _NUMBER.match(self.source.text, start)
        return number[0] if number else self.source.text[start : start + len(str(leaf))]

    def place(self, node: Node | Token) -> Location:
        """Give where a node stands."""
        return self.source.place(self.base + offset_of(node))
