"""Looking into an argument: the members of a list or map, each with the way it came."""

from __future__ import annotations

from collections.abc import Mapping

from audit.declared.convert import describe
from audit.declared.values import SetRaw, Value, member
from audit.errors import EvaluationError


def items_of(value: Value, *, sets: bool = True) -> list[Value]:
    """Give the members of a list, tuple or set, each with the way it came."""
    if not isinstance(value.raw, tuple) or (isinstance(value.raw, SetRaw) and not sets):
        raise EvaluationError(f"a list is needed, not {describe(value.raw)}")
    return [member(value, at) for at in range(len(value.raw))]


def mapping_of(value: Value) -> Mapping[str, Value]:
    """Give the members of a map or object."""
    if not isinstance(value.raw, Mapping):
        raise EvaluationError(f"a map is needed, not {describe(value.raw)}")
    return value.raw
