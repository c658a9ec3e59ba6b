"""Arithmetic as Terraform's: binary numbers of 512 bits, written with as few decimal digits as tell them apart.

A number is kept as that shortest decimal, so what somebody wrote is what is printed; ``1 / 3 * 3`` is 1 all the same.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from audit.declared.values import NUMBERS
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BITS = 512
_SURE_DIGITS = 153
_MOST_DIGITS = 158
_EXACT = 10**50


def add(left: Decimal, right: Decimal) -> Decimal:
    """Add two numbers."""
    if _small(left) and _small(right):
        return NUMBERS.add(left, right)
    return _shortest(_binary(Fraction(left)) + _binary(Fraction(right)))


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """Subtract ``right`` from ``left``."""
    if _small(left) and _small(right):
        return NUMBERS.subtract(left, right)
    return _shortest(_binary(Fraction(left)) - _binary(Fraction(right)))


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """Multiply two numbers."""
    if (_small(left) and _small(right)) or not left or not right:
        return NUMBERS.multiply(left, right)
    return _shortest(_binary(Fraction(left)) * _binary(Fraction(right)))


def divide(left: Decimal, right: Decimal) -> Decimal:
    """Divide ``left`` by ``right``; raises EvaluationError for zero, which Terraform makes infinite or refuses."""
    if not right:
        raise EvaluationError("division by zero")
    if not left:
        return NUMBERS.multiply(left, Decimal(1).copy_sign(right))
    return _shortest(_binary(Fraction(left)) / _binary(Fraction(right)))


def remainder(left: Decimal, right: Decimal) -> Decimal:
    """Give what is left after a division whose result is cut to a whole number; of zero, all is left."""
    if not right:
        return left
    first, second = _binary(Fraction(left)), _binary(Fraction(right))
    whole = int(_binary(first / second))
    return _shortest(first - _binary(Fraction(whole * second)))


def negate(number: Decimal) -> Decimal:
    """Change the sign, also that of zero."""
    return number.copy_negate()


def _small(number: Decimal) -> bool:
    return number.as_tuple().exponent == 0 and -_EXACT < number < _EXACT


def _binary(number: Fraction) -> Fraction:
    """Round to a binary number of so many bits, half to even."""
    if not number:
        return number
    top, bottom = abs(number.numerator), number.denominator
    shift = _BITS - (top.bit_length() - bottom.bit_length())
    mantissa = _rounded(top, bottom, shift)
    if mantissa.bit_length() != _BITS:
        shift += 1 if mantissa.bit_length() < _BITS else -1
        mantissa = _rounded(top, bottom, shift)
    scaled = Fraction(mantissa) / Fraction(2) ** shift
    return scaled if number > 0 else -scaled


def _rounded(top: int, bottom: int, shift: int) -> int:
    return round(Fraction(top << max(shift, 0), bottom << max(-shift, 0)))


def _shortest(exact: Fraction) -> Decimal:
    """Give the decimal with the fewest digits that stands for the same binary number."""
    number = _binary(exact)
    top, bottom = Decimal(number.numerator), Decimal(number.denominator)
    found = Decimal(0)
    for digits in range(_SURE_DIGITS, _MOST_DIGITS):
        found = Context(prec=digits, Emin=-99999, Emax=99999).divide(top, bottom)
        if _binary(Fraction(found)) == number:
            break
    if abs(found.adjusted()) > NUMBERS.Emax:
        raise EvaluationError("the number is out of range")
    return found.normalize(NUMBERS)


OPERATIONS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
}
