"""Releases from GitHub: all pages, one host, and a reason of one line for whatever else comes back."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import requests

from audit.errors import UnreadError, UsageError
from audit.released.github import fetch
from audit.released.model import Release
from audit.released.source import Source
from audit.released.transport import open_session
from tests.released.server import JSON, Answer, Asked, page, release, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPOSITORY = "acme/terraform-aws-ci"
LIST = f"/repos/{REPOSITORY}/releases?per_page=100"
TOKEN = "ghp_planted"


def ask(url: str, *, token: str | None = None, patience: float = 5) -> tuple[Release, ...]:
    """Fetch with a session of the product's own, quick to try again."""
    with open_session(until=time.monotonic() + patience, backoff=0.001) as session:
        return fetch(session, Source(url=url, repository=REPOSITORY, token=token))


def reason(answer: Callable[[Asked, str], Answer | None], *, token: str | None = None) -> tuple[str, int]:
    """Give the reason that the answer leads to, without the host, and how often the server was asked."""
    with serve(answer) as server:
        with pytest.raises(UnreadError) as caught:
            ask(server.url, token=token)
        count = len(server.asked)
    message = caught.value.gap.message
    assert "\n" not in message
    assert TOKEN not in message
    assert caught.value.gap.call == f"GET /repos/{REPOSITORY}/releases"
    return message.removeprefix("127.0.0.1: "), count


def test_all_pages() -> None:
    """Pages are followed to the last, by the addresses that the server gives; the order is by version."""

    def answer(asked: Asked, url: str) -> Answer:
        if asked.path == f"/api/v3{LIST}":
            return page(release("v1.10.0"), release("v1.9.0"), following=f"{url}/api/v3/repositories/7/releases?page=2")
        return page(release("v0.52.1"))

    with serve(answer) as server:
        found = ask(f"{server.url}/api/v3/")
    assert [found.tag for found in found] == ["v0.52.1", "v1.9.0", "v1.10.0"]
    assert [asked.path for asked in server.asked] == [f"/api/v3{LIST}", "/api/v3/repositories/7/releases?page=2"]


def test_what_is_read() -> None:
    """The tag counts, not the title; the day is UTC; drafts and pre-releases are left out."""
    with serve(
        lambda *_: page(
            release("v0.54.3", name="v0.53.3", published_at="2024-04-16T23:30:00-03:00"),
            release("v0.54.2", body=""),
            release("v0.54.1", body=None),
            release("v0.54.0", body="**[BACKWARD INCOMPATIBLE]**"),
            release("v0.54.4", draft=True, published_at=None),
            release("v0.54.5", prerelease=True),
            release("v0.55.0-rc.1"),
            release("v0.53.9", body="x"),
            release("latest", body="x"),
        )
    ) as server:
        found = ask(server.url)
    runner = ("ecs-deploy-runner",)
    assert found == (
        Release(tag="latest", published=date(2026, 1, 2), backward_incompatible=False, modules_affected=()),
        Release(tag="v0.53.9", published=date(2026, 1, 2), backward_incompatible=False, modules_affected=()),
        Release(tag="v0.54.0", published=date(2026, 1, 2), backward_incompatible=True, modules_affected=()),
        Release(tag="v0.54.1", published=date(2026, 1, 2), backward_incompatible=None, modules_affected=()),
        Release(tag="v0.54.2", published=date(2026, 1, 2), backward_incompatible=None, modules_affected=()),
        Release(tag="v0.54.3", published=date(2024, 4, 17), backward_incompatible=False, modules_affected=runner),
    )


def test_bump_without_a_word() -> None:
    """A minor or major bump without a marker is for somebody to review, a patch is not."""
    tags = ("v0.51.0", "v0.51.1", "v0.52.0", "v1.0.0", "v1.0.1")
    with serve(lambda *_: page(*map(release, tags))) as server:
        found = ask(server.url)
    assert [release.backward_incompatible for release in found] == [False, False, None, None, False]


def test_no_releases() -> None:
    """An empty list is an answer."""
    with serve(lambda *_: page()) as server:
        assert ask(server.url) == ()


@pytest.mark.parametrize(
    ("answer", "token", "expected", "count"),
    [
        pytest.param(Answer(status=401), TOKEN, "the token is not accepted", 1, id="401"),
        pytest.param(Answer(status=401), None, "asks for a token, set GITHUB_TOKEN", 1, id="401 without token"),
        pytest.param(Answer(status=403), TOKEN, "may not read acme/terraform-aws-ci", 1, id="403"),
        pytest.param(
            Answer(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1770000000"}),
            None,
            "rate limit reached, it ends at 02:40 UTC, set GITHUB_TOKEN or try again later",
            1,
            id="rate limit",
        ),
        pytest.param(
            Answer(status=403, headers={"Retry-After": "60"}), TOKEN, "rate limit reached, set", 1, id="second limit"
        ),
        pytest.param(Answer(status=429), TOKEN, "rate limit reached", 5, id="429"),
        pytest.param(Answer(status=429, headers={"Retry-After": "60"}), TOKEN, "rate limit", 1, id="429 beyond time"),
        pytest.param(Answer(status=404), TOKEN, "that this token can see", 1, id="404"),
        pytest.param(Answer(status=404), None, "(it is private, or not there), set GITHUB_TOKEN", 1, id="404 no token"),
        pytest.param(Answer(status=500), None, "answers 500, try again later", 5, id="500"),
        pytest.param(Answer(status=503), None, "answers 503, try again later", 5, id="503"),
        pytest.param(Answer(status=418), None, "answers 418", 1, id="418"),
        pytest.param(
            Answer(body=b"<html>", headers={"Content-Type": "text/html"}),
            None,
            "answers with text/html instead of JSON, is the address right",
            1,
            id="html",
        ),
        pytest.param(
            Answer(headers={"Content-Type": "<b>\x1b"}), None, "answers with something instead of", 1, id="odd type"
        ),
        pytest.param(Answer(body=b"", headers={"Content-Type": JSON}), None, "that is no JSON", 1, id="empty"),
        pytest.param(Answer(body=b"[{", headers={"Content-Type": JSON}), None, "that is no JSON", 1, id="bad JSON"),
        pytest.param(
            Answer(body=b"[" * 100_000, headers={"Content-Type": JSON}), None, "that is no JSON", 1, id="deep JSON"
        ),
        pytest.param(Answer(body=b"{}", headers={"Content-Type": JSON}), None, "no list of releases", 1, id="object"),
        pytest.param(page(1), None, "no tag or no date", 1, id="number"),
        pytest.param(page({}), None, "no tag or no date", 1, id="no tag"),
        pytest.param(page(release("v1\n")), None, "no tag or no date", 1, id="control character"),
        pytest.param(page(release("v1", published_at=None)), None, "no tag or no date", 1, id="no date"),
        pytest.param(page(release("v1", published_at="x")), None, "date can't be read (v1)", 1, id="bad date"),
        pytest.param(page(release("v1", body=1)), None, "no tag or no date", 1, id="odd notes"),
        pytest.param(
            Answer(body=b"[]", headers={"Content-Type": JSON}, length=10),
            None,
            "was cut off or damaged",
            1,
            id="cut off",
        ),
        pytest.param(
            Answer(body=b"[]", headers={"Content-Type": JSON, "Content-Encoding": "gzip"}),
            None,
            "was cut off or damaged",
            1,
            id="damaged",
        ),
        pytest.param(Answer(status=503, headers={"Retry-After": "soon"}), None, "answers 503", 5, id="odd wait"),
        pytest.param(
            Answer(status=302, headers={"Location": "http://[/"}),
            TOKEN,
            "leads to another host",
            1,
            id="no address",
        ),
        pytest.param(page(following="http://[/"), TOKEN, "leads to another host", 1, id="next page no address"),
        pytest.param(None, None, "the connection broke", 5, id="dropped"),
        pytest.param(
            Answer(status=302, headers={"Location": "https://evil.example.com/"}),
            TOKEN,
            "leads to another host",
            1,
            id="redirect",
        ),
        pytest.param(
            Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}),
            TOKEN,
            "leads to another host",
            1,
            id="other port",
        ),
        pytest.param(
            Answer(status=302, headers={"Location": "file:///etc/hostname"}),
            TOKEN,
            "leads to another host",
            1,
            id="redirect to a file",
        ),
        pytest.param(
            Answer(status=301, headers={"Location": "/x"}), TOKEN, "redirects more than 5 times", 6, id="redirects"
        ),
        pytest.param(
            page(following="https://evil.example.com/"), TOKEN, "leads to another host", 1, id="next page elsewhere"
        ),
        pytest.param(page(following=LIST), None, "don't end", 1, id="the same page again"),
    ],
)
def test_refusals(answer: Answer | None, token: str | None, expected: str, count: int) -> None:
    """Each way not to answer ends in its own reason, after as many requests as make sense."""
    found, asked = reason(lambda *_: answer, token=token)
    assert expected in found
    assert asked == count


def test_pages_without_end() -> None:
    """A server that always has one more page is left."""
    found, asked = reason(lambda asked, _: page(following=f"{asked.path}1"))
    assert "don't end (more than 50" in found
    assert asked == 50


def test_too_large() -> None:
    """A page above the limit is refused while it is read."""
    body = b"[" + b" " * (33 * 1024 * 1024) + b"]"
    found, _ = reason(lambda *_: Answer(body=body, headers={"Content-Type": JSON}))
    assert found == "answers with more than 33,554,432 bytes"


def test_renamed_repository() -> None:
    """A redirect of the same host is followed, with the token."""

    def answer(asked: Asked, url: str) -> Answer:
        if asked.path == LIST:
            return Answer(status=301, headers={"Location": f"{url}/repositories/7/releases"})
        return page(release("v1.0.0"))

    with serve(answer) as server:
        assert [found.tag for found in ask(server.url, token=TOKEN)] == ["v1.0.0"]
    assert [asked.headers.get("Authorization") for asked in server.asked] == [f"Bearer {TOKEN}"] * 2


def test_only_our_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a token none is sent, also not one out of ~/.netrc."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password planted\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serve(lambda *_: page()) as server:
        ask(server.url)
    assert "Authorization" not in server.asked[0].headers


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_this_machine_without_a_proxy(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """What is asked on this machine over plain http goes through no proxy."""
    with serve(lambda *_: page()) as server, serve(lambda *_: page()) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        ask(server.url, token=TOKEN)
    assert (len(server.asked), proxy.asked) == (1, [])


def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses is the reason, and sees no token."""
    with serve(lambda *_: Answer(status=404)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(UnreadError, match="the proxy of the environment does not let it through"):
            ask("https://github.example.com", token=TOKEN)
    assert not any("Authorization" in asked.headers for asked in proxy.asked)


class Hasty(requests.Session):
    """A session that waits for next to nothing."""

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # noqa: ANN401 -- requests' own
        """Send with a shorter timeout."""
        return super().send(request, **(more | {"timeout": 0.05}))


def test_silence() -> None:
    """A server that says nothing in time is left."""
    with (
        serve(lambda *_: time.sleep(0.5)) as server,
        Hasty() as session,
        pytest.raises(UnreadError, match="no answer in time"),
    ):
        fetch(session, Source(url=server.url, repository=REPOSITORY))


def test_recovers() -> None:
    """A server that stumbles twice is asked again, after as long as it says."""
    answers = iter([Answer(status=503, headers={"Retry-After": "1"}), Answer(status=502), page(release("v1.0.0"))])
    start = time.monotonic()
    with serve(lambda *_: next(answers)) as server:
        assert [found.tag for found in ask(server.url)] == ["v1.0.0"]
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://127.0.0.1:1", "no connection", id="refused"),
        pytest.param("https://nowhere.invalid", "host name not found", id="unknown name"),
    ],
)
def test_nobody_there(url: str, expected: str) -> None:
    """Where nobody answers, that is the reason."""
    with pytest.raises(UnreadError, match=expected):
        ask(url)


def test_tls() -> None:
    """A host that doesn't speak TLS, or not with a certificate that holds, is refused."""
    with serve(lambda *_: page()) as server, pytest.raises(UnreadError, match="TLS certificate not accepted"):
        ask(server.url.replace("http:", "https:"))
    assert server.asked == []


@pytest.mark.parametrize("repository", ["", "x", "a/b/c", "a/..", "../a", "a/b?c", "a b/c", "a/b\n"])
def test_repository(repository: str) -> None:
    """A repository is OWNER/NAME and nothing else."""
    with pytest.raises(UsageError, match="not of the form OWNER/NAME"):
        Source(url="https://api.github.com", repository=repository)


def test_token_stays_out() -> None:
    """A token with a line end is refused without repeating it, and no repr shows one."""
    with pytest.raises(UsageError) as caught:
        Source(url="https://api.github.com", repository=REPOSITORY, token=f"{TOKEN}\nx")
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(Source(url="https://api.github.com", repository=REPOSITORY, token=TOKEN))
