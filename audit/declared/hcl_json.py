"""HCL written as JSON (``terragrunt.hcl.json``, ``*.tf.json``): the same tree as from HCL, every string with its place.

JSON has no blocks: which keys are blocks, and with how many labels, is what the reader of the file knows.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from audit.declared.nodes import Attribute, Block, Body, Expression, Literal, Object, Template, Tuple
from audit.declared.scanner import Limits, Source
from audit.declared.syntax import parse_template
from audit.errors import HclSyntaxError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<mark>[][{}:,])|(?P<word>[^\s\][{}:,"]+))', re.DOTALL)
_WORDS: Mapping[str, bool | None] = {"null": None, "true": True, "false": False}
_SEQUENCE = re.compile(r"[$%]\{")
_COMMENT = "//"


def parse_json(text: str, file: str, blocks: Mapping[str, int], limits: Limits) -> Body:
    """Read a JSON file as HCL; ``blocks`` maps the types of its blocks to their number of labels.

    Raises HclSyntaxError with file, line and column for invalid JSON, LimitError for more than ``limits``.
    """
    source = Source(text, file, limits)
    _check(text, file)
    root = _Reader(source).value(0, 0)[0]
    if not isinstance(root, Object):
        source.fail(0, "a configuration in JSON is one object")
    return _body(root, blocks)


def _check(text: str, file: str) -> None:
    try:
        json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        message = f"invalid JSON: {error.msg.lower()}"
        raise HclSyntaxError(message, file=file, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise HclSyntaxError("nested too deep", file=file, line=1, column=1) from None


class _Reader:
    """Reads text that is known to be valid JSON."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def token(self, at: int) -> re.Match[str]:
        """Give the token at or after an offset."""
        found = _TOKEN.match(self.source.text, at)
        if found is None:
            self.source.fail(at, "unexpected character")
        return found

    def value(self, at: int, depth: int) -> tuple[Expression, int]:
        """Read the value at an offset; gives it and the offset after it."""
        if at == 0 and self.source.text.startswith("\ufeff"):
            at = 1
        found = self.token(at)
        kind = found.lastgroup or ""
        start, piece = found.start(kind), found[kind]
        if kind == "string":
            return self.string(piece, start), found.end()
        if kind == "word":
            value = _WORDS[piece] if piece in _WORDS else Decimal(piece)
            return Literal(value=value, location=self.source.place(start)), found.end()
        if depth > self.source.limits.depth:
            self.source.fail(start, f"nested deeper than {self.source.limits.depth}")
        return (self.object if piece == "{" else self.array)(start, depth)

    def string(self, piece: str, start: int) -> Expression:
        """Read a string, which is a template."""
        text, place = json.loads(piece, strict=False), self.source.place(start)
        if not _SEQUENCE.search(text):
            return Literal(value=text, location=place, span=(start, start + len(piece)))
        node = parse_template(text, self.source.file, self.source.limits)
        return replace(node, location=place) if isinstance(node, Literal | Template) else node

    def array(self, start: int, depth: int) -> tuple[Expression, int]:
        """Read an array."""
        items: list[Expression] = []
        at = start + 1
        while (found := self.token(at))["mark"] != "]":
            item, at = self.value(found.end() if found["mark"] == "," else at, depth + 1)
            items.append(item)
        return Tuple(items=tuple(items), location=self.source.place(start)), found.end()

    def object(self, start: int, depth: int) -> tuple[Expression, int]:
        """Read an object; ``//`` is a comment in HCL's JSON."""
        items: list[tuple[Expression, Expression]] = []
        at = start + 1
        while (found := self.token(at))["mark"] != "}":
            name = self.token(found.end()) if found["mark"] == "," else found
            key = self.string(name["string"], name.start("string"))
            item, at = self.value(self.token(name.end()).end(), depth + 1)
            if not (isinstance(key, Literal) and key.value == _COMMENT):
                items.append((key, item))
        return Object(items=tuple(items), location=self.source.place(start)), found.end()


def _body(node: Object, blocks: Mapping[str, int]) -> Body:
    attributes: dict[str, Attribute] = {}
    found: list[Block] = []
    for key, value in node.items:
        name = str(key.value) if isinstance(key, Literal) else ""
        if name in blocks:
            found.extend(_blocks(name, (), value, blocks[name]))
        else:
            attributes[name] = Attribute(name=name, expr=value, location=key.location)
    return Body(attributes=attributes, blocks=tuple(found))


def _blocks(kind: str, labels: tuple[str, ...], value: Expression, missing: int) -> list[Block]:
    """Read a block's value: an object for each label, at last one object or an array of them."""
    if isinstance(value, Tuple):
        return [block for item in value.items for block in _blocks(kind, labels, item, missing)]
    if not isinstance(value, Object):
        place = value.location
        message = f"'{kind}' must be an object"
        raise HclSyntaxError(message, file=place.file, line=place.line, column=place.column)
    if missing == 0:
        return [Block(type=kind, labels=labels, body=_body(value, {}), location=value.location)]
    return [
        block
        for key, inner in value.items
        for block in _blocks(kind, (*labels, str(key.value) if isinstance(key, Literal) else ""), inner, missing - 1)
    ]
