"""The parser's tree of one region to our nodes: what is statement, operator, chain or collection, and where it stands.

The tree is known here only by its shape, so that this module needs no parser.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation, Overflow
from typing import NoReturn, TypeAlias

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
from audit.declared.shape import Marks, Node, offset_of, tokens, trees
from audit.declared.source import Region, Source, TemplateText
from audit.declared.values import NUMBERS
from audit.errors import LimitError

ReadTemplate: TypeAlias = Callable[[TemplateText], Expression]


class Reader:
    """Turns the parser's tree of one region into nodes; ``base`` is what to add to the parser's offsets."""

    def __init__(self, source: Source, region: Region, base: int, template: ReadTemplate) -> None:
        self.source, self.region, self.base, self.template = source, region, base, template
        self.marks = Marks(source, region, base)
        self.depth = 0

    # -- statements

    def body(self, node: Node, *, opened: int, closed: int) -> Body:
        """Read attributes and blocks, each on a line of its own, or one attribute between braces on one line."""
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        statements = trees(node)
        single = bool(statements) and opened >= 0 and self.marks.before(offset_of(statements[0])) == "{"
        for at, statement in enumerate(statements):
            start = offset_of(statement)
            if self.marks.before(start) not in ("\n", "") and not (single and at == 0):
                self.marks.fail(start, "a new line is missing before this")
            if single and (at or statement.data == "block"):
                self.marks.fail(start, "a block on one line holds one attribute")
            if statement.data == "block":
                blocks.append(self.block(statement))
                continue
            attribute = self.attribute(statement)
            if attribute.name in attributes:
                first = attributes[attribute.name].location
                self.marks.fail(start, f"'{attribute.name}' is set twice, first in line {first.line}")
            attributes[attribute.name] = attribute
        if opened >= 0 and statements and (self.marks.before(closed) == "\n") is single:
            self.marks.fail(closed, "'}' must stand on the line of '{' or on a line of its own")
        return Body(attributes=attributes, blocks=tuple(blocks))

    def attribute(self, node: Node) -> Attribute:
        """Read ``name = expression``."""
        name, value = trees(node)
        self.marks.one_line(offset_of(node), node.meta.end_pos or 0)
        return Attribute(name=self.marks.name(name), expr=self.expression(value), location=self.marks.place(node))

    def block(self, node: Node) -> Block:
        """Read ``type labels { body }``."""
        self._deepen(node)
        kind, *rest = trees(node)
        *labels, inner = rest
        braces = [offset_of(leaf) for leaf in tokens(node) if str(leaf) in ("{", "}")]
        opened, closed = braces[0], braces[-1]
        if "\n" in self.region.masked[offset_of(node) : opened]:
            self.marks.fail(opened, "'{' must stand on the line of the block's type")
        names = tuple(self._label(label) for label in labels)
        block = Block(
            type=self.marks.name(kind),
            labels=names,
            body=self.body(inner, opened=opened, closed=closed),
            location=self.marks.place(node),
        )
        self.depth -= 1
        return block

    def _label(self, node: Node) -> str:
        if node.data != "string":
            return self.marks.name(node)
        value = self.expression(node)
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            self.marks.fail(offset_of(node), "a label must be a plain string")
        return value.value

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
            return GetAttr(target=target, name=self.marks.name(trees(step)[0]), location=place)
        if step.data == "short_index":
            token = list(tokens(step))[-1]
            number = self.marks.written(token)
            if not number.isdecimal() or (isinstance(target, Index) and target.legacy):
                self.marks.fail(offset_of(step), "two indexes after another are written in brackets: [0][1]")
            key = Literal(value=Decimal(number), location=self.marks.place(token))
            return Index(target=target, key=key, location=place, legacy=True)
        return Index(target=target, key=self.expression(trees(step)[0]), location=place)

    def _splat(self, target: Expression, step: Node, *, attributes_only: bool) -> Expression:
        if attributes_only and isinstance(target, Splat) and target.legacy:
            self.marks.fail(offset_of(step), "'.*' cannot stand within another: write [*]")
        each: Expression = Variable(name="*", location=self.marks.place(step))
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
            location=self.marks.place(node),
        )

    def _unary_op(self, node: Node) -> Expression:
        (operand,) = trees(node)
        at = self.base + offset_of(node)
        made = self.expression(operand)
        place = self.source.place(at)
        for operator in reversed(self.region.runs.get(at) or str(next(tokens(node)))):
            made = Unary(operator=operator, operand=made, location=place)
        return made

    def _int_lit(self, node: Node) -> Expression:
        try:
            value = NUMBERS.create_decimal(self.marks.written(node.children[0]))
        except (InvalidOperation, Overflow):
            self.marks.fail(offset_of(node), "the number is out of range")
        return Literal(value=value, location=self.marks.place(node))

    _float_lit = _int_lit

    def _literal_value(self, node: Node) -> Expression:
        value = {"true": True, "false": False, "null": None}[str(node.children[0])]
        return Literal(value=value, location=self.marks.place(node))

    def _identifier(self, node: Node) -> Expression:
        return Variable(name=self.marks.name(node), location=self.marks.place(node))

    def _string(self, node: Node) -> Expression:
        return self.template(self.region.templates[self.base + offset_of(node)])

    def _tuple(self, node: Node) -> Expression:
        return Tuple(items=tuple(self.expression(item) for item in trees(node)), location=self.marks.place(node))

    def _object(self, node: Node) -> Expression:
        items: list[tuple[Expression, Expression]] = []
        for leaf in tokens(node):
            if str(leaf) == "," and self.marks.before(offset_of(leaf)) == "\n":
                self.marks.fail(offset_of(leaf), "a comma stands on the line of what it follows")
        for element in trees(node):
            start = offset_of(element)
            if items and self.marks.before(start) not in (",", "\n"):
                self.marks.fail(start, "a comma or a new line is missing before this key")
            self.marks.one_line(start, element.meta.end_pos or 0)
            key, value = trees(element)
            name = self._key(trees(key)[0])
            if not items and isinstance(name, Literal) and name.value == "for" and name.span is None:
                self.marks.fail(start, "'for' as the first key must be quoted")
            items.append((name, self.expression(value)))
        return Object(items=tuple(items), location=self.marks.place(node))

    def _key(self, node: Node) -> Expression:
        inner = trees(node)[0] if node.data == "expr_term" and len(node.children) == 1 else node
        if inner.data in ("identifier", "literal_value", "keyword"):
            return Literal(value=self.marks.name(inner), location=self.marks.place(inner))
        return self.expression(node)

    def _function_call(self, node: Node) -> Expression:
        parts = trees(node)
        arguments = next((part for part in parts if part.data == "arguments"), None)
        args = tuple(self.expression(part) for part in trees(arguments)) if arguments else ()
        expand = arguments is not None and any(token.type == "ELLIPSIS" for token in tokens(arguments))
        return Call(name=self.marks.name(parts[0]), args=args, expand=expand, location=self.marks.place(node))

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
            location=self.marks.place(node),
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
            group=any(token.type == "ELLIPSIS" for token in tokens(node)),
            condition=condition,
            location=self.marks.place(node),
        )

    def _intro(self, node: Node) -> tuple[str | None, str, Expression]:
        *names, collection = trees(node)
        key = self.marks.name(names[0]) if len(names) == 2 else None
        return key, self.marks.name(names[-1]), self.expression(collection)

    def _deepen(self, node: Node) -> None:
        self.depth += 1
        if self.depth > 4 * self.source.limits.depth:
            self._over(node)

    def _over(self, node: Node) -> NoReturn:
        place = self.source.place(self.base + offset_of(node))
        limit = self.source.limits.depth
        raise LimitError(f"nested deeper than {limit}", file=place.file, line=place.line, column=place.column)
