"""Requests that tell somebody something: patient within a deadline, never led to another host, little of it read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

import requests

from audit.released.address import demand_allowed, same_place
from audit.released.github import authorise, proxies

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT: Final = (5.0, 10.0)
MAX_BYTES: Final = 16 * 1024 * 1024
_REDIRECTS: Final = 3
_KEEPS_METHOD: Final = frozenset({307, 308})


class UntoldError(Exception):
    """Somebody could not be told; the message says why, without the address."""


class _Led(Exception):  # noqa: N818 -- no error: the way out of a hook of requests
    """A redirect, and where it leads."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(location)
        self.status, self.location = status, location


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server said: the status, the body as JSON where it is some, the address of the next page."""

    status: int
    body: Any = None
    following: str | None = None


def send(
    session: requests.Session,
    method: str,
    url: str,
    payload: Mapping[str, Any] | None = None,
    token: str | None = None,
) -> Answer:
    """Send one request, through redirects of the same host.

    Raises UntoldError with the reason for everything but success, UsageError for an address that is not asked.
    """
    start = url
    demand_allowed(url, what="address")

    def stay(response: requests.Response, **_: object) -> None:
        """Look at where a redirect leads before requests does, which trips over what is no address."""
        if response.is_redirect:
            response.close()
            raise _Led(response.status_code, response.headers["Location"])

    try:
        for _ in range(_REDIRECTS + 1):
            try:
                with session.request(
                    method,
                    url,
                    json=payload,
                    headers={"Accept": "application/vnd.github+json"} if token else {},
                    auth=authorise(token),
                    proxies=proxies(url),
                    hooks={"response": stay},
                    allow_redirects=False,
                    stream=True,
                    timeout=TIMEOUT,
                ) as response:
                    return _answer(response, wants_body=token is not None)
            except _Led as led:
                url = _led(led, method, url, start)
    except requests.RequestException as error:
        raise UntoldError(_reason(error)) from None
    raise UntoldError("it redirects without an end")


def _led(led: _Led, method: str, url: str, start: str) -> str:
    """Follow a redirect where it stays on the host and the request stays what it is."""
    try:
        there = urljoin(url, led.location)
    except ValueError:
        there = ""
    if not same_place(there, start):
        raise UntoldError("it leads to another host, which is told nothing")
    if method != "GET" and led.status not in _KEEPS_METHOD:
        raise UntoldError(f"it answers {led.status}, is the address still right")
    return there


def _answer(response: requests.Response, *, wants_body: bool) -> Answer:
    if not 200 <= response.status_code < 300:
        raise UntoldError(_refusal(response))
    if not wants_body:
        return Answer(status=response.status_code)
    content = bytearray()
    for chunk in response.iter_content(65536):
        content += chunk
        if len(content) > MAX_BYTES:
            raise UntoldError(f"it answers with more than {MAX_BYTES:,} bytes")
    try:
        body = json.loads(bytes(content))
    except (ValueError, RecursionError):
        raise UntoldError("it answers with something that is no JSON") from None
    return Answer(status=response.status_code, body=body, following=response.links.get("next", {}).get("url"))


def _refusal(response: requests.Response) -> str:
    status = response.status_code
    spent = response.headers.get("X-RateLimit-Remaining") == "0"
    if status == 429 or (status == 403 and (spent or "Retry-After" in response.headers)):
        return f"it answers {status}: too many messages, and it did not take this one in time"
    known = {
        401: "the token is not accepted",
        403: "the token or the address may not do that",
        404: "it is not there, or this token cannot see it",
        410: "it is not there any more",
    }
    return f"it answers {status}" + (f": {known[status]}" if status in known else "")


def _reason(error: requests.RequestException) -> str:
    """Name the kind of failure: the error's own words quote the address."""
    match error:
        case requests.exceptions.SSLError():
            return "its TLS certificate is not accepted, is the right CA in REQUESTS_CA_BUNDLE"
        case requests.exceptions.ProxyError():
            return "the proxy of the environment does not let it through"
        case requests.exceptions.Timeout():
            return "no answer in time"
        case requests.exceptions.ConnectionError():
            return "no connection"
        case _:
            return f"the request could not be made ({type(error).__name__})"
