"""Which source serves: the user's file, the bundled list when offline, GitHub, the bundled list when GitHub refuses."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from audit.configuration.config import Settings
from audit.errors import UsageError
from audit.released.read import read
from tests.released.server import JSON, Answer, page, release, serve


def settings(url: str = "http://127.0.0.1:1", *, releases_file: Path | None = None, offline: bool = False) -> Settings:
    """Give the settings that matter here."""
    return Settings(github_url=url, release_repo="acme/fork", releases_file=releases_file, offline=offline)


def test_github(tmp_path: Path) -> None:
    """GitHub serves, true as of today, asked with the environment's token and through the user's cache."""
    with serve(lambda *_: page(release("v1.0.0"), headers={"ETag": '"1"'})) as server:
        environment = {"GITHUB_OAUTH_TOKEN": " ghp_planted\n", "XDG_CACHE_HOME": str(tmp_path)}
        found = read(settings(server.url), environment)
    assert (found.kind, found.where, found.release_repo) == ("github", server.url, "acme/fork")
    assert (found.newest, found.fallback_reason) == ("v1.0.0", None)
    assert abs((found.as_of - datetime.now(UTC).date()).days) <= 1
    assert server.asked[0].headers["Authorization"] == "Bearer ghp_planted"
    assert server.asked[0].headers["User-Agent"].startswith("pipelines-audit/")
    assert list((tmp_path / "pipelines-audit/github").rglob("*"))


def test_refusal() -> None:
    """When GitHub refuses, the bundled list serves, as what it is and with the reason."""
    with serve(lambda *_: Answer(status=404)) as server:
        found = read(settings(server.url), {})
    assert (found.kind, found.release_repo, found.newest) == ("bundled", "gruntwork-io/terraform-aws-ci", "v1.3.0")
    assert (
        found.fallback_reason
        == "127.0.0.1: no acme/fork without a token (it is private, or not there), set GITHUB_TOKEN"
    )


@pytest.mark.parametrize("file_too", [True, False])
def test_nothing_is_asked(tmp_path: Path, *, file_too: bool) -> None:
    """Neither offline nor with a file of one's own anything is asked; the file comes first."""
    path = tmp_path / "releases.json"
    path.write_text('{"as_of": "2026-01-03", "releases": []}')
    with serve(lambda *_: page()) as server:
        found = read(settings(server.url, releases_file=path if file_too else None, offline=True), {})
    assert found.kind == ("file" if file_too else "bundled")
    assert found.fallback_reason is None
    assert server.asked == []


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254", "file:///etc/hostname", "ftp://example.com", "http://example.com"]
)
def test_refused_address(url: str) -> None:
    """An address that is not asked is a wrong use, not a reason for another list."""
    with pytest.raises(UsageError, match="address of releases refused"):
        read(settings(url), {})


def test_deadline() -> None:
    """An answer that trickles is cut at the deadline."""
    start = time.monotonic()
    answer = Answer(body=b"[" + b" " * 1000, headers={"Content-Type": JSON}, pause=0.1)
    with serve(lambda *_: answer) as server:
        found = read(settings(server.url), {}, deadline=1)
    assert found.fallback_reason == "127.0.0.1: no complete answer within 1 s"
    assert time.monotonic() - start < 50  # the whole answer takes 100


@pytest.mark.parametrize("home", ["file", "relative"])
def test_without_cache(tmp_path: Path, home: str) -> None:
    """A cache that can't be written is done without."""
    (tmp_path / "file").write_text("")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "file") if home == "file" else "relative"}
    with serve(lambda *_: page(release("v1.0.0"), headers={"ETag": '"1"'})) as server:
        assert read(settings(server.url), environment).newest == "v1.0.0"
    assert not Path("relative").exists()


def test_session_of_the_caller() -> None:
    """A session can be given."""
    with serve(lambda *_: page(release("v1.0.0"))) as server, requests.Session() as session:
        session.headers["X-Mine"] = "1"
        assert read(settings(server.url), {}, session=session).kind == "github"
    assert server.asked[0].headers["X-Mine"] == "1"


def test_default_home(tmp_path: Path) -> None:
    """Without XDG_CACHE_HOME the cache lies below HOME."""
    with serve(lambda *_: page(headers={"ETag": '"1"'})) as server:
        read(settings(server.url), {"HOME": str(tmp_path)})
    assert (tmp_path / ".cache/pipelines-audit/github").is_dir()
