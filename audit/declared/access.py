"""Ways into a collection: attribute, index, key of an object, and one round of a for after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from audit.declared.convert import BOOL, NUMBER, STRING, convert, describe
from audit.declared.faults import at_place, fail
from audit.declared.values import SetRaw, Unknown, Value, member

if TYPE_CHECKING:
    from audit.model import Location


def shown(key: Value) -> str:
    """Write a key as it stands between brackets."""
    return f'"{key.raw}"' if isinstance(key.raw, str) else str(key.raw) if isinstance(key.raw, Decimal) else "…"


def get_attribute(value: Value, name: str, place: Location) -> Value:
    """Give ``value.name``; of an unknown it is unknown."""
    raw = value.raw
    if isinstance(raw, Unknown):
        return Value(raw, value.origin, value.links)
    if raw is None:
        raise fail(f"attempt to get attribute '{name}' from a null value", place)
    if not isinstance(raw, Mapping):
        raise fail(f"can't get attribute '{name}' of {describe(raw)}", place)
    if name not in raw:
        raise fail(f"there is no attribute '{name}'", place)
    with at_place(place):
        return member(value, name)


def get_index(value: Value, key: Value, place: Location) -> Value:
    """Give ``value[key]``; of an unknown, and for an unknown key, it is unknown."""
    raw = value.raw
    if raw is None:
        raise fail("attempt to index a null value", place)
    if key.raw is None:
        raise fail("can't use a null value as an index", place)
    if isinstance(raw, SetRaw):
        raise fail("elements of a set have no index: use tolist", place)
    if isinstance(raw, bool | Decimal | str):
        raise fail(f"can't index {describe(raw)}", place)
    if isinstance(raw, Unknown):
        return Value(raw, value.origin, value.links)
    if isinstance(key.raw, Unknown):
        return Value(key.raw, place)
    with at_place(place):
        if isinstance(raw, Mapping):
            name = str(convert(key, STRING).raw)
            if name not in raw:
                raise fail(f"there is no element '{name}'", place)
            return member(value, name)
        number = convert(key, NUMBER).raw
    if not isinstance(number, Decimal) or number != number.to_integral_value() or not 0 <= number < len(raw):
        raise fail(f"there is no element {shown(key)}: the collection has {len(raw)}", place)
    return member(value, int(number))


def key_of(value: Value, place: Location) -> str | Unknown:
    """Give the name that a key of an object means."""
    if value.raw is None:
        raise fail("can't use a null value as a key", place)
    with at_place(place):
        raw = convert(value, STRING).raw
    return raw if isinstance(raw, Unknown) else str(raw)


def condition_of(value: Value, place: Location) -> bool | Unknown:
    """Give what a condition decides."""
    if value.raw is None:
        raise fail("the condition is null: it must be true or false", place)
    with at_place(place):
        raw = convert(value, BOOL).raw
    return raw if isinstance(raw, Unknown) else raw is True


def rounds(key: str | None, item: str, collection: Value, place: Location) -> Iterator[dict[str, Value] | Unknown]:
    """Give the names of each round of a for, or once an Unknown."""
    raw = collection.raw
    if isinstance(raw, Unknown):
        yield raw
        return
    pairs: Iterable[tuple[Value, Value]]
    if isinstance(raw, Mapping):
        pairs = ((Value(name), member(collection, name)) for name in sorted(raw))
    elif isinstance(raw, SetRaw):
        pairs = ((element, element) for element in raw)
    elif isinstance(raw, tuple):
        pairs = ((Value(Decimal(at)), member(collection, at)) for at in range(len(raw)))
    else:
        raise fail(f"a for needs a collection, not {describe(raw)}", place)
    for name, value in pairs:
        yield {key: name, item: value} if key else {item: value}
