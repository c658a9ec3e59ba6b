"""Functions that write and read JSON, base64, URLs and hashes; what is read keeps its place where it has one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from audit.declared.budget import charge
from audit.declared.convert import ANY, STRING
from audit.declared.functions.json_text import json_text, json_value
from audit.declared.functions.table import Function, sized
from audit.declared.functions.yaml_text import yaml_text, yaml_value
from audit.declared.values import ListRaw, Raw, Value
from audit.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CELL = re.compile(r'(?:(?P<quoted>"(?:[^"]|"")*")|(?P<bare>[^",\r\n]*))(?P<end>,|\r?\n|\Z)')
_NO_LINES = {ord("\r"): None, ord("\n"): None}


def _jsonencode(value: Value) -> Raw:
    return sized(json_text(value))


def _jsondecode(text: Value) -> Value:
    return json_value(str(text.raw), text.file)


def _yamlencode(value: Value) -> Raw:
    return sized(yaml_text(value))


def _yamldecode(text: Value) -> Value:
    return yaml_value(str(text.raw), text.file)


def _csvdecode(text: str) -> Raw:
    """Read CSV as Go's reader does: the first line names the columns, all lines have as many."""
    rows = _csv_rows(text)
    if not rows:
        raise EvaluationError("invalid CSV: the header is missing")
    header = rows[0]
    if len(set(header)) < len(header):
        raise EvaluationError("invalid CSV: two columns have one name")
    if any(len(row) != len(header) for row in rows):
        raise EvaluationError("invalid CSV: wrong number of fields")
    cells = ({name: Value(cell) for name, cell in sorted(zip(header, row, strict=True))} for row in rows[1:])
    return ListRaw(Value(row) for row in cells)


def _csv_rows(text: str) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        found = _CELL.match(text, at)
        if found is None or found.end() == at:
            raise EvaluationError("invalid CSV: a quote where none may be")
        charge()
        quoted = found["quoted"]
        cell = found["bare"] if quoted is None else quoted[1:-1].replace('""', '"')
        if found["end"] == "," or rows[-1] or found[0].strip("\r\n"):
            rows[-1].append(cell.replace("\r\n", "\n"))
        at = found.end()
        if found["end"] != "," and rows[-1]:
            rows.append([])
        elif found["end"] == "," and at == len(text):
            rows[-1].append("")
    return [row for row in rows if row]


def _base64encode(text: str) -> Raw:
    return base64.b64encode(text.encode()).decode()


def _base64decode(text: str) -> Raw:
    try:
        return base64.b64decode(text.translate(_NO_LINES), validate=True).decode()
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
    "csvdecode": Function(run=_csvdecode, params=(STRING,)),
    "jsondecode": Function(run=_jsondecode, params=(STRING,), values=True),
    "jsonencode": Function(run=_jsonencode, params=(ANY,), null=True, values=True),
    "md5": Function(run=_md5, params=(STRING,)),
    "sha1": Function(run=_sha1, params=(STRING,)),
    "sha256": Function(run=_sha256, params=(STRING,)),
    "sha512": Function(run=_sha512, params=(STRING,)),
    "urlencode": Function(run=_urlencode, params=(STRING,)),
    "yamldecode": Function(run=_yamldecode, params=(STRING,), values=True),
    "yamlencode": Function(run=_yamlencode, params=(ANY,), null=True, values=True),
}
