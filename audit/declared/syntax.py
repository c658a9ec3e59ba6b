"""HCL text to our own frozen tree with places: the only module that imports the HCL parser.

Only ``hcl2.parses_to_tree`` is used: ``loads`` shares state between threads and gives no places, ``reconstruct``
isn't lossless. Parsing has no state of its own, so any number of threads may parse at once.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import hcl2
from lark.exceptions import LarkError, UnexpectedInput, UnexpectedToken

from audit.declared.nodes import Attribute, Block, Body, Expression, GetAttr, Literal, Template, Variable
from audit.declared.reader import Reader
from audit.declared.scanner import scan_code, scan_template
from audit.declared.shape import Node, trees
from audit.declared.source import Limits, Region, Source, TemplateText
from audit.declared.templates import join
from audit.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.model import Location

__all__ = [
    "Attribute",
    "Block",
    "Body",
    "Expression",
    "Limits",
    "parse",
    "parse_expression",
    "parse_template",
]

_LIMITS = Limits()
_SMALL = 8_192  # characters of a file whose tree may be kept
_PREFIX = "_=("
_TRAVERSAL = re.compile(r"\s*(?P<path>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)\s*", re.ASCII)
_WORDS = ("null", "true", "false")


def parse(text: str, file: str, limits: Limits = _LIMITS) -> Body:
    """Read a file of HCL.

    Raises HclSyntaxError with file, line and column for text that is no HCL, LimitError for more than ``limits``.
    """
    return (_read_again if len(text) <= _SMALL else _read)(text, file, limits)


def _read(text: str, file: str, limits: Limits) -> Body:
    with _bounded(file):
        source = Source(text, file, limits)
        region = scan_code(source)
        (body,) = trees(_tree(source, region.masked, 0))
        return _reader(source, region, 0).body(body, opened=-1, closed=len(region.masked))


# A plan reads the repository before, between and after its steps, and hardly a file of it has changed.
_read_again = lru_cache(maxsize=128)(_read)


def parse_expression(text: str, file: str, line: int = 1, column: int = 1, limits: Limits = _LIMITS) -> Expression:
    """Read one expression; ``line`` and ``column`` say where in ``file`` its text begins. Raises as ``parse``."""
    with _bounded(file):
        source = Source(text, file, limits, line, column)
        return _expression(source, scan_code(source), 0)


def parse_template(text: str, file: str, limits: Limits = _LIMITS) -> Expression:
    """Read the text of a template file, as ``templatefile`` does. Raises as ``parse``."""
    with _bounded(file):
        source = Source(text, file, limits)
        return _template(source, scan_template(source))


@contextmanager
def _bounded(file: str) -> Iterator[None]:
    """Turn the end of the stack into a limit: directives nest without brackets."""
    try:
        yield
    except RecursionError:
        raise LimitError("nested deeper than can be read", file=file) from None


def _tree(source: Source, text: str, base: int) -> Node:
    try:
        tree: Node = hcl2.parses_to_tree(text)
    except UnexpectedToken as error:
        token = error.token
        _unexpected(source, base + min(token.start_pos, len(text)), str(token))
    except UnexpectedInput as error:
        position = max(getattr(error, "pos_in_stream", None) or 0, 0)
        _unexpected(source, base + min(position, len(text)), "")
    except LarkError as error:
        _unexpected(source, base, str(error))
    return tree


def _unexpected(source: Source, offset: int, seen: str) -> NoReturn:
    offset = min(offset, len(source.text))
    word = re.match(r"\S{1,20}", source.text[offset : offset + 20])
    what = repr(word[0]) if word else "end of line" if seen.strip(" \t") else "end of text"
    source.fail(offset, f"unexpected {what}")


def _expression(source: Source, region: Region, skip: int) -> Expression:
    """Read a region as one expression, without the first ``skip`` characters of it (a directive's keyword)."""
    masked = region.masked[skip:].replace("\n", " ").replace("\r", " ")
    if found := _TRAVERSAL.fullmatch(masked):
        path = found["path"].split(".")
        if path[0] not in _WORDS:
            return _traversal(path, source.place(region.start + skip + found.start("path")))
    if not masked.strip():
        source.fail(region.start, "an expression is missing")
    base = region.start + skip - len(_PREFIX)
    (body,) = trees(_tree(source, f"{_PREFIX}{masked})", base))
    (attribute,) = trees(body)
    return _reader(source, region, base).expression(trees(attribute)[-1])


def _traversal(path: list[str], place: Location) -> Expression:
    """Make the node of ``a.b.c``, the usual thing in a string, without asking the parser."""
    made: Expression = Variable(name=path[0], location=place)
    for name in path[1:]:
        made = GetAttr(target=made, name=name, location=place)
    return made


def _reader(source: Source, region: Region, base: int) -> Reader:
    return Reader(source, region, base, lambda text: _template(source, text))


def _template(source: Source, text: TemplateText) -> Expression:
    """Turn a cut template into a node: a Literal where it has no sequences."""
    place = source.place(text.start)
    joined = join(source, text, lambda region, skip: _expression(source, region, skip))
    if not joined.parts:
        return Literal(value="", location=place, span=(text.start, text.end) if text.kind == "quoted" else None)
    if len(joined.parts) == 1 and isinstance(joined.parts[0], Literal) and joined.plain:
        span = (text.start, text.end) if text.kind == "quoted" else None
        return Literal(value=joined.parts[0].value, location=place, span=span)
    return Template(parts=joined.parts, location=place)
