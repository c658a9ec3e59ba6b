"""Releases from the GitHub API: all pages of one host; whatever is refused is one line with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import urljoin, urlsplit

import requests

from audit.model import Version
from audit.released.address import demand_allowed, same_place
from audit.released.model import Release
from audit.released.notes import is_marked_incompatible, modules_affected
from audit.released.policy import order
from audit.released.source import Source, failure, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from audit.errors import UnreadError

MAX_PAGES = 50
MAX_PAGE_BYTES = 32 * 1024 * 1024
MAX_REDIRECTS = 5
TIMEOUT = (5.0, 15.0)


def fetch(session: requests.Session, source: Source) -> tuple[Release, ...]:
    """Read all releases, in ascending order, without drafts and pre-releases.

    Raises UsageError for an address that is not asked (nothing is connected to then), UnreadError with the reason for
    anything that GitHub, or whoever stands in its place, answers instead.
    """
    demand_allowed(source.url)
    try:
        found = [release for page in _pages(session, source) for item in page if (release := _release(item, source))]
    except requests.RequestException as error:
        raise failure(error, source) from None
    return tuple(_with_review(order(found)))


def _pages(session: requests.Session, source: Source) -> Iterator[list[object]]:
    url = f"{source.url.rstrip('/')}/repos/{source.repository}/releases?per_page=100"
    seen: set[str] = set()
    while url not in seen and len(seen) < MAX_PAGES:
        seen.add(url)
        content, following = _get(session, url, source)
        try:
            page = json.loads(content)
        except (ValueError, RecursionError):
            raise source.unread("answers with something that is no JSON") from None
        if not isinstance(page, list):
            raise source.unread("answers with something that is no list of releases")
        yield page
        if following is None:
            return
        url = _joined(url, following)
        if not same_place(url, source.url):
            raise _elsewhere(source)
    raise source.unread(f"the pages of releases don't end (more than {MAX_PAGES}, or one twice)")


def _get(session: requests.Session, url: str, source: Source) -> tuple[bytes, str | None]:
    """Read one page, through redirects of the same host; give it with the address of the next."""

    def stay(response: requests.Response, **_: object) -> None:
        """Leave a redirect to elsewhere, before requests looks at it."""
        if response.is_redirect and not same_place(_joined(url, response.headers["Location"]), source.url):
            response.close()
            raise _elsewhere(source)

    for _ in range(MAX_REDIRECTS + 1):
        with session.get(
            url,
            headers={"Accept": "application/vnd.github+json"},
            auth=authorise(source.token),
            proxies=proxies(url),
            hooks={"response": stay},
            allow_redirects=False,
            stream=True,
            timeout=TIMEOUT,
        ) as response:
            if not response.is_redirect:
                refused = refusal(response, source)
                if refused is not None:
                    raise refused
                return _body(response, source), response.links.get("next", {}).get("url")
            url = _joined(url, response.headers["Location"])
    raise source.unread(f"redirects more than {MAX_REDIRECTS} times")


def _elsewhere(source: Source) -> UnreadError:
    return source.unread("leads to another host, which is not asked")


def _joined(url: str, location: str) -> str:
    """Resolve what a server calls its next address; what is no address leads nowhere, and so to another host."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _body(response: requests.Response, source: Source) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(65536):
        size += len(chunk)
        if size > MAX_PAGE_BYTES:
            raise source.unread(f"answers with more than {MAX_PAGE_BYTES:,} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def proxies(url: str) -> dict[str, str]:
    """Keep a request to this machine on it: through a proxy its token would go elsewhere in the clear."""
    without = cast("dict[str, str]", {"http": None, "all": None})  # None is requests' word for none; its types differ
    return without if urlsplit(url).scheme == "http" else {}


def authorise(token: str | None) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Give what sets the Authorization header: without one, requests would take a password out of ~/.netrc."""

    def set_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.pop("Authorization", None)
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return set_header


def _release(item: object, source: Source) -> Release | None:
    """Read one release by its tag, never by its title; None for drafts and pre-releases."""
    fields = item if isinstance(item, dict) else {}
    if fields.get("draft") or fields.get("prerelease"):
        return None
    tag, published, notes = fields.get("tag_name"), fields.get("published_at"), fields.get("body") or ""
    if not (isinstance(tag, str) and tag.isprintable() and isinstance(published, str) and isinstance(notes, str)):
        raise source.unread("answers with a release that has no tag or no date")
    try:
        day = datetime.fromisoformat(published).astimezone(UTC).date()
    except (ValueError, OverflowError):
        raise source.unread(f"answers with a release whose date can't be read ({tag})") from None
    version = Version.parse(tag)
    if version is not None and version.prerelease:
        return None
    breaking = True if is_marked_incompatible(notes) else None if not notes.strip() else False
    return Release(tag=tag, published=day, backward_incompatible=breaking, modules_affected=modules_affected(notes))


def _with_review(releases: Iterable[Release]) -> Iterator[Release]:
    """Mark for review each release that bumps minor or major without a word about compatibility."""
    before: tuple[int, ...] | None = None
    for release in releases:
        version = Version.parse(release.tag)
        bumps = version is not None and before is not None and version.release[:2] != before[:2]
        yield replace(release, backward_incompatible=None) if bumps and not release.backward_incompatible else release
        before = version.release if version is not None else before
