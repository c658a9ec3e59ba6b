"""Functions over numbers."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from audit.declared.arithmetic import add
from audit.declared.convert import ANY, NUMBER, convert
from audit.declared.functions.table import INT, Function
from audit.declared.values import NUMBERS, ListRaw, Raw, Value
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping


def _abs(number: Decimal) -> Raw:
    return number.copy_abs()


def _ceil(number: Decimal) -> Raw:
    return number.to_integral_value(ROUND_CEILING, NUMBERS) or Decimal(0)


def _floor(number: Decimal) -> Raw:
    return number.to_integral_value(ROUND_FLOOR, NUMBERS)


def _max(*numbers: Decimal) -> Raw:
    if not numbers:
        raise EvaluationError("at least one number is needed")
    return max(numbers)


def _min(*numbers: Decimal) -> Raw:
    if not numbers:
        raise EvaluationError("at least one number is needed")
    return min(numbers)


def _signum(number: int) -> Raw:
    return Decimal((number > 0) - (number < 0))


def _float(result: float) -> Raw:
    if not math.isfinite(result):
        raise EvaluationError("the result is no finite number")
    return Decimal(repr(result))


def _log(number: Decimal, base: Decimal) -> Raw:
    try:
        return _float(math.log(number) / math.log(base))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise EvaluationError("the result is no finite number") from error


def _pow(number: Decimal, power: Decimal) -> Raw:
    try:
        return _float(math.pow(number, power))
    except (ValueError, OverflowError) as error:
        raise EvaluationError("the result is no finite number") from error


def _sum(items: object) -> Raw:
    if not isinstance(items, tuple):
        raise EvaluationError("a list of numbers is needed")
    if not items:
        raise EvaluationError("the list must not be empty")
    total = Decimal(0)
    for item in items:
        number = convert(item, NUMBER).raw
        if not isinstance(number, Decimal):
            raise EvaluationError("the list must hold numbers only")
        total = add(total, number)
    return total


def _range(*limits: Decimal) -> Raw:
    if not 1 <= len(limits) <= 3:
        raise EvaluationError("one to three numbers are needed")
    start, end = (Decimal(0), limits[0]) if len(limits) == 1 else limits[:2]
    step = limits[2] if len(limits) == 3 else Decimal(1 if start <= end else -1)
    if step == 0 or (end > start and step < 0) or (end < start and step > 0):
        raise EvaluationError("the step must lead from start to end")
    made: list[Value] = []
    while (start < end) if step > 0 else (start > end):
        if len(made) >= 1024:
            raise EvaluationError("more than 1024 values were generated")
        made.append(Value(start))
        start = add(start, step)
    return ListRaw(made)


NUMERIC: Mapping[str, Function] = {
    "abs": Function(run=_abs, params=(NUMBER,)),
    "ceil": Function(run=_ceil, params=(NUMBER,)),
    "floor": Function(run=_floor, params=(NUMBER,)),
    "log": Function(run=_log, params=(NUMBER, NUMBER)),
    "max": Function(run=_max, rest=NUMBER),
    "min": Function(run=_min, rest=NUMBER),
    "pow": Function(run=_pow, params=(NUMBER, NUMBER)),
    "range": Function(run=_range, rest=NUMBER),
    "signum": Function(run=_signum, params=(INT,)),
    "sum": Function(run=_sum, params=(ANY,)),
}
