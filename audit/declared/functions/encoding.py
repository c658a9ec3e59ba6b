"""Functions that write and read JSON, base64, URLs and hashes; what is read keeps its place where it has one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote_plus

from audit.declared.convert import ANY, STRING, number_text
from audit.declared.functions.table import Function, Unknowns, sized
from audit.declared.values import Raw, Unknown, Value, charge
from audit.errors import EvaluationError

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def json_text(value: Value) -> str:
    """Write a value as JSON in Go's way: keys sorted, no blanks, and ``<>&`` escaped."""
    charge()
    raw = value.raw
    match raw:
        case None:
            return "null"
        case bool():
            return "true" if raw else "false"
        case Decimal():
            return number_text(raw)
        case str():
            charge(len(raw) // 32)
            return json.dumps(raw, ensure_ascii=False).translate(_HTML)
        case tuple():
            return f"[{','.join(json_text(item) for item in raw)}]"
        case Mapping():
            pairs = (f"{json_text(Value(name))}:{json_text(raw[name])}" for name in sorted(raw))
            return f"{{{','.join(pairs)}}}"
        case Unknown():  # pragma: no cover -- the caller has looked
            raise EvaluationError("an unknown value cannot be encoded")


def _jsonencode(value: Value) -> Raw:
    return sized(json_text(value))


def _constant(name: str) -> Raw:
    raise EvaluationError(f"invalid JSON: {name}")


def _made(found: object) -> Value:
    charge()
    match found:
        case None | bool() | str() | Decimal():
            return Value(found)
        case int():
            return Value(Decimal(found))
        case list():
            return Value(tuple(_made(item) for item in found))
        case dict():
            return Value({name: _made(item) for name, item in sorted(found.items())})
        case _:  # pragma: no cover -- JSON has no more
            raise EvaluationError("invalid JSON")


def _jsondecode(text: str) -> Raw | Value:
    try:
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_constant)
    except ValueError as error:
        raise EvaluationError(f"invalid JSON: {error}") from error
    return _made(found).raw


def _base64encode(text: str) -> Raw:
    return base64.b64encode(text.encode()).decode()


def _base64decode(text: str) -> Raw:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise EvaluationError("invalid base64, or not UTF-8 inside") from error


def _urlencode(text: str) -> Raw:
    return quote_plus(text, safe="")


def _md5(text: str) -> Raw:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha1(text: str) -> Raw:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> Raw:
    return hashlib.sha256(text.encode()).hexdigest()


def _sha512(text: str) -> Raw:
    return hashlib.sha512(text.encode()).hexdigest()


def _base64sha256(text: str) -> Raw:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _base64sha512(text: str) -> Raw:
    return base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()


ENCODING: Mapping[str, Function] = {
    "base64decode": Function(run=_base64decode, params=(STRING,)),
    "base64encode": Function(run=_base64encode, params=(STRING,)),
    "base64sha256": Function(run=_base64sha256, params=(STRING,)),
    "base64sha512": Function(run=_base64sha512, params=(STRING,)),
    "jsondecode": Function(run=_jsondecode, params=(STRING,)),
    "jsonencode": Function(run=_jsonencode, params=(ANY,), null=True, values=True, unknowns=Unknowns.MEMBER),
    "md5": Function(run=_md5, params=(STRING,)),
    "sha1": Function(run=_sha1, params=(STRING,)),
    "sha256": Function(run=_sha256, params=(STRING,)),
    "sha512": Function(run=_sha512, params=(STRING,)),
    "urlencode": Function(run=_urlencode, params=(STRING,)),
}
