"""Terraform's types: which type a value has, how two types become one, how a value is turned into a type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation, Overflow
from typing import NamedTuple

from audit.declared.budget import charge
from audit.declared.scopes import LazyMap
from audit.declared.values import NUMBERS, ListRaw, MapRaw, Raw, SetRaw, Unknown, Value
from audit.errors import EvaluationError


class Type(NamedTuple):
    """A type: its kind, the types of its members, and their names in an object."""

    kind: str
    members: tuple[Type, ...] = ()
    names: tuple[str, ...] = ()


STRING, NUMBER, BOOL, ANY = Type("string"), Type("number"), Type("bool"), Type("any")

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Decimal, "number"),
    (str, "string"),
    (ListRaw, "list"),
    (SetRaw, "set"),
    (MapRaw, "map"),
    (tuple, "tuple"),
)
_PRIMITIVES = frozenset(("string", "number", "bool"))


def list_of(member: Type) -> Type:
    """Give the type of lists of ``member``."""
    return Type("list", (member,))


def set_of(member: Type) -> Type:
    """Give the type of sets of ``member``."""
    return Type("set", (member,))


def map_of(member: Type) -> Type:
    """Give the type of maps of ``member``."""
    return Type("map", (member,))


def type_of(value: Value) -> Type:
    """Give the type of a value; null, unknown and lazy ones are ``any``."""
    charge()
    raw = value.raw
    match raw:
        case bool() | Decimal() | str():
            return BOOL if isinstance(raw, bool) else NUMBER if isinstance(raw, Decimal) else STRING
        case ListRaw() | SetRaw():
            return Type("list" if isinstance(raw, ListRaw) else "set", (member_type(raw),))
        case MapRaw():
            return map_of(member_type(raw.values()))
        case tuple():
            return Type("tuple", tuple(type_of(item) for item in raw))
        case LazyMap() | None | Unknown():
            return ANY
    names = tuple(sorted(raw))
    return Type("object", tuple(type_of(raw[name]) for name in names), names)


def known_types(values: Iterable[Value]) -> list[Type]:
    """Give the types of values in their order, without those that could be any."""
    return [kind for value in values if (kind := type_of(value)) != ANY]


def member_type(values: Iterable[Value]) -> Type:
    """Give the one type of the members of a collection."""
    kind = unify(known_types(values))
    return ANY if kind is None else kind


def unify(types: Iterable[Type]) -> Type | None:
    """Give the type that all of ``types`` convert to, None where there is none, ``any`` where one of them is that."""
    distinct = list(dict.fromkeys(types))
    if len(distinct) < 2 or ANY in distinct:
        return distinct[0] if len(distinct) == 1 else ANY
    kinds = {kind.kind for kind in distinct}
    if kinds <= _PRIMITIVES:
        return STRING if "string" in kinds else None
    if kinds <= {"tuple", "list", "set"}:
        return _sequences(distinct, kinds)
    if kinds <= {"object", "map"}:
        same = kinds == {"object"} and len({kind.names for kind in distinct}) == 1
        return _members("object", distinct) if same else _collection("map", distinct)
    return None


def _sequences(distinct: list[Type], kinds: set[str]) -> Type | None:
    if kinds == {"tuple"} and len({len(kind.members) for kind in distinct}) == 1:
        return _members("tuple", distinct)
    if "set" not in kinds:
        return _collection("list", distinct)
    if kinds == {"set"}:
        return _collection("set", distinct)
    candidates = (kind for kind in distinct if kind.kind != "tuple")
    members = {part for kind in distinct for part in kind.members}
    return next((kind for kind in candidates if all(_converts(part, kind.members[0]) for part in members)), None)


def _converts(kind: Type, to: Type) -> bool:
    """Tell whether values of a type may turn into another, be it only some of them."""
    if {kind.kind, to.kind} <= _PRIMITIVES:
        return kind == to or STRING in (kind, to)
    return ANY in (kind, to) or unify((kind, to)) == to


def _members(kind: str, types: list[Type]) -> Type | None:
    members = [unify(column) for column in zip(*(item.members for item in types), strict=True)]
    known = tuple(member for member in members if member is not None)
    return Type(kind, known, types[0].names) if len(known) == len(members) else None


def _collection(kind: str, types: list[Type]) -> Type | None:
    member = unify(part for item in types for part in item.members)
    return Type(kind, (member,)) if member is not None else None


def convert(value: Value, to: Type) -> Value:
    """Turn a value into a type, keeping its origin; null and unknown stay what they are.

    Raises EvaluationError, without a place, where that cannot be.
    """
    raw = value.raw
    if raw is None or isinstance(raw, Unknown) or to.kind == "any":
        return value
    charge()
    match to.kind:
        case "string":
            return value if isinstance(raw, str) else replace(value, raw=_string(raw), span=None)
        case "number":
            return value if isinstance(raw, Decimal) else replace(value, raw=_number(raw), span=None)
        case "bool":
            return value if isinstance(raw, bool) else replace(value, raw=_bool(raw), span=None)
        case "list" | "set" | "tuple":
            return replace(value, raw=_sequence(raw, to), span=None)
        case _:
            return replace(value, raw=_mapping(raw, to), span=None)


def _string(raw: Raw) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Decimal):
        return number_text(raw)
    raise EvaluationError(f"string required, not {describe(raw)}")


def _number(raw: Raw) -> Decimal:
    if isinstance(raw, str) and (number := parse_number(raw)) is not None:
        return number
    raise EvaluationError("a number is required" if isinstance(raw, str) else f"number required, not {describe(raw)}")


def _bool(raw: Raw) -> bool:
    if raw in ("true", "1"):
        return True
    if raw in ("false", "0"):
        return False
    raise EvaluationError("a bool is required" if isinstance(raw, str) else f"bool required, not {describe(raw)}")


def _sequence(raw: Raw, to: Type) -> tuple[Value, ...]:
    if not isinstance(raw, tuple):
        raise EvaluationError(f"{to.kind} required, not {describe(raw)}")
    if to.kind == "tuple":
        if len(raw) != len(to.members) or isinstance(raw, ListRaw | SetRaw):
            raise EvaluationError(f"a tuple of {len(to.members)} elements is required")
        return tuple(convert(item, kind) for item, kind in zip(raw, to.members, strict=True))
    made = unified(raw, to.members[0])
    return ListRaw(made) if to.kind == "list" else make_set(made)


def unified(values: Iterable[Value], kind: Type = ANY) -> list[Value]:
    """Turn values into one type, the one that all convert to where ``kind`` is ``any``."""
    items = list(values)
    if kind.kind == "any":
        found = unify(known_types(items))
        if found is None:
            raise EvaluationError("all elements must have the same type")
        kind = found
    return [convert(item, kind) for item in items]


def _mapping(raw: Raw, to: Type) -> Mapping[str, Value]:
    if not isinstance(raw, Mapping):
        raise EvaluationError(f"{to.kind} required, not {describe(raw)}")
    if to.kind == "object":
        missing = [name for name in to.names if name not in raw]
        if missing:
            raise EvaluationError(f"attribute {missing[0]!r} is required")
        return {name: convert(raw[name], kind) for name, kind in zip(to.names, to.members, strict=True)}
    names = sorted(raw)
    return MapRaw(zip(names, unified((raw[name] for name in names), to.members[0]), strict=True))


def make_set(values: Iterable[Value]) -> SetRaw:
    """Make a set: no element twice, numbers and strings in their order, all else in a fixed order."""
    seen: dict[object, Value] = {}
    for value in values:
        seen.setdefault(identity(value), value)
    return SetRaw(seen[key] for key in sorted(seen, key=_order))


def _order(key: object) -> tuple[int, object]:
    match key:
        case ("number", Decimal() as number):
            return (1, number)
        case ("string", str() as text):
            return (2, text)
        case ("bool", bool() as flag):
            return (0, flag)
        case _:
            return (3, repr(key))


def identity(value: Value) -> object:
    """Give something hashable that is equal for equal values of equal types."""
    charge()
    raw = value.raw
    match raw:
        case bool():
            return ("bool", raw)
        case Decimal():
            return ("number", raw)
        case str():
            return ("string", raw)
        case tuple():
            kind = "list" if isinstance(raw, ListRaw) else "set" if isinstance(raw, SetRaw) else "tuple"
            return (kind, tuple(identity(item) for item in raw))
        case Mapping():
            kind = "map" if isinstance(raw, MapRaw) else "object"
            return (kind, tuple((name, identity(raw[name])) for name in sorted(raw)))
        case _:
            return raw


def deep_unknown(value: Value) -> Unknown | None:
    """Give the first unknown in a value or any of its members."""
    charge()
    raw = value.raw
    if isinstance(raw, Unknown):
        return raw
    items: Iterable[Value] = raw if isinstance(raw, tuple) else raw.values() if isinstance(raw, Mapping) else ()
    return next((found for item in items if (found := deep_unknown(item)) is not None), None)


def parse_number(text: str) -> Decimal | None:
    """Read a number as Terraform reads it from a string; None for what is none."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return NUMBERS.create_decimal(text)
    except (InvalidOperation, Overflow):
        raise EvaluationError("the number is out of range") from None


def number_text(number: Decimal) -> str:
    """Write a number as Terraform does: all its digits, no exponent, no needless zeros."""
    charge(abs(number.adjusted()) // 32)
    if number == 0:
        return "-0" if number.is_signed() else "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def describe(raw: Raw) -> str:
    """Name the type of a raw value for a message."""
    if raw is None:
        return "null"
    for types, name in _KINDS:
        if isinstance(raw, types):
            return name
    return "object" if isinstance(raw, Mapping) else "an unknown value"
