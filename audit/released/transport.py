"""The HTTP session for releases and notices: patient within a deadline, its ETag cache never holds a token."""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Self

import requests
from cachecontrol import CacheControlAdapter
from cachecontrol.caches import FileCache
from cachecontrol.serialize import Serializer
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError
from urllib3.util import Retry

import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from urllib3 import BaseHTTPResponse, HTTPResponse

RETRIES = 4
BACKOFF = 0.4


class Patience(Retry):
    """Gives up where waiting would go beyond ``until`` (monotonic time): then the answer itself is the result."""

    # GitHub's secondary rate limit answers 403 with Retry-After; a 403 without it is a refusal, and final.
    RETRY_AFTER_STATUS_CODES = Retry.RETRY_AFTER_STATUS_CODES | {403}

    until: float = float("inf")

    def new(self, **kw: Any) -> Self:  # noqa: ANN401 -- urllib3's own signature
        """Keep the deadline over the attempts."""
        renewed = super().new(**kw)
        renewed.until = self.until
        return renewed

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Give the wait that the server asks for; one that can't be read asks for none."""
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        *rest: Any,  # noqa: ANN401 -- urllib3's own signature
        **more: Any,  # noqa: ANN401 -- urllib3's own signature
    ) -> Self:
        """Count an attempt."""
        renewed = super().increment(method, url, response, *rest, **more)
        asked = renewed.get_retry_after(response) if response is not None else None
        if response is not None and time.monotonic() + (asked or renewed.get_backoff_time()) > self.until:
            raise MaxRetryError(more.get("_pool") or rest[-1], url or "", ResponseError("no time left"))
        return renewed


class TokenlessSerializer(Serializer):
    """Stores a digest where the server says that its answer varies by Authorization, never the token itself."""

    def dumps(self, request: requests.PreparedRequest, response: HTTPResponse, body: bytes | None = None) -> bytes:
        """Write an answer for the cache."""
        return super().dumps(_without_token(request), response, body)

    def loads(
        self, request: requests.PreparedRequest, data: bytes, body_file: IO[bytes] | None = None
    ) -> HTTPResponse | None:
        """Read an answer from the cache, None where it was for another token."""
        return super().loads(_without_token(request), data, body_file)


@contextmanager
def open_session(
    *, until: float, cache: Path | None = None, backoff: float = BACKOFF, writes: bool = False
) -> Iterator[requests.Session]:
    """Give a session until a monotonic time, with answers kept in ``cache`` where one is given.

    Only GETs are tried again; where it ``writes`` also POST and PATCH, as long as the server itself refused them.
    Raises OSError where the folder of the cache can't be made.
    """
    patience = Patience(
        total=RETRIES,
        connect=1,  # where a firewall swallows packets, each attempt costs its whole timeout
        read=0 if writes else None,  # whether the answer to what was written got lost, nobody can tell
        redirect=0,
        allowed_methods={"GET", "PATCH", "POST"} if writes else {"GET"},
        status_forcelist={429, 500, 502, 503, 504},
        backoff_factor=backoff,
        raise_on_status=False,
        raise_on_redirect=False,
    )
    patience.until = until
    adapter = HTTPAdapter(max_retries=patience)
    if cache is not None:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = FileCache(cache, filemode=0o600, dirmode=0o700)
        adapter = CacheControlAdapter(cache=store, serializer=TokenlessSerializer(), max_retries=patience)
    with requests.Session() as session:
        session.headers["User-Agent"] = f"pipelines-audit/{audit.__version__}"
        for scheme in ("https://", "http://"):
            session.mount(scheme, adapter)
        yield session


def _without_token(request: requests.PreparedRequest) -> requests.PreparedRequest:
    token = request.headers.get("Authorization")
    if token is None:
        return request
    copy = request.copy()
    copy.headers["Authorization"] = hashlib.sha256(str(token).encode()).hexdigest()
    return copy
