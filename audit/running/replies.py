"""Whether a reply is whole: a body that parses and holds what its operation always sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.running.permissions import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.running.permissions import Call

_LONGEST_WAIT = 5.0
_NAMES = {"cloudwatch-logs": "logs", "secrets-manager": "secretsmanager"}  # botocore's events name them by their ids


def damage(name: str, status: int, body: bytes) -> str | None:
    """Say what is wrong with the body of a reply to ``service:Operation``, None if it is whole.

    Errors of the JSON services aren't looked at, for botocore reads them whatever their body; XML it could not parse.
    """
    service, _, operation = name.partition(":")
    call = CALLS.get(f"{_NAMES.get(service, service)}:{operation}")
    is_query = service in {"sts", "iam"}
    if call is None or (status >= 300 and not is_query):
        return None
    if status >= 300:
        return None if body.rstrip().endswith(b"ErrorResponse>") else "no error of STS"
    return _xml_damage(call, body) if is_query else _json_damage(call, body)


def _json_damage(call: Call, body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "no JSON" if body else "an empty body"
    missing = [path for path in call.reply if _at(document, path) is None]
    return f"no {missing[0]}" if missing else None


def _at(document: object, path: str) -> object:
    for key in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def _xml_damage(call: Call, body: bytes) -> str | None:
    operation = call.name.partition(":")[2]
    if not body.rstrip().endswith(f"</{operation}Response>".encode()):
        return "no whole XML" if body else "an empty body"
    missing = [key for key in call.reply if f"<{key}>".encode() not in body]
    return f"no {missing[0]}" if missing else None


def utc(time: datetime | None) -> datetime | None:
    """Say a time in UTC; the SDK gives this machine's zone, which has no place in a snapshot."""
    return None if time is None else time.astimezone(UTC)


def retry_after(headers: Mapping[str, str]) -> float:
    """Read how many seconds a service asks to wait; 0 where it doesn't, or says it as a date, and never over 5."""
    header = headers.get("Retry-After", "")
    return min(float(header), _LONGEST_WAIT) if header.isascii() and header.isdecimal() else 0.0
