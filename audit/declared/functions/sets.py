"""Functions over sets; what is left in a set keeps its origin."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from audit.declared.budget import charge
from audit.declared.convert import ANY, convert, identity, known_types, make_set, set_of, unified, unify
from audit.declared.functions.members import items_of
from audit.declared.functions.table import Function, Result
from audit.declared.values import ListRaw, SetRaw, Value
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping


def _intersection(first: Value, *others: Value) -> Result:
    sets = [unified(items_of(value)) for value in (first, *others)]
    kind = unify(known_types(item for items in sets for item in items)) or ANY
    keys = [{identity(convert(item, kind)) for item in items} for items in sets[1:]]
    items = [convert(item, kind) for item in sets[0]]
    return make_set(item for item in items if all(identity(item) in more for more in keys))


def _union(first: Value, *others: Value) -> Result:
    items = [item for value in (first, *others) for item in items_of(value)]
    return make_set(unified(items))


def _subtract(first: Value, second: Value) -> Result:
    items = unified([*items_of(first), *items_of(second)])
    gone = {identity(item) for item in items[len(items_of(first)) :]}
    return make_set(item for item in items[: len(items_of(first))] if identity(item) not in gone)


def _product(*sets: Value) -> Result:
    if len(sets) < 2:
        raise EvaluationError("at least two sets are needed")
    lists = [unified(items_of(value)) for value in sets]
    size = 1
    for items in lists:
        size *= len(items)
    charge(size * len(sets))
    made = (Value(tuple(items)) for items in itertools.product(*lists))
    return make_set(made) if all(isinstance(value.raw, SetRaw) for value in sets) else ListRaw(made)


_SETS = set_of(ANY)

SETS: Mapping[str, Function] = {
    "setintersection": Function(run=_intersection, params=(_SETS,), rest=_SETS, values=True),
    "setproduct": Function(run=_product, rest=ANY, values=True),
    "setsubtract": Function(run=_subtract, params=(_SETS, _SETS), values=True),
    "setunion": Function(run=_union, params=(_SETS,), rest=_SETS, values=True),
}
