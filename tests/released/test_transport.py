"""The session: answers are kept by ETag, tokens never, and waiting ends at the deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.released.github import fetch
from audit.released.source import Source
from audit.released.transport import open_session
from tests.released.server import JSON, Answer, Asked, page, release, serve

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "ghp_planted"
CACHED = {"ETag": '"1"', "Cache-Control": "private, max-age=0", "Vary": "Accept, Authorization"}


def conditional(asked: Asked, _: str) -> Answer:
    """Answer 304 to who knows the ETag."""
    if asked.headers.get("If-None-Match") == '"1"':
        return Answer(status=304, body=b"", headers=CACHED)
    return page(release("v1.0.0"), headers=CACHED)


def tags(url: str, cache: Path, token: str | None = TOKEN) -> list[str]:
    """Fetch through a cache; give the tags."""
    with open_session(until=time.monotonic() + 5, cache=cache, backoff=0.001) as session:
        return [found.tag for found in fetch(session, Source(url=url, repository="a/b", token=token))]


def test_etag(tmp_path: Path) -> None:
    """A second run asks by ETag and takes its own copy for a 304."""
    with serve(conditional) as server:
        assert tags(server.url, tmp_path / "cache") == tags(server.url, tmp_path / "cache") == ["v1.0.0"]
    assert [asked.headers.get("If-None-Match") for asked in server.asked] == [None, '"1"']


def test_another_token(tmp_path: Path) -> None:
    """What one token may read is not shown to another, nor to nobody."""
    with serve(conditional) as server:
        for token in (TOKEN, "ghp_other", None):
            tags(server.url, tmp_path / "cache", token)
    assert [asked.headers.get("If-None-Match") for asked in server.asked] == [None, None, None]


def test_no_token_on_disk(tmp_path: Path) -> None:
    """The cache holds no token, and nobody else may read it."""
    with serve(conditional) as server:
        tags(server.url, tmp_path / "cache")
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert any(b"v1.0.0" in path.read_bytes() for path in files)
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)
    assert {path.stat().st_mode & 0o777 for path in files if path.stat().st_size} == {0o600}
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("body", [b"[", b"<html>"])
def test_damage_is_not_kept(tmp_path: Path, body: bytes) -> None:
    """An answer that was cut off is not in the cache the next time."""
    answers = iter(
        [
            Answer(body=body, headers={"Content-Type": JSON, **CACHED}, length=999),
            page(release("v1.0.0"), headers=CACHED),
        ]
    )
    with serve(lambda *_: next(answers)) as server:
        with pytest.raises(UnreadError, match="cut off"):
            tags(server.url, tmp_path / "cache")
        assert tags(server.url, tmp_path / "cache") == ["v1.0.0"]
    assert "If-None-Match" not in server.asked[1].headers


def test_backoff_within_the_deadline() -> None:
    """No wait goes beyond the deadline: the answer that there was is the result."""
    start = time.monotonic()
    with (
        serve(lambda *_: Answer(status=503)) as server,
        open_session(until=start + 5, backoff=1000) as session,
        pytest.raises(UnreadError, match="answers 503"),
    ):
        fetch(session, Source(url=server.url, repository="a/b"))
    assert time.monotonic() - start < 500
    assert len(server.asked) == 2
