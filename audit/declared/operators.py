"""Terraform's operators over values: equality without conversion, arithmetic and logic with it, unknowns passed on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from audit.declared.arithmetic import OPERATIONS, negate
from audit.declared.convert import BOOL, NUMBER, convert, deep_unknown, identity
from audit.declared.values import Raw, Unknown, Value
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def unary(operator: str, raw: Raw) -> Raw:
    """Calculate ``-x`` or ``!x``."""
    if raw is None:
        raise EvaluationError(f"the operand of '{operator}' is null")
    made = convert(Value(raw), NUMBER if operator == "-" else BOOL).raw
    if isinstance(made, Unknown):
        return made
    if isinstance(made, Decimal):
        return negate(made)
    return not made


def binary(operator: str, left: Value, right: Value) -> Raw:
    """Calculate ``left operator right``."""
    if operator in ("==", "!="):
        same = _equal(left, right)
        return same if isinstance(same, Unknown) else same is (operator == "==")
    if left.raw is None or right.raw is None:
        raise EvaluationError(f"an operand of '{operator}' is null")
    if operator in ("&&", "||"):
        return _logic(operator, convert(left, BOOL).raw, convert(right, BOOL).raw)
    first, second = convert(left, NUMBER).raw, convert(right, NUMBER).raw
    if isinstance(first, Unknown):
        return first
    if isinstance(second, Unknown):
        return second
    if not isinstance(first, Decimal) or not isinstance(second, Decimal):  # pragma: no cover -- converted just now
        raise EvaluationError(f"'{operator}' needs numbers")
    if operator in _COMPARE:
        return _COMPARE[operator](first, second)
    return OPERATIONS[operator](first, second)


def _equal(left: Value, right: Value) -> bool | Unknown:
    if left.raw is None or right.raw is None:
        known = left if right.raw is None else right
        return known.raw if isinstance(known.raw, Unknown) else left.raw is right.raw
    unknown = deep_unknown(left) or deep_unknown(right)
    return unknown or identity(left) == identity(right)


def _logic(operator: str, left: Raw, right: Raw) -> Raw:
    deciding = operator == "||"
    if left is deciding or right is deciding:
        return deciding
    if isinstance(left, Unknown):
        return left
    return right if isinstance(right, Unknown) else not deciding


_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
