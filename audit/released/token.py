"""The token that builds use: whether GitHub takes it and shows it the release that is to be built; one request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

import requests

from audit.errors import UnreadError, UsageError
from audit.model import Fact, Gap, Seen, Unread
from audit.released.address import demand_allowed
from audit.released.github import TIMEOUT, authorise, proxies
from audit.released.read import within
from audit.released.source import Source, failure
from audit.released.transport import open_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.configuration.config import Settings

VARIABLE = "GITHUB_OAUTH_TOKEN"
DEADLINE = 20.0
SCOPE = "repo"

Answer: TypeAlias = Literal["accepted", "refused", "no access"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """What GitHub says of a token: its answer, its scopes (None: of a kind that has none), when it ends, if ever."""

    answer: Answer
    scopes: tuple[str, ...] | None
    expires_at: datetime | None

    @property
    def lacks_scope(self) -> bool:
        """Whether it is of the kind that has scopes, and lacks the one that private repositories ask for."""
        return self.scopes is not None and SCOPE not in self.scopes


def examine(
    settings: Settings, environment: Mapping[str, str], tag: str, *, deadline: float = DEADLINE
) -> Fact[Token | None]:
    """Ask the configured GitHub for the release's tag by the token of the environment; None where there is no token.

    Without a network (``--offline``) it stays unread. Raises UsageError for an address that is not asked.
    """
    token = environment.get(VARIABLE, "").strip()
    if not token:
        return Seen(value=None)
    if settings.offline:
        return _unread("not asked because of --offline; leave it out to have the token tried")
    try:
        source = Source(url=settings.github_url, repository=settings.release_repo, token=token)
    except UsageError:
        return Seen(value=Token(answer="refused", scopes=None, expires_at=None))
    demand_allowed(source.url)
    try:
        return Seen(value=within(deadline, lambda: _ask(source, tag, deadline), source))
    except UnreadError as error:
        return _unread(error.gap.message)


def _ask(source: Source, tag: str, deadline: float) -> Token:
    url = f"{source.url.rstrip('/')}/repos/{source.repository}/git/ref/tags/{quote(tag, safe='')}"
    try:
        with (
            open_session(until=time.monotonic() + deadline) as session,
            session.get(
                url,
                headers={"Accept": "application/vnd.github+json"},
                auth=authorise(source.token),
                proxies=proxies(url),
                allow_redirects=False,
                stream=True,  # the answer is in its head: its body is not read
                timeout=TIMEOUT,
            ) as response,
        ):
            return _token(response, source)
    except requests.RequestException as error:
        raise failure(error, source) from None


def _token(response: requests.Response, source: Source) -> Token:
    match response.status_code:
        # A repository that was renamed is pointed to only where it may be seen.
        case 200 | 301 | 302 | 307 | 308:
            answer: Answer = "accepted"
        case 401:
            answer = "refused"
        case 403 if response.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in response.headers:
            raise source.unread("rate limit reached, try again later", "403")
        case 403 | 404:
            answer = "no access"
        case status:
            raise source.unread(f"answers {status}, try again later", str(status))
    scopes = response.headers.get("X-OAuth-Scopes")
    return Token(
        answer=answer,
        scopes=tuple(part.strip() for part in scopes.split(",") if part.strip()) if scopes is not None else None,
        expires_at=_time(response.headers.get("github-authentication-token-expiration", "")),
    )


def _time(text: str) -> datetime | None:
    """Read GitHub's time, ``2026-12-24 06:00:00 UTC`` or with an offset; None for what can't be read."""
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _unread(reason: str) -> Unread:
    return Unread(gap=Gap(what=VARIABLE, call="GET /repos/…/git/ref/tags/…", message=f"{VARIABLE}: {reason}"))
