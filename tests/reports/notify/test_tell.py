"""Notices reach a real server: once, only what changed, patient with it, and no failure is more than a line."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.errors import UsageError
from reports import notify
from reports.notify.targets import Hook
from tests.reports import sample
from tests.reports.notify import compared
from tests.reports.notify.server import Answer, Asked, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audit.verdict.results import Results
    from tests.reports.notify.server import Server

SECRET = "/services/T000/B000/very-secret"


def told(
    server: Server | str, results: Results, tmp_path: Path, kind: str = "slack", deadline: float = 20
) -> Sequence[str]:
    """Tell a hook at a server."""
    url = server if isinstance(server, str) else server.url
    targets = notify.parse((f"{kind}={url}{SECRET}",), Settings(), {})
    return notify.tell(results, targets, {"XDG_CACHE_HOME": str(tmp_path)}, deadline=deadline)


def text_of(asked: Asked) -> str:
    """Give the words of a message for Slack."""
    return "\n".join(block["text"]["text"] for block in asked.body["blocks"])


def test_slack_is_told_what_changed(tmp_path: Path) -> None:
    """One message: the verdict, what is new, worse, no longer readable, fixed, and nothing of what persists."""
    with serve(lambda _: Answer()) as server:
        assert told(server, compared.results(), tmp_path) == ()
    (asked,) = server.asked
    text = text_of(asked)
    assert "exit 1: 17 findings ≥ low" in text
    assert "1 new, 1 worse, 1 no longer readable, 1 fixed since the run before" in text
    assert "high: security us-west-2 · terraform-planner: security runs terraform-planner at v0.51.8" in text
    assert "high, was low: shared us-west-2 · docker-image-builder" in text
    assert "dev us-west-2: dev: the role cannot list task definitions" in text
    assert "image-tag-drift: stage us-west-2 · terraform-planner, since 2026-11-23" in text
    assert "invoker" not in text
    assert asked.path == SECRET


def test_nothing_is_told_where_nothing_changed(tmp_path: Path) -> None:
    """A quiet night makes no message."""
    with serve(lambda _: Answer()) as server:
        assert told(server, compared.unchanged(), tmp_path) == ()
    assert server.asked == []


def test_the_same_change_is_told_once(tmp_path: Path) -> None:
    """A run that is repeated repeats no message; another change is told, also when the first one comes again."""
    with serve(lambda _: Answer()) as server:
        for results in (compared.results(), compared.results(), compared.well(), compared.results()):
            assert told(server, results, tmp_path) == ()
    assert len(server.asked) == 3


def test_a_message_that_failed_is_told_again(tmp_path: Path) -> None:
    """What did not arrive is not remembered as told."""
    with serve(lambda _: Answer(status=400)) as server:
        assert told(server, compared.results(), tmp_path) == ("not told: slack at 127.0.0.1: it answers 400",)
        told(server, compared.results(), tmp_path)
    assert len(server.asked) == 2


def test_first_run_tells_everything(tmp_path: Path) -> None:
    """Without a run to compare with, all that fails is new, and the message says why."""
    base = sample.results()
    failing = sum(found.outcome == "fail" for found in base.findings)
    with serve(lambda _: Answer()) as server:
        told(server, replace(base, history=None), tmp_path)
    assert f"{failing} new, 1 no longer readable and no run to compare with" in text_of(server.asked[0])


def test_below_the_level_is_no_notice(tmp_path: Path) -> None:
    """Findings that don't fail the run are not told."""
    base = compared.results()
    run = replace(base.run, selection=replace(base.run.selection, fail_on="critical"))
    with serve(lambda _: Answer()) as server:
        told(server, replace(base, run=run), tmp_path)
    assert "1 no longer readable since" in text_of(server.asked[0])


def test_webhook_gets_a_document(tmp_path: Path) -> None:
    """The changes as data, with ids, and counts that are whole where lists are cut."""
    base = sample.large(600, drifting=300)
    with serve(lambda _: Answer()) as server:
        assert told(server, compared.results(), tmp_path, "webhook") == ()
        assert told(server, base, tmp_path, "webhook") == ()
    first, second = (asked.body for asked in server.asked)
    assert first["kind"] == "pipelines-audit-changes"
    assert first["counts"] == {"new": 1, "worse": 1, "unread": 1, "fixed": 1}
    assert first["worse"][0]["was"] == "low"
    assert first["new"][0]["id"] == compared.results().findings[compared.NEW].id
    assert first["previous_run"] == "before"
    assert (second["counts"]["new"], len(second["new"])) == (300, 200)


def test_limits_of_slack(tmp_path: Path) -> None:
    """A header of at most 150 characters, sections of at most 3,000, at most 50 blocks, whatever the results hold."""
    with serve(lambda _: Answer()) as server:
        told(server, compared.results(sample.hostile()), tmp_path)
    blocks = server.asked[0].body["blocks"]
    assert len(blocks) <= 50
    assert {block["text"]["type"] for block in blocks} == {"plain_text"}
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks)


def test_long_lists_are_cut_between_lines(tmp_path: Path) -> None:
    """A dozen lines a kind, each kind whole lines below Slack's limit."""
    base = sample.results()
    finding = next(found for found in base.findings if found.outcome == "fail")
    many = tuple(
        replace(finding, id=f"{n:064}", cause_id=str(n), message=f"{n} {'x' * 280}", account=f"account-{n}", state=None)
        for n in range(40)
    )
    with serve(lambda _: Answer()) as server:
        told(server, replace(base, findings=many, history=None), tmp_path)
    new = server.asked[0].body["blocks"][2]["text"]["text"]
    assert len(new) <= 2900
    assert new.endswith(("…", "more lines"))


def test_hostile_text_is_inert(tmp_path: Path) -> None:
    """No mention, no link, no control character reaches Slack."""
    with serve(lambda _: Answer()) as server:
        told(server, compared.results(sample.hostile()), tmp_path)
    body = server.asked[0].text + text_of(server.asked[0])
    assert not set("<>\x00\x1b\u202e") & set(text_of(server.asked[0]))
    assert "<!channel>" not in body
    assert "<script" not in body


def test_throttling_is_waited_out(tmp_path: Path) -> None:
    """429 with Retry-After is waited for, then the message arrives."""
    answers = iter([Answer(status=429, headers={"Retry-After": "1"}), Answer(status=503), Answer()])
    started = time.monotonic()
    with serve(lambda _: next(answers)) as server:
        assert told(server, compared.results(), tmp_path) == ()
    assert len(server.asked) == 3
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (Answer(status=429, headers={"Retry-After": "3600"}), "it answers 429: too many messages", 1),
        (Answer(status=404), "it answers 404: it is not there", 1),
        (Answer(status=302, headers={"Location": "http://localhost:9/elsewhere"}), "it leads to another host", 1),
        (Answer(status=302, headers={"Location": "http://[/"}), "it leads to another host", 1),
        (Answer(status=302, headers={"Location": "/moved"}), "it answers 302, is the address still right", 1),
        (Answer(status=308, headers={"Location": "/again"}), "it redirects without an end", 4),
        (None, "no connection", 1),
    ],
    ids=["throttled for an hour", "gone", "elsewhere", "nowhere", "moved", "in circles", "dropped"],
)
def test_failures_are_one_line(answer: Answer | None, reason: str, requests: int, tmp_path: Path) -> None:
    """Every refusal is a line that names kind and host, never the address; nothing is sent twice to be sure."""
    with serve(lambda _: answer) as server:
        (line,) = told(server, compared.results(), tmp_path)
    assert line.startswith(f"not told: slack at 127.0.0.1: {reason}")
    assert "secret" not in line
    assert len(server.asked) == requests


def test_a_server_that_never_ends_is_left(tmp_path: Path) -> None:
    """A server that does not answer in time costs the deadline, not the run."""
    told_so = threading.Event()

    def wait(_: Asked) -> Answer:
        told_so.wait(60)
        return Answer()

    started = time.monotonic()
    with serve(wait) as server:
        lines = told(server, compared.results(), tmp_path, deadline=1)
        assert time.monotonic() - started < 50
        told_so.set()
    assert lines == ("not told: slack at 127.0.0.1: no answer within 1 s",)


def test_nobody_listens(tmp_path: Path) -> None:
    """A refused connection is a line."""
    with serve(lambda _: Answer()) as server:
        pass
    (line,) = told(server.url, compared.results(), tmp_path, deadline=5)
    assert line == "not told: slack at 127.0.0.1: no connection"


def test_without_a_cache_everything_is_told() -> None:
    """Where nothing can be remembered, a message is rather told twice than never."""
    with serve(lambda _: Answer()) as server:
        targets = notify.parse((f"slack={server.url}{SECRET}",), Settings(), {})
        for _ in range(2):
            assert notify.tell(compared.results(), targets, {}) == ()
    assert len(server.asked) == 2


def test_an_unusable_cache_is_no_fault(tmp_path: Path) -> None:
    """A cache that is a file is as good as none."""
    (tmp_path / "pipelines-audit").write_text("in the way")
    with serve(lambda _: Answer()) as server:
        assert told(server, compared.results(), tmp_path) == ()


def test_several_targets_are_told_side_by_side(tmp_path: Path) -> None:
    """One that fails keeps no other from being told; the same one twice is told once."""
    with serve(lambda _: Answer()) as good, serve(lambda _: Answer(status=410)) as bad:
        texts = (f"slack={bad.url}/x", f"webhook={good.url}/y", f"webhook={good.url}/y")
        targets = notify.parse(texts, Settings(), {})
        lines = notify.tell(compared.results(), targets, {"XDG_CACHE_HOME": str(tmp_path)}, deadline=15)
    assert len(lines) == 1
    assert lines[0].startswith("not told: slack at 127.0.0.1: it answers 410")
    assert len(good.asked) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slack", "--notify: give it as slack=URL, webhook=URL or github-issue=OWNER/REPO"),
        ("teams=https://example.com/secret", "--notify: give it as slack=URL"),
        ("slack=http://example.com/secret", "plain http is asked only on this machine"),
        ("slack=file:///etc/secret", "only https:// is asked"),
        ("slack=https://user:secret@example.com/x", "user names and passwords don't belong there"),
        ("webhook=https://169.254.169.254/secret", "a link-local or metadata address"),
        ("webhook=https://[secret", "not a URL"),
        ("github-issue=secret", "give the repository as OWNER/REPO"),
        ("github-issue=../secret", "give the repository as OWNER/REPO"),
    ],
)
def test_bad_targets_are_refused_before_any_work(text: str, words: str) -> None:
    """Each with its reason, and none of them quoted."""
    with pytest.raises(UsageError) as refused:
        notify.parse((text,), Settings(), {})
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_addresses_are_in_no_repr() -> None:
    """Neither a target nor the settings show where a message goes."""
    settings = Settings(notify=("slack=https://example.com/secret",), history="postgresql+psycopg://u:secret@h/d")
    targets = notify.parse(settings.notify, settings, {})
    assert isinstance(targets[0], Hook)
    assert "secret" not in repr(targets) + repr(settings)
