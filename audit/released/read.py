"""The releases, from the first source that serves: the user's file, GitHub, the list that comes with this tool."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from audit.errors import UnreadError
from audit.released import catalog, github
from audit.released.model import Released
from audit.released.source import Source, token_of
from audit.released.transport import open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from audit.configuration.config import Settings
    from audit.released.model import Release

DEADLINE = 45.0

T = TypeVar("T")


def read(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    session: requests.Session | None = None,
    deadline: float = DEADLINE,
) -> Released:
    """Read the releases as the settings say.

    Where GitHub does not give them within ``deadline`` seconds, the bundled list serves, with the reason. Raises
    UsageError for a file that can't be used and for an address that is not asked.
    """
    if settings.releases_file is not None:
        return catalog.from_file(settings.releases_file, settings.release_repo)
    if settings.offline:
        return catalog.bundled()
    source = Source(url=settings.github_url, repository=settings.release_repo, token=token_of(environment))
    try:
        releases = within(deadline, lambda: _fetch(source, environment, session, deadline), source)
    except UnreadError as error:
        return catalog.bundled(error.gap.message)
    return Released(
        kind="github",
        where=settings.github_url,
        release_repo=settings.release_repo,
        as_of=datetime.now(UTC).date(),
        releases=releases,
    )


def _fetch(
    source: Source, environment: Mapping[str, str], session: requests.Session | None, deadline: float
) -> tuple[Release, ...]:
    if session is not None:
        return github.fetch(session, source)
    until = time.monotonic() + deadline
    cache = _cache(environment)
    try:
        with open_session(until=until, cache=cache) as opened:
            return github.fetch(opened, source)
    except OSError:  # the cache could not be read or written: it is a help, not a need
        with open_session(until=until) as opened:
            return github.fetch(opened, source)


def within(deadline: float, call: Callable[[], T], source: Source) -> T:
    """Call in a thread that is left behind at the deadline: no timeout of a socket ends an answer that trickles."""
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(call())
        except BaseException as error:  # noqa: BLE001 -- it is raised where the result is awaited
            result.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return result.result(timeout=deadline)
    except TimeoutError:
        raise source.unread(f"no complete answer within {deadline:.0f} s") from None


def _cache(environment: Mapping[str, str]) -> Path | None:
    home = environment.get("XDG_CACHE_HOME") or (environment["HOME"] + "/.cache" if environment.get("HOME") else None)
    return Path(home) / "pipelines-audit" / "github" if home and Path(home).is_absolute() else None
