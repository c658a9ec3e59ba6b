"""The token: one request to the host that it was configured for, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.errors import UsageError
from audit.model import Seen, Unread, need
from audit.released.token import Token, examine
from tests.released.server import Answer, serve

if TYPE_CHECKING:
    from audit.model import Fact
    from tests.released.server import Asked, Server

PLANTED = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
TO = "v1.3.0"


def tried(answer: Answer | None, tag: str = TO, deadline: float = 3.0) -> tuple[Fact[Token | None], list[Asked]]:
    """Try the token against a server that answers so."""
    with serve(lambda *_: answer) as server:
        return ask(server, tag, deadline), server.asked


def ask(server: Server, tag: str = TO, deadline: float = 3.0) -> Fact[Token | None]:
    """Try the token."""
    settings = Settings(github_url=server.url, release_repo="example/terraform-aws-ci")
    return examine(settings, {"GITHUB_OAUTH_TOKEN": PLANTED}, tag, deadline=deadline)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(Answer(), Token(answer="accepted", scopes=None, expires_at=None), id="fine-grained"),
        pytest.param(
            Answer(
                headers={
                    "X-OAuth-Scopes": "repo, read:org",
                    "GitHub-Authentication-Token-Expiration": "2026-12-24 06:00:00 UTC",
                }
            ),
            Token(answer="accepted", scopes=("repo", "read:org"), expires_at=datetime(2026, 12, 24, 6, tzinfo=UTC)),
            id="classic, with an end",
        ),
        pytest.param(
            Answer(
                headers={"X-OAuth-Scopes": "", "GitHub-Authentication-Token-Expiration": "2026-12-24 06:00:00 +0000"}
            ),
            Token(answer="accepted", scopes=(), expires_at=datetime(2026, 12, 24, 6, tzinfo=UTC)),
            id="without any scope",
        ),
        pytest.param(
            Answer(headers={"GitHub-Authentication-Token-Expiration": "some day"}),
            Token(answer="accepted", scopes=None, expires_at=None),
            id="an end that is no time",
        ),
        pytest.param(
            Answer(status=301, headers={"Location": "https://elsewhere.example.com/"}),
            Token(answer="accepted", scopes=None, expires_at=None),
            id="renamed",
        ),
        pytest.param(Answer(status=401), Token(answer="refused", scopes=None, expires_at=None), id="refused"),
        pytest.param(Answer(status=403), Token(answer="no access", scopes=None, expires_at=None), id="forbidden"),
        pytest.param(
            Answer(status=404, headers={"X-OAuth-Scopes": "gist"}),
            Token(answer="no access", scopes=("gist",), expires_at=None),
            id="not seen",
        ),
    ],
)
def test_what_github_says(answer: Answer, expected: Token) -> None:
    """Read from the head of its one answer."""
    found, asked = tried(answer)
    assert found == Seen(value=expected)
    (one,) = asked
    assert one.path == "/repos/example/terraform-aws-ci/git/ref/tags/v1.3.0"
    assert one.headers["Authorization"] == f"Bearer {PLANTED}"
    assert PLANTED not in repr(found)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer(status=403, headers={"X-RateLimit-Remaining": "0"}), "rate limit", id="rate limit"),
        pytest.param(Answer(status=403, headers={"Retry-After": "60"}), "rate limit", id="asked to wait"),
        pytest.param(Answer(status=418), "answers 418", id="something else"),
    ],
)
def test_what_says_nothing_is_unread(answer: Answer, words: str) -> None:
    """Neither accepted nor refused."""
    found, _ = tried(answer)
    assert isinstance(found, Unread)
    assert words in found.gap.message


def test_a_tag_is_quoted() -> None:
    """What is asked for stays one part of the path."""
    _, asked = tried(Answer(), tag="v1/../../user")
    assert asked[0].path.endswith("/git/ref/tags/v1%2F..%2F..%2Fuser")


def test_nothing_to_try_and_nothing_asked() -> None:
    """Without a token, offline, or with what no token can be, nobody is asked."""
    with serve(lambda *_: Answer()) as server:
        settings = Settings(github_url=server.url)
        assert examine(settings, {}, TO) == Seen(value=None)
        offline = examine(Settings(github_url=server.url, offline=True), {"GITHUB_OAUTH_TOKEN": PLANTED}, TO)
        odd = need(examine(settings, {"GITHUB_OAUTH_TOKEN": "two words"}, TO))
        assert server.asked == []
    assert isinstance(offline, Unread)
    assert "--offline" in offline.gap.message
    assert odd is not None
    assert odd.answer == "refused"


def test_an_unreachable_host_is_unread() -> None:
    """Nobody listens."""
    found = examine(Settings(github_url="http://127.0.0.1:9"), {"GITHUB_OAUTH_TOKEN": PLANTED}, TO, deadline=3)
    assert isinstance(found, Unread)
    assert "no connection" in found.gap.message


def test_an_address_that_is_not_asked_is_wrong_usage() -> None:
    """The token goes nowhere where releases would not be asked for."""
    with pytest.raises(UsageError, match="metadata"):
        examine(Settings(github_url="http://169.254.169.254"), {"GITHUB_OAUTH_TOKEN": PLANTED}, TO)


@pytest.mark.parametrize(("scopes", "lacks"), [(None, False), ((), True), (("gist",), True), (("repo",), False)])
def test_scope(scopes: tuple[str, ...] | None, lacks: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A token of the kind without scopes lacks none."""
    assert Token(answer="accepted", scopes=scopes, expires_at=None).lacks_scope is lacks
