"""What is noted of a call to AWS once it has ended: its request id, when that was, and what it was about."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.running.model.requests import Request
from audit.running.permissions import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.running.faults import CallError

# AWS's are UUIDs, or up to 52 letters and digits. Whatever else comes is of no use in CloudTrail, and might be hostile.
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


def answered(call: str, parameters: Mapping[str, object], reply: object) -> Request:
    """Note a call that came through."""
    return Request(call=call, id=request_id(reply), time=_now(), about=_about(call, parameters))


def failed(call: str, parameters: Mapping[str, object], error: CallError) -> Request:
    """Note a call that gave no usable answer; where AWS refused it, its id is known all the same."""
    return Request(call=call, id=error.request_id, time=_now(), about=_about(call, parameters), code=error.code)


def request_id(reply: object) -> str | None:
    """Give the request id of a reply, or of an error, as the SDK parsed it; None for what doesn't look like one."""
    metadata = reply.get("ResponseMetadata") if isinstance(reply, dict) else None
    found = metadata.get("RequestId") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _about(call: str, parameters: Mapping[str, object]) -> tuple[str, ...]:
    """Name what was asked about: families, functions, tags, digests; a cluster by its name, whatever its ARN."""
    asked = CALLS[call]
    names = tuple(_names(parameters.get(asked.about)))
    return tuple(name.rpartition("/")[2] for name in names) if asked.in_cluster else names


def _names(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from map(str, value.values())
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _names(one)
