"""The tree that HCL text is read into: frozen nodes, each with the place it was written at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from audit.model import Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Literal:
    """A number, a boolean, null, or a string without sequences.

    ``span`` is where a plain quoted string stands in the text, quotes included, in characters; None for all others,
    also for heredocs: only what has a span can be edited in place.
    """

    value: bool | Decimal | str | None
    location: Location
    span: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A string with sequences in it; ``location`` is the opening quote, or the ``<<`` of a heredoc."""

    parts: tuple[Expression, ...]
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateIf:
    """``%{ if }`` … ``%{ else }`` … ``%{ endif }`` in a template."""

    condition: Expression
    yes: Template
    no: Template
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateFor:
    """``%{ for }`` … ``%{ endfor }`` in a template."""

    key: str | None
    item: str
    collection: Expression
    body: Template
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuple:
    """``[a, b]``."""

    items: tuple[Expression, ...]
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Object:
    """``{ a = b }``; a bare word as key is a string, any other key an expression."""

    items: tuple[tuple[Expression, Expression], ...]
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A root name, such as ``local``."""

    name: str
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class GetAttr:
    """``target.name``."""

    target: Expression
    name: str
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """``target[key]``, or the older ``target.0`` (``legacy``)."""

    target: Expression
    key: Expression
    location: Location
    legacy: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Splat:
    """``target[*]`` or the older ``target.*``; ``each`` is applied to a Variable named ``*`` for each element."""

    target: Expression
    each: Expression
    location: Location
    legacy: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """``name(args)``; with ``expand`` the last argument is a list of arguments."""

    name: str
    args: tuple[Expression, ...]
    expand: bool
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Unary:
    """``!x`` or ``-x``."""

    operator: str
    operand: Expression
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Binary:
    """``left operator right``."""

    operator: str
    left: Expression
    right: Expression
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditional:
    """``condition ? yes : no``."""

    condition: Expression
    yes: Expression
    no: Expression
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class ForTuple:
    """``[for key, item in collection : value if condition]``."""

    key: str | None
    item: str
    collection: Expression
    value: Expression
    condition: Expression | None
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class ForObject:
    """``{for key, item in collection : name => value if condition}``; with ``group`` the values are gathered."""

    key: str | None
    item: str
    collection: Expression
    name: Expression
    value: Expression
    group: bool
    condition: Expression | None
    location: Location


Expression: TypeAlias = (
    Literal
    | Template
    | TemplateIf
    | TemplateFor
    | Tuple
    | Object
    | Variable
    | GetAttr
    | Index
    | Splat
    | Call
    | Unary
    | Binary
    | Conditional
    | ForTuple
    | ForObject
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """``name = expr``; ``location`` is the name's place."""

    name: str
    expr: Expression
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """``type "label" { … }``."""

    type: str
    labels: tuple[str, ...]
    body: Body
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """What stands in a file or between the braces of a block."""

    attributes: Mapping[str, Attribute]
    blocks: tuple[Block, ...]
