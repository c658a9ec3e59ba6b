"""Functions over lists, sets, maps and objects; those that choose members keep each one's origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from audit.declared.budget import charge
from audit.declared.convert import (
    ANY,
    BOOL,
    STRING,
    convert,
    deep_unknown,
    describe,
    identity,
    known_types,
    list_of,
    map_of,
    member_type,
    type_of,
    unified,
    unify,
)
from audit.declared.functions.members import items_of, mapping_of
from audit.declared.functions.strings import graphemes
from audit.declared.functions.table import INT, Function, Result, Unknowns, strings
from audit.declared.values import ListRaw, MapRaw, SetRaw, Unknown, Value, member
from audit.errors import EvaluationError


def _whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _like(made: Iterable[Value], *sources: Value) -> tuple[Value, ...]:
    """Make a list where all sources are lists (or sets), a tuple otherwise."""
    items = tuple(made)
    return ListRaw(items) if all(isinstance(source.raw, ListRaw | SetRaw) for source in sources) else items


def _coalesce(*args: Value) -> Result:
    if not args:
        raise EvaluationError("at least one argument is needed")
    kind = unify(known_types(args))
    if kind is None:
        raise EvaluationError("all arguments must have the same type")
    for arg in args:
        if isinstance(arg.raw, Unknown):
            return arg
        made = convert(arg, kind)
        if made.raw is not None and made.raw != "":
            return made
    raise EvaluationError("no argument is neither null nor empty")


def _coalescelist(*args: Value) -> Result:
    lists = [() if isinstance(arg.raw, Unknown) else items_of(arg, sets=False) for arg in args]
    for arg, items in zip(args, lists, strict=True):
        if items or isinstance(arg.raw, Unknown):
            return arg
    raise EvaluationError("all lists are empty" if args else "at least one argument is needed")


def _compact(items: Value) -> Result:
    return ListRaw(item for item in items_of(items) if item.raw not in (None, ""))


def _concat(*lists: Value) -> Result:
    if not lists:
        raise EvaluationError("at least one list is needed")
    items = [item for value in lists for item in items_of(value, sets=False)]
    if all(isinstance(value.raw, ListRaw) for value in lists):
        kind = unify(known_types(items))
        return ListRaw(unified(items, kind)) if kind is not None else tuple(items)
    return tuple(items)


def _contains(items: Value, wanted: Value) -> Result:
    unknown = deep_unknown(wanted)
    if unknown is not None:
        return unknown
    key = identity(wanted)
    for item in items_of(items):
        found = deep_unknown(item)
        if found is not None:
            unknown = found
        elif identity(item) == key:
            return True
    return False if unknown is None else unknown


def _distinct(items: Value) -> Result:
    seen: dict[object, Value] = {}
    for item in items_of(items):
        seen.setdefault(identity(item), item)
    return ListRaw(seen.values())


def _element(items: Value, at: Value) -> Result:
    members = items_of(items, sets=False)
    number = at.raw
    if not isinstance(number, Decimal) or not _whole(number):
        raise EvaluationError("the index must be a whole number")
    if not members:
        raise EvaluationError("the list is empty")
    if number < 0 and int(number) % len(members):
        raise EvaluationError("the index must not be negative")
    return members[int(number) % len(members)]


def _flatten(items: Value) -> Result:
    made: list[Value] = []
    pending = [iter(items_of(items))]
    while pending:
        item = next(pending[-1], None)
        if item is None:
            pending.pop()
            continue
        charge()
        if isinstance(item.raw, Unknown):
            return item.raw
        if isinstance(item.raw, tuple):
            pending.append(iter(items_of(item)))
        else:
            made.append(item)
    return tuple(made)


def _index(items: Value, wanted: Value) -> Result:
    members = items_of(items, sets=False)
    if not members:
        raise EvaluationError("the list is empty")
    key = identity(wanted)
    for at, item in enumerate(members):
        if identity(item) == key:
            return Decimal(at)
    raise EvaluationError("the value is not in the list")


def _keys(value: Value) -> Result:
    names = tuple(Value(name) for name in sorted(mapping_of(value)))
    return ListRaw(names) if isinstance(value.raw, MapRaw) else names


def _values(value: Value) -> Result:
    made = tuple(member(value, name) for name in sorted(mapping_of(value)))
    return ListRaw(made) if isinstance(value.raw, MapRaw) else made


def _length(value: Value) -> Result:
    raw = value.raw
    if isinstance(raw, str):
        return Decimal(len(graphemes(raw)))
    if isinstance(raw, tuple | Mapping):
        return Decimal(len(raw))
    raise EvaluationError(f"a string or a collection is needed, not {describe(raw)}")


def _lookup(value: Value, key: Value, *default: Value) -> Result:
    raw = mapping_of(value)
    if key.raw is None:
        raise EvaluationError("the key must not be null")
    if key.raw in raw:
        return member(value, str(key.raw))
    if not default:
        raise EvaluationError(f"there is no element '{key.raw}'")
    return convert(default[0], member_type(raw.values())) if isinstance(raw, MapRaw) else default[0]


def _matchkeys(items: Value, keys: Value, wanted: Value) -> Result:
    members, names = items_of(items), items_of(keys)
    if len(members) != len(names):
        raise EvaluationError("values and keys must have the same length")
    kind = unify(known_types((*names, *items_of(wanted)))) or ANY
    found = {identity(convert(name, kind)) for name in items_of(wanted)}
    return ListRaw(item for item, name in zip(members, names, strict=True) if identity(convert(name, kind)) in found)


def _merge(*maps: Value) -> Result:
    made: dict[str, Value] = {}
    for value in maps:
        if isinstance(value.raw, Unknown):
            return value.raw
        if value.raw is not None:
            made |= {name: member(value, name) for name in mapping_of(value)}
    ordered = dict(sorted(made.items()))
    kinds = {type_of(value) for value in maps if isinstance(value.raw, MapRaw)}
    alike = len(kinds) == 1 and all(isinstance(value.raw, MapRaw) for value in maps)
    return MapRaw(ordered) if alike else ordered


def _one(items: Value) -> Result:
    members = items_of(items)
    if len(members) > 1:
        raise EvaluationError("a list, set or tuple of one or no element is needed")
    return members[0] if members else None


def _reverse(items: Value) -> Result:
    return _like(reversed(items_of(items)), items)


def _slice(items: Value, start: Value, end: Value) -> Result:
    members = items_of(items, sets=False)
    if not isinstance(start.raw, Decimal) or not isinstance(end.raw, Decimal):
        raise EvaluationError("start and end must be numbers")
    if not _whole(start.raw) or not _whole(end.raw) or not 0 <= start.raw <= end.raw <= len(members):
        raise EvaluationError("start and end must be whole numbers within the list")
    return _like(members[int(start.raw) : int(end.raw)], items)


def _sort(items: Value) -> Result:
    texts = strings(items_of(items))
    return ListRaw(item for _, item in sorted(zip(texts, items_of(items), strict=True), key=lambda pair: pair[0]))


def _transpose(value: Value) -> Result:
    made: dict[str, list[Value]] = {}
    for name in sorted(mapping_of(value)):
        for text in strings(items_of(member(value, name))):
            made.setdefault(text, []).append(Value(name))
    return MapRaw((text, Value(ListRaw(names))) for text, names in sorted(made.items()))


def _zipmap(keys: Value, values: Value) -> Result:
    names, members = strings(items_of(keys)), items_of(values, sets=False)
    if len(names) != len(members):
        raise EvaluationError(f"there are {len(names)} keys and {len(members)} values")
    made = dict(sorted(dict(zip(names, members, strict=True)).items()))
    return MapRaw(made) if isinstance(values.raw, ListRaw) else made


def _chunklist(items: Value, size: Value) -> Result:
    members = items_of(items)
    if not isinstance(size.raw, Decimal) or size.raw < 0 or not _whole(size.raw):
        raise EvaluationError("the size must be a whole number, not negative")
    step = int(size.raw) or max(1, len(members))
    return ListRaw(Value(ListRaw(members[at : at + step])) for at in range(0, len(members), step))


def _alltrue(items: Value) -> Result:
    return all(item.raw is True for item in items_of(items))


def _anytrue(items: Value) -> Result:
    return any(item.raw is True for item in items_of(items))


_ARGUMENT, _PASS = Unknowns.ARGUMENT, Unknowns.NONE

COLLECTIONS: Mapping[str, Function] = {
    "alltrue": Function(run=_alltrue, params=(list_of(BOOL),), values=True),
    "anytrue": Function(run=_anytrue, params=(list_of(BOOL),), values=True),
    "chunklist": Function(run=_chunklist, params=(list_of(ANY), INT), values=True),
    "coalesce": Function(run=_coalesce, rest=ANY, null=True, unknowns=_PASS, values=True),
    "coalescelist": Function(run=_coalescelist, rest=ANY, null=True, unknowns=_PASS, values=True),
    "compact": Function(run=_compact, params=(list_of(STRING),), values=True),
    "concat": Function(run=_concat, rest=ANY, unknowns=_ARGUMENT, values=True),
    "contains": Function(run=_contains, params=(ANY, ANY), unknowns=_ARGUMENT, values=True),
    "distinct": Function(run=_distinct, params=(list_of(ANY),), values=True),
    "element": Function(run=_element, params=(ANY, INT), unknowns=_ARGUMENT, values=True),
    "flatten": Function(run=_flatten, params=(ANY,), unknowns=_ARGUMENT, values=True),
    "index": Function(run=_index, params=(ANY, ANY), values=True),
    "keys": Function(run=_keys, params=(ANY,), unknowns=_ARGUMENT, values=True),
    "length": Function(run=_length, params=(ANY,), unknowns=_ARGUMENT, values=True),
    "lookup": Function(run=_lookup, params=(ANY, STRING, ANY), optional=1, null=True, unknowns=_ARGUMENT, values=True),
    "matchkeys": Function(run=_matchkeys, params=(list_of(ANY), list_of(ANY), list_of(ANY)), values=True),
    "merge": Function(run=_merge, rest=ANY, null=True, unknowns=_PASS, values=True),
    "one": Function(run=_one, params=(ANY,), unknowns=_ARGUMENT, values=True),
    "reverse": Function(run=_reverse, params=(ANY,), unknowns=_ARGUMENT, values=True),
    "slice": Function(run=_slice, params=(ANY, INT, INT), unknowns=_ARGUMENT, values=True),
    "sort": Function(run=_sort, params=(list_of(STRING),), values=True),
    "transpose": Function(run=_transpose, params=(map_of(list_of(STRING)),), values=True),
    "values": Function(run=_values, params=(ANY,), unknowns=_ARGUMENT, values=True),
    "zipmap": Function(run=_zipmap, params=(list_of(STRING), ANY), values=True),
}
