"""Whom to ask for releases, and the words for what comes back instead of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError, ReadTimeoutError

from audit.errors import UnreadError, UsageError
from audit.model import Gap

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/(?!\.{1,2}$)[\w.-]+")
_TOKEN = re.compile(r"[!-~]+")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The API's address, ``owner/name``, and the token, which goes to that host alone."""

    url: str
    repository: str
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _REPOSITORY.fullmatch(self.repository):
            raise UsageError(f"release repository {self.repository!r} is not of the form OWNER/NAME")
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            raise UsageError("the token in GITHUB_TOKEN holds characters that no token has")

    def unread(self, reason: str, code: str | None = None) -> UnreadError:
        """Give the error that says why there are no releases from here."""
        call = f"GET /repos/{self.repository}/releases"
        host = urlsplit(self.url).hostname
        return UnreadError(Gap(what="releases", message=f"{host}: {reason}", call=call, code=code))


def token_of(environment: Mapping[str, str]) -> str | None:
    """Give the token for GitHub that the environment holds."""
    return environment.get("GITHUB_TOKEN", "").strip() or environment.get("GITHUB_OAUTH_TOKEN", "").strip() or None


def refusal(response: requests.Response, source: Source) -> UnreadError | None:
    """Tell why an answer holds no releases, by its status and type; None where it may."""
    match response.status_code:
        case 200:
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
            if media_type.endswith("json"):
                return None
            shown = media_type if _MEDIA_TYPE.fullmatch(media_type) else "something"
            reason = f"answers with {shown} instead of JSON, is the address right (Enterprise: https://HOST/api/v3)"
        case 401 if source.token:
            reason = "the token is not accepted, it has expired or is mistyped"
        case 401:
            reason = "asks for a token, set GITHUB_TOKEN"
        case 403 | 429 if _is_rate_limit(response):
            reason = f"rate limit reached{_reset(response)}, set GITHUB_TOKEN or try again later"
        case 403:
            reason = f"may not read {source.repository}, the token lacks the scope or single sign-on for it"
        case 404 if source.token:
            reason = f"no {source.repository} that this token can see, give it read access"
        case 404:
            reason = f"no {source.repository} without a token (it is private, or not there), set GITHUB_TOKEN"
        case status:
            reason = f"answers {status}" + (", try again later" if status >= 500 else "")
    return source.unread(reason, str(response.status_code))


def failure(error: requests.RequestException, source: Source) -> UnreadError:
    """Tell why there was no answer, or only a part of one."""
    inner = error.args[0] if error.args else None
    cause = getattr(inner, "reason", None) or inner
    match error:
        case requests.exceptions.SSLError():
            reason = "TLS certificate not accepted, is the right CA in REQUESTS_CA_BUNDLE"
        case requests.exceptions.ProxyError():
            reason = "the proxy of the environment does not let it through"
        case _ if isinstance(cause, NameResolutionError):
            reason = "host name not found"
        case _ if isinstance(cause, NewConnectionError):
            reason = "no connection"
        case requests.exceptions.Timeout():
            reason = "no answer in time"
        case _ if isinstance(cause, ReadTimeoutError):
            reason = "no answer in time"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            reason = "the answer was cut off or damaged"
        case requests.exceptions.ConnectionError():
            reason = "the connection broke"
        case _:
            reason = f"the request could not be made ({type(error).__name__})"
    return source.unread(reason)


def _is_rate_limit(response: requests.Response) -> bool:
    remaining = response.headers.get("X-RateLimit-Remaining")
    return response.status_code == 429 or remaining == "0" or "Retry-After" in response.headers


def _reset(response: requests.Response) -> str:
    seconds = response.headers.get("X-RateLimit-Reset", "")
    if not re.fullmatch(r"\d{1,10}", seconds):
        return ""
    return f", it ends at {datetime.fromtimestamp(int(seconds), UTC):%H:%M} UTC"
