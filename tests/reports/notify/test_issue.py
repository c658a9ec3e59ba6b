"""One issue for a fleet: opened, found again, updated, closed when all is well, opened again; nobody else's touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from reports import notify
from reports.notify.issue import mark
from tests.reports import sample
from tests.reports.notify import compared
from tests.reports.notify.server import Answer, Asked, GitHub, serve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.verdict.results import Results
    from tests.reports.notify.server import Server

TOKEN = {"GITHUB_TOKEN": "secret-token"}


def told(server: Server, *several: Results, token: dict[str, str] | None = None) -> Sequence[str]:
    """Tell the issue of each result in turn; give what the last could not be told."""
    settings = Settings(github_url=server.url)
    targets = notify.parse(("github-issue=acme/infra",), settings, TOKEN if token is None else token)
    lines: Sequence[str] = ()
    for results in several:
        lines = notify.tell(results, targets, {}, deadline=15)
    return lines


def test_issue_is_opened() -> None:
    """With the verdict as its title, our label, the mark, and the findings; its opening is the message."""
    hub = GitHub()
    with serve(hub) as server:
        assert told(server, sample.results()) == ()
    (issue,) = hub.issues
    assert issue["title"] == f"Pipelines audit: {sample.results().verdict.removeprefix('exit 1: ')}"
    assert issue["labels"] == ["pipelines-audit"]
    assert issue["body"].startswith(mark(sample.results()))
    assert "ecs:ListTaskDefinitions" in issue["body"]
    assert hub.comments == {}


def test_issue_is_found_again_and_updated() -> None:
    """The next run updates it and says what changed in one comment."""
    hub = GitHub()
    with serve(hub) as server:
        assert told(server, sample.results(), replace(compared.results(), verdict="exit 1: 18 findings ≥ low")) == ()
    (issue,) = hub.issues
    assert issue["title"] == "Pipelines audit: 18 findings ≥ low"
    (comment,) = hub.comments[1]
    assert "1 new, 1 worse, 1 no longer readable, 1 fixed since the run before" in comment
    assert "**New**" in comment


def test_nothing_changed_is_no_message() -> None:
    """A night without change asks, and writes nothing."""
    hub = GitHub()
    with serve(hub) as server:
        assert told(server, compared.unchanged(), compared.unchanged()) == ()
    assert [asked.method for asked in server.asked] == ["GET", "GET", "POST", "GET"]


def test_issue_is_closed_when_all_is_well_and_opened_again() -> None:
    """Closed with a word about it, left alone while all is well, opened again by the next finding."""
    hub = GitHub()
    with serve(hub) as server:
        told(server, sample.results(), compared.well())
        assert hub.issues[0]["state"] == "closed"
        assert len(hub.comments[1]) == 1
        told(server, compared.unchanged(sample.clean()))
        assert (hub.issues[0]["state"], len(hub.comments[1])) == ("closed", 1)
        told(server, compared.results())
    assert [issue["state"] for issue in hub.issues] == ["open"]
    assert len(hub.comments[1]) == 2


def test_well_from_the_beginning_opens_nothing() -> None:
    """No issue to say that there is none."""
    hub = GitHub()
    with serve(hub) as server:
        assert told(server, sample.clean()) == ()
    assert hub.issues == []


def test_unread_is_not_well() -> None:
    """An incomplete run keeps the issue open."""
    hub = GitHub()
    with serve(hub) as server:
        told(server, sample.results(), replace(compared.well(), exit_code=10))
    assert hub.issues[0]["state"] == "open"


def test_found_without_label_and_on_a_later_page() -> None:
    """A token without push access sets no label: the issue is found by its mark, wherever it is."""
    hub = GitHub(takes_labels=False, per_page=2)
    for number in range(3):
        hub.add(title=f"another {number}", body="")
    hub.add(title="no text", body=None)
    with serve(hub) as server:
        told(server, sample.results(), compared.results())
    assert len(hub.issues) == 5
    assert len(hub.comments[5]) == 1


def test_pull_requests_and_other_fleets_are_left_alone() -> None:
    """A pull request that quotes the mark is no issue, and another selection has an issue of its own."""
    hub = GitHub()
    results = sample.results()
    hub.add(title="quoted", body=mark(results), labels=["pipelines-audit"], pull_request={})
    narrowed = replace(
        results, run=replace(results.run, selection=replace(results.run.selection, words="--account dev"))
    )
    with serve(hub) as server:
        told(server, results, narrowed)
    assert [issue["title"] for issue in hub.issues[:1]] == ["quoted"]
    assert len(hub.issues) == 3


def test_text_fits_and_is_inert() -> None:
    """Thousands of findings and hostile text stay below GitHub's limit, without an element or a link of theirs."""
    hub = GitHub()
    with serve(hub) as server:
        assert told(server, compared.results(sample.hostile())) == ()
        assert told(server, compared.results(sample.hostile())) == ()
        assert told(server, sample.large(3000, drifting=3000)) == ()
    for text in (*(issue["body"] for issue in hub.issues), *hub.comments[1]):
        assert len(text) <= 65_536
        assert "<img" not in text
        assert "<script" not in text
        assert "](javascript" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=404, body={}), "it answers 404: it is not there, or this token cannot see it"),
        (Answer(status=401, body={}), "it answers 401: the token is not accepted"),
        (Answer(status=403, body={}, headers={"Retry-After": "60"}), "it answers 403: too many messages"),
        (Answer(status=403, body={}, headers={"X-RateLimit-Remaining": "0"}), "it answers 403: too many messages"),
        (Answer(status=403, body={}), "it answers 403: the token or the address may not do that"),
        (Answer(body={}), "it answers with something that is no list of issues"),
        (
            Answer(body=[], headers={"Link": '<https://example.com/x>; rel="next"'}),
            "its next page is on another host, which is not asked",
        ),
    ],
    ids=["404", "401", "403 for a minute", "403 for an hour", "403", "no list", "next page elsewhere"],
)
def test_refusals_are_one_line(answer: Answer, reason: str) -> None:
    """Each names the repository and the reason."""
    with serve(lambda _: answer) as server:
        (line,) = told(server, sample.results())
    assert line.startswith(f"not told: github-issue in acme/infra: {reason}")
    assert "secret-token" not in line


def test_secondary_rate_limit_is_waited_out() -> None:
    """GitHub says 403 with Retry-After: waited for and tried again, and nothing is written twice."""
    hub = GitHub()
    refused: set[str] = set()

    def busy(asked: Asked) -> Answer:
        if asked.method not in refused:
            refused.add(asked.method)
            return Answer(status=403, body={}, headers={"Retry-After": "1"})
        return hub(asked)

    with serve(busy) as server:
        assert told(server, sample.results()) == ()
    assert len(hub.issues) == 1
    assert [asked.method for asked in server.asked] == ["GET", "GET", "GET", "POST", "POST"]


def test_issue_without_a_number() -> None:
    """An answer that is no issue is said, not used."""
    with serve(lambda _: Answer(body=[{"body": mark(sample.results()), "number": "1"}, "text"])) as server:
        (line,) = told(server, sample.results())
    assert "an issue that has no number or no title" in line


def test_no_token_asks_nothing() -> None:
    """Without a token nothing is asked, and the line says what to set."""
    with serve(GitHub()) as server:
        (line,) = told(server, sample.results(), token={})
    assert "set GITHUB_TOKEN" in line
    assert server.asked == []


def test_token_goes_to_its_host_alone() -> None:
    """A redirect to another host gets neither a request nor the token; one to the same host is followed."""
    hub = GitHub()

    def moved(asked: Asked) -> Answer:
        if asked.path.startswith("/repos/acme/infra"):
            return Answer(status=301, body={}, headers={"Location": asked.path.replace("/repos", "/renamed/repos", 1)})
        return hub(replace(asked, path=asked.path.removeprefix("/renamed")))

    def away(_: Asked) -> Answer:
        return Answer(status=301, body={}, headers={"Location": f"{stranger.url}/repos/acme/infra/issues"})

    with serve(lambda _: Answer(body=[])) as stranger, serve(away) as server:
        (line,) = told(server, sample.results())
    assert "leads to another host" in line
    assert stranger.asked == []
    with serve(moved) as server:
        assert told(server, sample.clean()) == ()


def test_damaged_answer() -> None:
    """An answer that is no JSON is a line."""
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Handler(BaseHTTPRequestHandler):
        """Answers with a page."""

        def do_GET(self) -> None:
            """Answer."""
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as plain:
        thread = Thread(target=plain.handle_request)
        thread.start()
        settings = Settings(github_url=f"http://127.0.0.1:{plain.server_port}")
        targets = notify.parse(("github-issue=acme/infra",), settings, TOKEN)
        (line,) = notify.tell(sample.results(), targets, {}, deadline=10)
        thread.join()
    assert "something that is no JSON" in line
