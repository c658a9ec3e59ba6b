"""How a function is described and called: its parameters' types, and what it does with null and unknown arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from audit.declared.budget import charge
from audit.declared.convert import NUMBER, Type, convert, deep_unknown
from audit.declared.scopes import LazyMap
from audit.declared.values import MapRaw, Raw, Unknown, Value, nfc
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from audit.model import Location

Result: TypeAlias = "Raw | Value"

INT = Type("int")


class Unknowns(Enum):
    """What an unknown argument does: makes the result unknown, also as a ``MEMBER``, or nothing: it is passed."""

    MEMBER = "member"
    ARGUMENT = "argument"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """A pure function; ``run`` gets raw values (an ``INT`` as int), or whole Values with ``values``.

    ``optional`` of ``params`` may be left out, from the right; ``rest`` is the type of any number of further ones.
    """

    run: Callable[..., Result]
    params: tuple[Type, ...] = ()
    rest: Type | None = None
    optional: int = 0
    null: bool = False
    unknowns: Unknowns = Unknowns.MEMBER
    values: bool = False


def invoke(function: Function, args: Sequence[Value]) -> Result:
    """Call a function as Terraform would: count, null, conversion, unknown, then the function itself."""
    types = _types(function, len(args))
    ready = [_prepared(function, at, arg, kind) for at, (arg, kind) in enumerate(zip(args, types, strict=True), 1)]
    unknown = _unknown(function, ready)
    if unknown is not None:
        return unknown
    if function.values:
        return function.run(*ready)
    return function.run(
        *(_plain(value, kind, at) for at, (value, kind) in enumerate(zip(ready, types, strict=True), 1))
    )


def _types(function: Function, count: int) -> list[Type]:
    least = len(function.params) - function.optional
    if count < least or (function.rest is None and count > len(function.params)):
        raise EvaluationError(f"wrong number of arguments: {count}")
    named = list(function.params[:count])
    return named + [function.rest or NUMBER] * (count - len(named))


def _prepared(function: Function, at: int, arg: Value, kind: Type) -> Value:
    if arg.raw is None and not function.null:
        raise EvaluationError(f"argument {at} must not be null")
    try:
        return convert(arg, NUMBER if kind is INT else kind)
    except EvaluationError as error:
        raise _numbered(error, at) from error


def _numbered(error: EvaluationError, at: int) -> EvaluationError:
    return error if error.file else EvaluationError(f"argument {at}: {error.message}")


def _unknown(function: Function, values: Iterable[Value]) -> Unknown | None:
    if function.unknowns is Unknowns.NONE:
        return None
    deep = function.unknowns is Unknowns.MEMBER
    for value in values:
        found = deep_unknown(value) if deep else value.raw
        if isinstance(found, Unknown):
            return found
    return None


def _plain(value: Value, kind: Type, at: int) -> object:
    raw = value.raw
    if kind is INT and isinstance(raw, Decimal):
        if raw != raw.to_integral_value() or abs(raw) > 10**15:
            raise EvaluationError(f"argument {at} must be a whole number")
        return int(raw)
    return raw


def placed(value: Value, location: Location) -> Value:
    """Give what a function made the place of its call, also inside of it; what came from elsewhere keeps its own."""
    if value.origin is not None:
        return value
    charge()
    raw = value.raw
    if isinstance(raw, str):
        raw = nfc(raw)
    elif isinstance(raw, tuple) and raw:
        items = [placed(item, location) for item in raw]
        raw = type(raw)(items)
    elif isinstance(raw, Mapping) and raw and not isinstance(raw, LazyMap):
        members = {name: placed(item, location) for name, item in raw.items()}
        raw = MapRaw(members) if isinstance(raw, MapRaw) else members
    return replace(value, raw=raw, origin=location)


def strings(values: Iterable[Value]) -> list[str]:
    """Give the strings in a list of strings; raises EvaluationError for null."""
    found: list[str] = []
    for value in values:
        if not isinstance(value.raw, str):
            raise EvaluationError("elements must not be null")
        found.append(value.raw)
    return found


def sized(text: str) -> str:
    """Charge for a string that was made, and give it."""
    charge(len(text) // 32)
    return text
