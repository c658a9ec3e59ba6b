"""The parser's tree of one region to our nodes: what is statement, operator, chain or collection, and where it stands.

The tree is known here only by its shape, so that this module needs no parser.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation, Overflow
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeAlias

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
    Tuple,
    Unary,
    Variable,
)
from audit.declared.source import Region, Source, TemplateText
from audit.declared.values import NUMBERS
from audit.errors import LimitError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from audit.model import Location

ReadTemplate: TypeAlias = Callable[[TemplateText], Expression]

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


def _tokens(node: Node) -> Iterator[Token]:
    return (child for child in node.children if _is_token(child))


def _start(node: Node | Token) -> int:
    return (node.start_pos or 0) if _is_token(node) else node.meta.start_pos


class Reader:
    """Turns the parser's tree of one region into nodes; ``base`` is what to add to the parser's offsets."""

    def __init__(self, source: Source, region: Region, base: int, template: ReadTemplate) -> None:
        self.source, self.region, self.base, self.template = source, region, base, template
        self.depth = 0

    # -- statements

    def body(self, node: Node, *, opened: int, closed: int) -> Body:
        """Read attributes and blocks, each on a line of its own, or one attribute between braces on one line."""
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        statements = trees(node)
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

    def attribute(self, node: Node) -> Attribute:
        """Read ``name = expression``."""
        name, value = trees(node)
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

    def block(self, node: Node) -> Block:
        """Read ``type labels { body }``."""
        self._deepen(node)
        kind, *rest = trees(node)
        *labels, inner = rest
        braces = [_start(leaf) for leaf in _tokens(node) if str(leaf) in ("{", "}")]
        opened, closed = braces[0], braces[-1]
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

    def _label(self, node: Node) -> str:
        if node.data != "string":
            return self._name(node)
        value = self.expression(node)
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            self._fail(_start(node), "a label must be a plain string")
        return value.value

    def _before(self, start: int) -> str:
        """Give the last character before an offset that isn't blank, in a text without comments; "" at the start."""
        position = start + self.base - self.region.start - 1
        while position >= 0 and self.region.masked[position] in " \t\r":
            position -= 1
        return self.region.masked[position] if position >= 0 else ""

    def _fail(self, start: int, message: str) -> NoReturn:
        self.source.fail(self.base + start, message)

    # -- expressions

    def expression(self, node: Node) -> Expression:
        """Read any expression."""
        self._deepen(node)
        kind = str(node.data)
        if kind == "expr_term":
            made = self.expression(trees(node)[0])
        elif kind.endswith("_expr_term") or kind == "binary_op":
            made = self.chain(node)
        else:
            made = getattr(self, f"_{kind}")(node)
        self.depth -= 1
        return made

    def chain(self, node: Node) -> Expression:
        """Read what leans to the left (``a + b + c``, ``a.b[0].c``) in a loop: it may be long."""
        steps: list[Node] = []
        while True:
            if node.data == "binary_op" or str(node.data).endswith("_expr_term"):
                target, step = trees(node)
                steps.append(step)
                node = target
            elif (
                node.data == "expr_term" and len(node.children) == 1 and str(trees(node)[0].data).endswith("_expr_term")
            ):
                (node,) = trees(node)
            else:
                break
        made = self.expression(node)
        for step in reversed(steps):
            made = self.step(made, step)
        return made

    def step(self, target: Expression, step: Node) -> Expression:
        """Read one operator, attribute, index or splat after ``target``."""
        kind = str(step.data)
        place = target.location
        if kind == "binary_term":
            operator, right = trees(step)
            return Binary(
                operator=str(operator.children[0]).strip(),
                left=target,
                right=self.expression(right),
                location=place,
            )
        if kind in ("attr_splat", "full_splat"):
            return self._splat(target, step, attributes_only=kind == "attr_splat")
        return self.postfix(target, step)

    def postfix(self, target: Expression, step: Node) -> Expression:
        """Read ``.name``, ``[key]`` or ``.0``."""
        place = target.location
        if step.data == "get_attr":
            return GetAttr(target=target, name=self._name(trees(step)[0]), location=place)
        if step.data == "short_index":
            token = list(_tokens(step))[-1]
            number = self._written(token)
            if not number.isdecimal() or (isinstance(target, Index) and target.legacy):
                self._fail(_start(step), "two indexes after another are written in brackets: [0][1]")
            key = Literal(value=Decimal(number), location=self._place(token))
            return Index(target=target, key=key, location=place, legacy=True)
        return Index(target=target, key=self.expression(trees(step)[0]), location=place)

    def _splat(self, target: Expression, step: Node, *, attributes_only: bool) -> Expression:
        if attributes_only and isinstance(target, Splat) and target.legacy:
            self._fail(_start(step), "'.*' cannot stand within another: write [*]")
        each: Expression = Variable(name="*", location=self._place(step))
        steps = trees(step)
        while steps and (not attributes_only or steps[0].data == "get_attr"):
            each = self.postfix(each, steps.pop(0))
        made: Expression = Splat(target=target, each=each, location=target.location, legacy=attributes_only)
        for rest in steps:
            made = self.postfix(made, rest)
        return made

    def _conditional(self, node: Node) -> Expression:
        condition, yes, no = trees(node)
        return Conditional(
            condition=self.expression(condition),
            yes=self.expression(yes),
            no=self.expression(no),
            location=self._place(node),
        )

    def _unary_op(self, node: Node) -> Expression:
        (operand,) = trees(node)
        at = self.base + _start(node)
        made = self.expression(operand)
        place = self.source.place(at)
        for operator in reversed(self.region.runs.get(at) or str(next(_tokens(node)))):
            made = Unary(operator=operator, operand=made, location=place)
        return made

    def _int_lit(self, node: Node) -> Expression:
        try:
            value = NUMBERS.create_decimal(self._written(node.children[0]))
        except (InvalidOperation, Overflow):
            self._fail(_start(node), "the number is out of range")
        return Literal(value=value, location=self._place(node))

    _float_lit = _int_lit

    def _literal_value(self, node: Node) -> Expression:
        value = {"true": True, "false": False, "null": None}[str(node.children[0])]
        return Literal(value=value, location=self._place(node))

    def _identifier(self, node: Node) -> Expression:
        return Variable(name=self._name(node), location=self._place(node))

    def _string(self, node: Node) -> Expression:
        return self.template(self.region.templates[self.base + _start(node)])

    def _tuple(self, node: Node) -> Expression:
        return Tuple(items=tuple(self.expression(item) for item in trees(node)), location=self._place(node))

    def _object(self, node: Node) -> Expression:
        items: list[tuple[Expression, Expression]] = []
        for leaf in _tokens(node):
            if str(leaf) == "," and self._before(_start(leaf)) == "\n":
                self._fail(_start(leaf), "a comma stands on the line of what it follows")
        for element in trees(node):
            start = _start(element)
            if items and self._before(start) not in (",", "\n"):
                self._fail(start, "a comma or a new line is missing before this key")
            self._one_line(start, element.meta.end_pos or 0)
            key, value = trees(element)
            name = self._key(trees(key)[0])
            if not items and isinstance(name, Literal) and name.value == "for" and name.span is None:
                self._fail(start, "'for' as the first key must be quoted")
            items.append((name, self.expression(value)))
        return Object(items=tuple(items), location=self._place(node))

    def _key(self, node: Node) -> Expression:
        inner = trees(node)[0] if node.data == "expr_term" and len(node.children) == 1 else node
        if inner.data in ("identifier", "literal_value", "keyword"):
            return Literal(value=self._name(inner), location=self._place(inner))
        return self.expression(node)

    def _function_call(self, node: Node) -> Expression:
        parts = trees(node)
        arguments = next((part for part in parts if part.data == "arguments"), None)
        args = tuple(self.expression(part) for part in trees(arguments)) if arguments else ()
        expand = arguments is not None and any(token.type == "ELLIPSIS" for token in _tokens(arguments))
        return Call(name=self._name(parts[0]), args=args, expand=expand, location=self._place(node))

    def _for_tuple_expr(self, node: Node) -> Expression:
        intro, value, *rest = trees(node)
        key, item, collection = self._intro(intro)
        condition = self.expression(trees(rest[0])[0]) if rest else None
        return ForTuple(
            key=key,
            item=item,
            collection=collection,
            value=self.expression(value),
            condition=condition,
            location=self._place(node),
        )

    def _for_object_expr(self, node: Node) -> Expression:
        intro, name, value, *rest = trees(node)
        key, item, collection = self._intro(intro)
        condition = self.expression(trees(rest[0])[0]) if rest else None
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

    def _intro(self, node: Node) -> tuple[str | None, str, Expression]:
        *names, collection = trees(node)
        key = self._name(names[0]) if len(names) == 2 else None
        return key, self._name(names[-1]), self.expression(collection)

    # -- places

    def _name(self, node: Node) -> str:
        return unicodedata.normalize("NFC", self._written(node.children[0]))

    def _written(self, leaf: Node | Token) -> str:
        """Give a name or number as it was written: the parser may have seen a masked one."""
        start = self.base + _start(leaf)
        number = _NUMBER.match(self.source.text, start)
        return number[0] if number else self.source.text[start : start + len(str(leaf))]

    def _place(self, node: Node | Token) -> Location:
        return self.source.place(self.base + _start(node))

    def _deepen(self, node: Node) -> None:
        self.depth += 1
        if self.depth > 4 * self.source.limits.depth:
            self._over(node)

    def _over(self, node: Node) -> NoReturn:
        place = self.source.place(self.base + _start(node))
        limit = self.source.limits.depth
        raise LimitError(f"nested deeper than {limit}", file=place.file, line=place.line, column=place.column)
