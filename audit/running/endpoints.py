"""Where requests may go: TLS, or plain HTTP to this very machine, since session tokens travel in a header."""

from __future__ import annotations

from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse_plain_http(url: str) -> None:
    """Raise UsageError for a plain HTTP endpoint on another machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise UsageError(f"endpoint {origin(url)} is refused: plain http would show credentials; use https")


@contextmanager
def named() -> Iterator[None]:
    """Say which settings are at fault where the SDK can make no URL of them."""
    try:
        yield
    except ValueError:
        raise UsageError("the endpoint is no URL; mend AWS_ENDPOINT_URL, or the region's name") from None


def origin(url: str) -> str:
    """Give scheme, host and port of a URL, and no user name, password, path or query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
