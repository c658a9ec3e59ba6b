"""HCL text to our own frozen tree with places: the only module that imports the HCL parser.

Only ``hcl2.parses_to_tree`` is used: ``loads`` shares state between threads and gives no places, ``reconstruct``
isn't lossless. Parsing has no state of its own, so any number of threads may parse at once.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput, UnexpectedToken

from audit.declared.nodes import (
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    GetAttr,
    Index,
    Literal,
    Object,
    Splat,
    Template,
    Tuple,
    Unary,
    Variable,
)
from audit.declared.scanner import Limits, Region, Source, TemplateText, scan_code, scan_template
from audit.declared.templates import Joined, join
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

_Node = Tree[Token]
_LIMITS = Limits()
_PREFIX = "_=("
_BRACES = re.compile(r"[{}\n]")


def parse(text: str, file: str, limits: Limits = _LIMITS) -> Body:
    """Read a file of HCL.

    Raises HclSyntaxError with file, line and column for text that is no HCL, LimitError for more than ``limits``.
    """
    source = Source(text, file, limits)
    region = scan_code(source)
    (body,) = _trees(_tree(source, region.masked, 0))
    try:
        return _Reader(source, region, 0).body(body, opened=-1, closed=len(region.masked))
    except RecursionError:
        raise LimitError("nested deeper than can be read", file=file) from None


def parse_expression(text: str, file: str, line: int = 1, column: int = 1, limits: Limits = _LIMITS) -> Expression:
    """Read one expression; ``line`` and ``column`` say where in ``file`` its text begins."""
    source = Source(text, file, limits, line, column)
    return _expression(source, scan_code(source), 0)


def parse_template(text: str, file: str, limits: Limits = _LIMITS) -> Expression:
    """Read the text of a template file, as ``templatefile`` does."""
    source = Source(text, file, limits)
    return _template(source, scan_template(source))


def _tree(source: Source, text: str, base: int) -> _Node:
    try:
        return hcl2.parses_to_tree(text)
    except UnexpectedToken as error:
        token = error.token
        _unexpected(source, base + min(token.start_pos or 0, len(text)), str(token))
    except UnexpectedInput as error:
        _unexpected(source, base + min(error.pos_in_stream or 0, len(text)), "")
    except LarkError as error:
        _unexpected(source, base, str(error))


def _unexpected(source: Source, offset: int, seen: str) -> NoReturn:
    offset = min(offset, len(source.text))
    word = re.match(r"\S{1,20}", source.text[offset : offset + 20])
    what = repr(word[0]) if word else "end of line" if seen.strip(" \t") else "end of text"
    source.fail(offset, f"unexpected {what}")


def _expression(source: Source, region: Region, skip: int) -> Expression:
    """Read a region as one expression, without the first ``skip`` characters of it (a directive's keyword)."""
    masked = region.masked[skip:].replace("\n", " ").replace("\r", " ")
    base = region.start + skip - len(_PREFIX)
    if not masked.strip():
        source.fail(region.start, "an expression is missing")
    tree = _tree(source, f"{_PREFIX}{masked})", base)
    (body,) = _trees(tree)
    attributes = [node for node in _trees(body) if node.data == "attribute"]
    if len(attributes) != 1 or len(_trees(body)) > 2:
        source.fail(region.start, "more than one expression")
    return _Reader(source, region, base).expression(_trees(attributes[0])[-1])


def _template(source: Source, text: TemplateText) -> Expression:
    """Turn a cut template into a node: a Literal where it has no sequences."""
    place = source.place(text.start)
    joined: Joined = join(source, text, lambda region, skip: _expression(source, region, skip))
    if not joined.parts:
        return Literal(value="", location=place, span=(text.start, text.end) if text.kind == "quoted" else None)
    if len(joined.parts) == 1 and isinstance(joined.parts[0], Literal) and joined.plain:
        span = (text.start, text.end) if text.kind == "quoted" else None
        return Literal(value=joined.parts[0].value, location=place, span=span)
    return Template(parts=joined.parts, location=place)


def _trees(node: _Node) -> list[_Node]:
    return [child for child in node.children if isinstance(child, Tree) and child.data != "new_line_or_comment"]


def _tokens(node: _Node) -> Iterator[Token]:
    return (child for child in node.children if isinstance(child, Token))


def _start(node: _Node | Token) -> int:
    position = node.start_pos if isinstance(node, Token) else node.meta.start_pos
    return position or 0


class _Reader:
    """Turns the parser's tree of one region into nodes; ``base`` is what to add to the parser's offsets."""

    def __init__(self, source: Source, region: Region, base: int) -> None:
        self.source, self.region, self.base = source, region, base
        self.depth = 0

    # -- statements

    def body(self, node: _Node, *, opened: int, closed: int) -> Body:
        """Read attributes and blocks, each on a line of its own, or one attribute between braces on one line."""
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        statements = _trees(node)
        single = bool(statements) and opened >= 0 and self._before(_start(statements[0])) == "{"
        for at, statement in enumerate(statements):
            start = _start(statement)
            if self._before(start) not in ("\n", "") and not (single and at == 0):
                self._fail(start, "a new line is missing before this")
            if single and (at or statement.data == "block"):
                self._fail(start, "a block on one line holds one attribute")
            if statement.data == "block":
                blocks.append(self.block(statement))
                continue
            attribute = self.attribute(statement)
            if attribute.name in attributes:
                first = attributes[attribute.name].location
                self._fail(start, f"'{attribute.name}' is set twice, first in line {first.line}")
            attributes[attribute.name] = attribute
        if opened >= 0 and statements and (self._before(closed) == "\n") is single:
            self._fail(closed, "'}' must stand on the line of '{' or on a line of its own")
        return Body(attributes=attributes, blocks=tuple(blocks))

    def attribute(self, node: _Node) -> Attribute:
        """Read ``name = expression``."""
        name, value = _trees(node)
        self._one_line(_start(node), node.meta.end_pos or 0)
        return Attribute(name=self._name(name), expr=self.expression(value), location=self._place(node))

    def _one_line(self, start: int, end: int) -> None:
        """Refuse a new line within an expression, outside of the brackets that allow it."""
        depth = 0
        shift = self.base - self.region.start
        text = self.region.masked[start + shift : end + shift].rstrip()
        for found in _BRACES.finditer(text):
            if found[0] == "\n" and depth == 0:
                self._fail(start + found.start(), "an expression ends with its line, unless it stands in brackets")
            depth += (found[0] == "{") - (found[0] == "}")

    def block(self, node: _Node) -> Block:
        """Read ``type labels { body }``."""
        self._deepen(node)
        kind, *rest = _trees(node)
        *labels, inner = rest
        opened = next(_start(token) for token in _tokens(node) if token == "{")
        closed = next(_start(token) for token in reversed(list(_tokens(node))) if token == "}")
        if "\n" in self.region.masked[_start(node) : opened]:
            self._fail(opened, "'{' must stand on the line of the block's type")
        names = tuple(self._label(label) for label in labels)
        block = Block(
            type=self._name(kind),
            labels=names,
            body=self.body(inner, opened=opened, closed=closed),
            location=self._place(node),
        )
        self.depth -= 1
        return block

    def _label(self, node: _Node) -> str:
        if node.data != "string":
            return self._name(node)
        value = self.expression(node)
        if isinstance(value, Literal) and isinstance(value.value, str):
            return value.value
        self._fail(_start(node), "a label must be a plain string")

    def _before(self, start: int) -> str:
        """Give the last character before an offset that isn't blank, in a text without comments; "" at the start."""
        position = start + self.base - self.region.start - 1
        while position >= 0 and self.region.masked[position] in " \t\r":
            position -= 1
        return self.region.masked[position] if position >= 0 else ""

    def _fail(self, start: int, message: str) -> NoReturn:
        self.source.fail(self.base + start, message)

    # -- expressions

    def expression(self, node: _Node) -> Expression:
        """Read any expression."""
        self._deepen(node)
        kind = str(node.data)
        if kind == "expr_term":
            made = self.expression(_trees(node)[0])
        elif kind.endswith("_expr_term") or kind == "binary_op":
            made = self.chain(node)
        else:
            made = getattr(self, f"_{kind}")(node)
        self.depth -= 1
        return made

    def chain(self, node: _Node) -> Expression:
        """Read what leans to the left (``a + b + c``, ``a.b[0].c``) in a loop: it may be long."""
        steps: list[_Node] = []
        while True:
            if node.data == "binary_op" or str(node.data).endswith("_expr_term"):
                target, step = _trees(node)
                steps.append(step)
                node = target
            elif (
                node.data == "expr_term"
                and len(node.children) == 1
                and str(_trees(node)[0].data).endswith("_expr_term")
            ):
                (node,) = _trees(node)
            else:
                break
        if len(steps) > self.source.limits.nodes:
            self._over(node)
        made = self.expression(node)
        for step in reversed(steps):
            made = self.step(made, step)
        return made

    def step(self, target: Expression, step: _Node) -> Expression:
        """Read one operator, attribute, index or splat after ``target``."""
        kind = str(step.data)
        place = target.location
        if kind == "binary_term":
            operator, right = _trees(step)
            return Binary(
                operator=str(operator.children[0]).strip(),
                left=target,
                right=self.expression(right),
                location=place,
            )
        if kind in ("attr_splat", "full_splat"):
            return self._splat(target, step, attributes_only=kind == "attr_splat")
        return self.postfix(target, step)

    def postfix(self, target: Expression, step: _Node) -> Expression:
        """Read ``.name``, ``[key]`` or ``.0``."""
        place = target.location
        if step.data == "get_attr":
            return GetAttr(target=target, name=self._name(_trees(step)[0]), location=place)
        if step.data == "short_index":
            if isinstance(target, Index) and target.legacy:
                self._fail(_start(step), "two indexes after another are written in brackets: [0][1]")
            token = list(_tokens(step))[-1]
            key = Literal(value=Decimal(str(token)), location=self._place(token))
            return Index(target=target, key=key, location=place, legacy=True)
        return Index(target=target, key=self.expression(_trees(step)[0]), location=place)

    def _splat(self, target: Expression, step: _Node, *, attributes_only: bool) -> Expression:
        each: Expression = Variable(name="*", location=self._place(step))
        steps = _trees(step)
        while steps and (not attributes_only or steps[0].data == "get_attr"):
            each = self.postfix(each, steps.pop(0))
        made: Expression = Splat(target=target, each=each, location=target.location)
        for rest in steps:
            made = self.postfix(made, rest)
        return made

    def _conditional(self, node: _Node) -> Expression:
        condition, yes, no = _trees(node)
        return Conditional(
            condition=self.expression(condition),
            yes=self.expression(yes),
            no=self.expression(no),
            location=self._place(node),
        )

    def _unary_op(self, node: _Node) -> Expression:
        (operand,) = _trees(node)
        at = self.base + _start(node)
        made = self.expression(operand)
        place = self.source.place(at)
        for operator in reversed(self.region.runs.get(at) or str(next(_tokens(node)))):
            made = Unary(operator=operator, operand=made, location=place)
        return made

    def _int_lit(self, node: _Node) -> Expression:
        return Literal(value=Decimal(str(node.children[0])), location=self._place(node))

    _float_lit = _int_lit

    def _literal_value(self, node: _Node) -> Expression:
        value = {"true": True, "false": False, "null": None}[str(node.children[0])]
        return Literal(value=value, location=self._place(node))

    def _identifier(self, node: _Node) -> Expression:
        return Variable(name=self._name(node), location=self._place(node))

    def _string(self, node: _Node) -> Expression:
        return _template(self.source, self.region.templates[self.base + _start(node)])

    def _tuple(self, node: _Node) -> Expression:
        return Tuple(items=tuple(self.expression(item) for item in _trees(node)), location=self._place(node))

    def _object(self, node: _Node) -> Expression:
        items: list[tuple[Expression, Expression]] = []
        for element in _trees(node):
            start = _start(element)
            if items and self._before(start) not in (",", "\n"):
                self._fail(start, "a comma or a new line is missing before this key")
            self._one_line(start, element.meta.end_pos or 0)
            key, value = _trees(element)
            name = self._key(_trees(key)[0])
            if not items and isinstance(name, Literal) and name.value == "for" and name.span is None:
                self._fail(start, "'for' as the first key must be quoted")
            items.append((name, self.expression(value)))
        return Object(items=tuple(items), location=self._place(node))

    def _key(self, node: _Node) -> Expression:
        inner = _trees(node)[0] if node.data == "expr_term" and len(node.children) == 1 else node
        if inner.data in ("identifier", "literal_value", "keyword"):
            return Literal(value=self._name(inner), location=self._place(inner))
        return self.expression(node)

    def _function_call(self, node: _Node) -> Expression:
        parts = _trees(node)
        names = [self._name(part) for part in parts if part.data == "identifier"]
        arguments = next((part for part in parts if part.data == "arguments"), None)
        args = tuple(self.expression(part) for part in _trees(arguments)) if arguments else ()
        expand = arguments is not None and any(token.type == "ELLIPSIS" for token in _tokens(arguments))
        return Call(name="::".join(names), args=args, expand=expand, location=self._place(node))

    def _for_tuple_expr(self, node: _Node) -> Expression:
        intro, value, *rest = _trees(node)
        key, item, collection = self._intro(intro)
        condition = self.expression(_trees(rest[0])[0]) if rest else None
        return ForTuple(
            key=key,
            item=item,
            collection=collection,
            value=self.expression(value),
            condition=condition,
            location=self._place(node),
        )

    def _for_object_expr(self, node: _Node) -> Expression:
        intro, name, value, *rest = _trees(node)
        key, item, collection = self._intro(intro)
        condition = self.expression(_trees(rest[0])[0]) if rest else None
        return ForObject(
            key=key,
            item=item,
            collection=collection,
            name=self.expression(name),
            value=self.expression(value),
            group=any(token.type == "ELLIPSIS" for token in _tokens(node)),
            condition=condition,
            location=self._place(node),
        )

    def _intro(self, node: _Node) -> tuple[str | None, str, Expression]:
        *names, collection = _trees(node)
        key = self._name(names[0]) if len(names) == 2 else None
        return key, self._name(names[-1]), self.expression(collection)

    # -- places

    def _name(self, node: _Node) -> str:
        """Give a name as it was written: the parser may have seen a masked one."""
        start = self.base + _start(node)
        written = self.source.text[start : start + len(str(node.children[0]))]
        return unicodedata.normalize("NFC", written)

    def _place(self, node: _Node | Token) -> Location:
        return self.source.place(self.base + _start(node))

    def _deepen(self, node: _Node) -> None:
        self.depth += 1
        if self.depth > 4 * self.source.limits.depth:
            self._over(node)

    def _over(self, node: _Node) -> NoReturn:
        place = self.source.place(self.base + _start(node))
        limit = self.source.limits.depth
        raise LimitError(f"nested deeper than {limit}", file=place.file, line=place.line, column=place.column)
