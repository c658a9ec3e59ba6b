"""Whether a reply with status 200 is whole: a body that parses and holds what its operation always sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.running.permissions import CALLS

if TYPE_CHECKING:
    from audit.running.permissions import Call


def damage(name: str, body: bytes) -> str | None:
    """Say what is wrong with the body of a successful reply to ``service:Operation``, None if it is whole."""
    call = CALLS.get(name)
    if call is None:
        return None
    return _xml_damage(call, body) if name.startswith("sts:") else _json_damage(call, body)


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
