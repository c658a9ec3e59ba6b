"""``format`` and ``formatlist``: C's verbs as Go prints them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from audit.declared.budget import charge
from audit.declared.convert import ANY, BOOL, NUMBER, STRING, Type, convert, deep_unknown, number_text
from audit.declared.functions.json_text import json_text
from audit.declared.functions.strings import graphemes
from audit.declared.functions.table import Function, Result, Unknowns, sized
from audit.declared.values import ListRaw, Unknown, Value, member
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERB = re.compile(
    r"%(?P<flags>[ +#0-]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.)", re.DOTALL
)
_MAX_WIDTH = 10_000
_BASES: Mapping[str, str] = {"b": "b", "d": "d", "o": "o", "x": "x", "X": "X"}
_SHARP: Mapping[str, str] = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


class _Verb:
    """One sequence of a format: its flags, width, precision and letter."""

    def __init__(self, found: re.Match[str]) -> None:
        self.raw, self.letter, self.flags = found[0], found["verb"], found["flags"]
        self.width = int(found["width"] or 0)
        self.precision = None if found["precision"] is None else int(found["precision"] or 0)
        if max(self.width, self.precision or 0) > _MAX_WIDTH:
            raise EvaluationError(f"the width in '{self.raw}' is too large")

    def pad(self, text: str) -> str:
        """Fill a text up to the width, measured in what people see as characters."""
        missing = self.width - len(graphemes(text))
        if missing <= 0:
            return text
        fill = ("0" if "0" in self.flags else " ") * missing
        return text + fill if "-" in self.flags else fill + text

    def number(self, sign: str, digits: str, fill: str) -> str:
        """Put sign and digits together, filled up to the width: with zeros within, or blanks on one side."""
        missing = self.width - len(sign) - len(digits)
        if fill == "0":
            return sign + "0" * missing + digits
        return sign + digits + " " * missing if "-" in self.flags else " " * missing + sign + digits

    def sign(self, *, negative: bool) -> str:
        """Give the sign that a number is written with."""
        return "-" if negative else "+" if "+" in self.flags else " " if " " in self.flags else ""

    def convert(self, value: Value, kind: Type) -> object:
        """Turn an argument into the type that the verb needs."""
        try:
            return convert(value, kind).raw
        except EvaluationError as error:
            raise EvaluationError(f"unsupported value for '{self.raw}': {error.message}") from error


def _format(template: Value, *args: Value) -> Result:
    unknown = next((found for arg in args if (found := deep_unknown(arg)) is not None), None)
    return unknown or sized(_formatted(str(template.raw), args))


def _formatted(template: str, args: Sequence[Value]) -> str:
    made: list[str] = []
    at = used = 0
    position = 0
    indexed = False
    while (start := template.find("%", at)) >= 0:
        made.append(template[at:start])
        found = _VERB.match(template, start)
        if found is None:
            raise EvaluationError(f"unrecognized format at offset {start}: ends too early")
        at = found.end()
        if found["verb"] == "%":
            if found[0] != "%%":
                raise EvaluationError(f"unrecognized format '{found[0]}'")
            made.append("%")
            continue
        if found["index"] is not None:
            position, indexed = int(found["index"]) - 1, True
        if not 0 <= position < len(args):
            raise EvaluationError(f"not enough arguments for '{found[0]}': there are {len(args)}")
        made.append(_one(_Verb(found), args[position]))
        charge(len(made[-1]) // 32)
        position += 1
        used = max(used, position)
    if used < len(args) and not indexed:
        raise EvaluationError(f"too many arguments: only {used} used by the format")
    return "".join([*made, template[at:]])


def _one(verb: _Verb, value: Value) -> str:
    if verb.letter == "v":
        return _as_is(verb, value)
    if value.raw is None:
        raise EvaluationError(f"unsupported value for '{verb.raw}': null value cannot be formatted")
    match verb.letter:
        case "t":
            return str(convert(Value(verb.convert(value, BOOL) is True), STRING).raw)
        case "s" | "q":
            text = str(verb.convert(value, STRING))
            if verb.precision:
                text = "".join(graphemes(text)[: verb.precision])
            return verb.pad(text if verb.letter == "s" else json_text(Value(text)))
        case "b" | "d" | "o" | "x" | "X":
            return _integer(verb, Decimal(str(verb.convert(value, NUMBER))))
        case "e" | "E" | "f" | "g" | "G":
            return _float(verb, Decimal(str(verb.convert(value, NUMBER))))
    raise EvaluationError(f"unsupported format verb '{verb.letter}' in '{verb.raw}'")


def _as_is(verb: _Verb, value: Value) -> str:
    if "#" not in verb.flags:
        if isinstance(value.raw, str):
            return verb.pad(value.raw)
        if isinstance(value.raw, Decimal):
            return verb.pad(_general(value.raw, None, "e"))
    return verb.pad(json_text(value))


def _integer(verb: _Verb, number: Decimal) -> str:
    if number != number.to_integral_value() or number.adjusted() > 1000:
        raise EvaluationError(f"unsupported value for '{verb.raw}': an integer is required")
    if number == 0 and verb.precision == 0:
        return ""
    digits = format(abs(int(number)), _BASES[verb.letter]).zfill(verb.precision or 0)
    sign = verb.sign(negative=number < 0) + (_SHARP.get(verb.letter, "") if "#" in verb.flags else "")
    zeros = "0" in verb.flags and "-" not in verb.flags and verb.precision is None
    return verb.number(sign, digits, "0" if zeros else " ")


def _float(verb: _Verb, number: Decimal) -> str:
    size = number.copy_abs()
    if size.adjusted() > 5000 or size.adjusted() < -5000:
        raise EvaluationError(f"unsupported value for '{verb.raw}': the number is out of range")
    if verb.letter == "f":
        digits = format(size, f".{6 if verb.precision is None else verb.precision}f")
    elif verb.letter in "eE":
        digits = _scientific(size, 6 if verb.precision is None else verb.precision, verb.letter)
    else:
        digits = _general(size, verb.precision, "e" if verb.letter == "g" else "E")
    return verb.number(verb.sign(negative=number < 0), digits, "0" if "0" in verb.flags else " ")


def _scientific(number: Decimal, precision: int | None, letter: str) -> str:
    """Write ``d.ddde±dd``; without a precision with as many digits as the number has."""
    if precision is not None:
        number = number and Context(prec=precision + 1, rounding=ROUND_HALF_EVEN).create_decimal(number)
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0") or "0"
    exponent = number.adjusted() if number else 0
    fraction = digits[1:] if precision is None else digits[1:].ljust(precision, "0")
    sign = "-" if exponent < 0 else "+"
    return f"{digits[0]}{'.' if fraction else ''}{fraction}{letter}{sign}{abs(exponent):02d}"


def _general(number: Decimal, precision: int | None, letter: str) -> str:
    """Write as ``%g`` does: an exponent where the number is very small or large, all its digits without a precision."""
    sign, size = ("-" if number < 0 else ""), number.copy_abs()
    if precision is not None:
        size = size and Context(prec=precision or 1, rounding=ROUND_HALF_EVEN).create_decimal(size)
    size = size.normalize(Context(prec=400))
    exponent = size.adjusted() if size else 0
    significant = max(len(size.as_tuple().digits), 1)
    limit = 6 if precision is None else precision or 1
    if precision is not None and limit > significant > exponent:
        limit = significant
    if exponent < -4 or exponent >= limit:
        return sign + _scientific(size, None, letter)
    return sign + number_text(size)


def _formatlist(template: Value, *args: Value) -> Result:
    lists = [arg for arg in args if isinstance(arg.raw, tuple)]
    unknown = next((arg.raw for arg in (template, *args) if isinstance(arg.raw, Unknown)), None)
    if unknown is not None:
        return unknown
    lengths = {len(arg.raw) for arg in lists if isinstance(arg.raw, tuple)}
    if len(lengths) > 1:
        raise EvaluationError("the lists must have the same length")
    count = lengths.pop() if lengths else 1
    made: list[Value] = []
    for at in range(count):
        row = [member(arg, at) if isinstance(arg.raw, tuple) else arg for arg in args]
        found = next((found for arg in row if (found := deep_unknown(arg)) is not None), None)
        made.append(Value(found or sized(_formatted(str(template.raw), row))))
    return ListRaw(made)


def _spec(run: object) -> Function:
    assert callable(run)
    return Function(run=run, params=(STRING,), rest=ANY, null=True, unknowns=Unknowns.NONE, values=True)


FORMATTING: Mapping[str, Function] = {"format": _spec(_format), "formatlist": _spec(_formatlist)}
