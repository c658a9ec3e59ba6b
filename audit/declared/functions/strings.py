"""Functions over strings, as Go's ``strings`` and Terraform do them."""

from __future__ import annotations

import posixpath
from decimal import Decimal
from typing import TYPE_CHECKING

from wcwidth import iter_graphemes

from audit.declared.convert import ANY, NUMBER, STRING, list_of
from audit.declared.functions.table import INT, Function, sized, strings
from audit.declared.values import ListRaw, Raw, Unknown, Value
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping


def graphemes(text: str) -> list[str]:
    """Cut a string into what people see as characters."""
    return list(text) if text.isascii() and "\r\n" not in text else list(iter_graphemes(text))


def _lower(text: str) -> Raw:
    return "".join(char.lower()[0] for char in text)


def _upper(text: str) -> Raw:
    return "".join(up if len(up := char.upper()) == 1 else char for char in text)


def _title(text: str) -> Raw:
    made, fresh = [], True
    for char in text:
        up = char.title()
        made.append(up if fresh and len(up) == 1 else char)
        fresh = not (char.isalnum() or char == "_") and (char.isascii() or char.isspace())
    return "".join(made)


def _chomp(text: str) -> Raw:
    return text.rstrip("\r\n")


def _indent(spaces: int, text: str) -> Raw:
    if spaces < 0 or spaces * (text.count("\n") + 1) > 32_000_000:
        raise EvaluationError("the number of spaces is out of range")
    return sized(text.replace("\n", "\n" + " " * spaces))


def _join(separator: str, *lists: tuple[Value, ...]) -> Raw:
    if not lists:
        raise EvaluationError("at least one list is needed")
    items = [text for items in lists for text in strings(items)]
    if len(separator) * len(items) > 32_000_000:
        raise EvaluationError("the result is too large")
    return sized(separator.join(items))


def _split(separator: str, text: str) -> Raw:
    parts = text.split(separator) if separator else list(text)
    return ListRaw(Value(part) for part in parts)


def _substr(text: str, offset: int, length: int) -> Raw:
    characters = graphemes(text)
    if offset < 0:
        offset, length = max(0, offset + len(characters)), length or -1  # as Go's library does: nothing means all
    if length < 0:
        return "".join(characters[offset:])
    return "".join(characters[offset : offset + length])


def _strrev(text: str) -> Raw:
    return "".join(reversed(graphemes(text)))


def _trim(text: str, cut: str) -> Raw:
    return text.strip(cut) if cut else text


def _trimspace(text: str) -> Raw:
    return text.strip(_SPACE)


def _trimprefix(text: str, prefix: str) -> Raw:
    return text.removeprefix(prefix)


def _trimsuffix(text: str, suffix: str) -> Raw:
    return text.removesuffix(suffix)


def _startswith(text: str, prefix: str) -> Raw:
    return text.startswith(prefix)


def _endswith(text: str, suffix: str) -> Raw:
    return text.endswith(suffix)


def _strcontains(text: str, part: str) -> Raw:
    return part in text


def _basename(path: str) -> Raw:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


def _dirname(path: str) -> Raw:
    head = path[: path.rfind("/") + 1]
    return clean(head)


def clean(path: str) -> str:
    """Give the shortest path that is the same, as Go's ``path.Clean``."""
    made = posixpath.normpath(path) if path else "."
    return "/" + made.lstrip("/") if made.startswith("/") else made


def _pathexpand(path: str) -> Raw:
    return Unknown("the home directory of whoever runs it") if path.startswith("~") else path


def _parseint(text: Value, base: Value) -> Raw:
    if not isinstance(text.raw, str) or not isinstance(base.raw, Decimal):
        raise EvaluationError("the first argument must be a string")
    if base.raw != base.raw.to_integral_value() or not 2 <= base.raw <= 62:
        raise EvaluationError("the base must be a whole number between 2 and 62")
    radix, digits = int(base.raw), text.raw.lstrip("+-")
    sign = -1 if text.raw.startswith("-") else 1
    if len(text.raw) - len(digits) > 1 or not digits or len(digits) > 200:
        raise EvaluationError(f"can't parse a number in base {radix}")
    total = 0
    for char in digits:
        value = _DIGITS.find(char.lower() if radix <= 36 else char)
        if not 0 <= value < radix:
            raise EvaluationError(f"can't parse a number in base {radix}")
        total = total * radix + value
    return Decimal(sign * total)


_SPACE = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

STRINGS: Mapping[str, Function] = {
    "basename": Function(run=_basename, params=(STRING,)),
    "chomp": Function(run=_chomp, params=(STRING,)),
    "dirname": Function(run=_dirname, params=(STRING,)),
    "endswith": Function(run=_endswith, params=(STRING, STRING)),
    "indent": Function(run=_indent, params=(INT, STRING)),
    "join": Function(run=_join, params=(STRING,), rest=list_of(STRING)),
    "lower": Function(run=_lower, params=(STRING,)),
    "parseint": Function(run=_parseint, params=(ANY, NUMBER), values=True),
    "pathexpand": Function(run=_pathexpand, params=(STRING,)),
    "split": Function(run=_split, params=(STRING, STRING)),
    "startswith": Function(run=_startswith, params=(STRING, STRING)),
    "strcontains": Function(run=_strcontains, params=(STRING, STRING)),
    "strrev": Function(run=_strrev, params=(STRING,)),
    "substr": Function(run=_substr, params=(STRING, INT, INT)),
    "title": Function(run=_title, params=(STRING,)),
    "trim": Function(run=_trim, params=(STRING, STRING)),
    "trimprefix": Function(run=_trimprefix, params=(STRING, STRING)),
    "trimspace": Function(run=_trimspace, params=(STRING,)),
    "trimsuffix": Function(run=_trimsuffix, params=(STRING, STRING)),
    "upper": Function(run=_upper, params=(STRING,)),
}
