"""The faults that the overlay can inject, and the rules that say where."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """Answer with this instead of asking moto."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/x-amz-json-1.1"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Truncate:
    """Send only the first bytes of moto's answer, with a length to match."""

    keep: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Trickle:
    """Send moto's answer byte by byte."""

    interval: float = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Reset:
    """Cut the connection by RST before anything is answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """Accept, and never answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """Answer with a list of the overlay's own, in pages; after each but the last comes an empty one with a token."""

    items: tuple[object, ...]
    key: str
    page_key: str = "NextToken"
    size: int = 20

    def answer(self, parameters: Mapping[str, object]) -> Reply:
        """Give the page that is asked for."""
        number = int(str(parameters.get(self.page_key, "0")))
        start = number // 2 * self.size
        is_empty = number % 2 == 1
        body: dict[str, object] = {self.key: [] if is_empty else self.items[start : start + self.size]}
        if is_empty or start + self.size < len(self.items):
            body[self.page_key] = str(number + 1)
        return Reply(body=json.dumps(body).encode())


Fault: TypeAlias = Reply | Truncate | Trickle | Reset | Silence | Pages


@dataclass(kw_only=True, slots=True)
class Rule:
    """Where a fault strikes: a pattern of ``service:Operation``, an account, which of the matching calls.

    ``after`` matching calls pass first, then ``times`` are struck (None: all), each with the chance of ``share``.
    """

    fault: Fault
    call: str = "*"
    account: str | None = None
    after: int = 0
    times: int | None = None
    share: float = 1.0
    matched: int = field(default=0, init=False)


def error(code: str, status: int = 400, message: str = "ghp_SecretOfTheServer", **headers: str) -> Reply:
    """Make an error of a JSON service; its message is hostile until shown otherwise."""
    body = json.dumps({"__type": code, "message": message}).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(
        status=status,
        body=body,
        headers=(("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code), *named),
    )


def query_error(code: str, status: int = 400, message: str = "ghp_SecretOfTheServer", request_id: str = "") -> Reply:
    """Make an error of STS, which names the request in its body."""
    named = f"<RequestId>{request_id}</RequestId>" if request_id else ""
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>{named}</ErrorResponse>"
    return Reply(status=status, body=body.encode(), headers=(("Content-Type", "text/xml"),))


THROTTLED = error("ThrottlingException")
DENIED = error("AccessDeniedException")
