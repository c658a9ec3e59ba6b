"""What stands beside the findings: ages in a word, what is gone, what was left out, each grouped as people read it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reports import FORMATS, markdown, sarif, terminal
from reports.beside import age, changes, disabled, fixed, left_out, unread
from reports.html.controls import controls
from tests.reports import sample

if TYPE_CHECKING:
    from audit.verdict.finding import Finding, Since
    from audit.verdict.results import Results

RESULTS = sample.results()
NEW = RESULTS.findings[0]
OLD = replace(NEW, state="persisting", first_seen=sample.JUDGED - timedelta(days=12))
PLAIN = replace(NEW, state=None, first_seen=None)
ALONE = replace(RESULTS, history=None)


@pytest.mark.parametrize(
    ("findings", "results", "words"),
    [
        pytest.param((NEW, NEW), RESULTS, "new", id="all new"),
        pytest.param((NEW, OLD), RESULTS, "1 new", id="some new"),
        pytest.param((OLD, replace(OLD, first_seen=sample.JUDGED)), RESULTS, "12 days", id="the oldest counts"),
        pytest.param((replace(OLD, first_seen=sample.LAST_NIGHT),), RESULTS, "1 day", id="since yesterday"),
        pytest.param((replace(OLD, first_seen=sample.JUDGED),), RESULTS, "today", id="since today"),
        pytest.param((PLAIN,), RESULTS, "", id="nothing known"),
        pytest.param((PLAIN,), ALONE, "", id="no earlier results"),
        pytest.param((replace(PLAIN, baseline="new"),), ALONE, "new", id="not in the baseline"),
        pytest.param(
            (replace(PLAIN, baseline="new"), replace(PLAIN, baseline="persisting")), ALONE, "1 new", id="partly"
        ),
        pytest.param((replace(PLAIN, baseline="persisting"),), ALONE, "known", id="in the baseline"),
        pytest.param((replace(PLAIN, baseline="not judged"),), ALONE, "not judged before", id="not judged then"),
        pytest.param(
            (replace(PLAIN, baseline="not judged"), replace(PLAIN, baseline="persisting")),
            ALONE,
            "1 not judged before",
            id="partly judged then",
        ),
    ],
)
def test_age(findings: tuple[Finding, ...], results: Results, words: str) -> None:
    """A word or two: new, how many are, or the age of the oldest."""
    assert age(findings, results) == words


def test_changes_are_one_line() -> None:
    """What is new, persists, got worse, is fixed, or was not judged anew; nothing where nothing is known."""
    assert changes(RESULTS) == "since the run of 2026-11-23 02:01: 9 new, 11 persisting, 1 fixed, 1 not judged anew"
    assert changes(ALONE) == ""
    assert RESULTS.history is not None
    quiet = replace(RESULTS, findings=(), history=replace(RESULTS.history, fixed=(), unread=()))
    assert changes(quiet).endswith(": nothing")


def test_what_is_gone_says_since_when() -> None:
    """Place, container, first and last day, and how long it was open; a subject where there is no account."""
    (one,) = fixed(RESULTS)
    assert (one.place, one.container, one.first_seen, one.last_seen, one.days) == (
        "logs us-west-2",
        sample.APPLIER,
        "2026-11-20",
        "2026-11-23",
        4,
    )
    assert RESULTS.history is not None
    fleet = replace(RESULTS.history.unread[0], account=None, account_id=None, subject="infrastructure-live")
    (other,) = unread(replace(RESULTS, history=replace(RESULTS.history, unread=(fleet,))))
    assert other.place == "infrastructure-live"
    assert (fixed(ALONE), unread(ALONE)) == ((), ())


def test_units_of_one_exclusion_are_told_together() -> None:
    """A row for each exclusion, with all its places; units without account or region by their path."""
    other = replace(sample.SANDBOX, region="eu-west-1", unit="sandbox/eu-west-1/mgmt/ecs-deploy-runner")
    lost = replace(sample.SANDBOX, account=None, account_id=None, region=None, unit="x/y", reason="other")
    nothing = replace(lost, unit=None)
    first, second = left_out(replace(RESULTS, excluded=(sample.SANDBOX, other, lost, nothing)))
    assert (first.places, second.places) == (("sandbox us-west-2", "sandbox eu-west-1"), ("x/y", "fleet"))


def test_many_that_are_gone_are_cut_and_counted() -> None:
    """A terminal is no place for a thousand lines."""
    assert RESULTS.history is not None
    many = replace(RESULTS, history=replace(RESULTS.history, fixed=RESULTS.history.fixed * 15))
    shown = terminal.render(many)
    assert shown.count("fixed: image-tag-drift") == 10
    assert "fixed: and 5 more" in shown


def test_half_waived_cause_is_told_twice() -> None:
    """What is waived in one account still fails in another: the table has the one, the waived lines the other."""
    waived = RESULTS.findings[-1]
    fails = replace(waived, outcome="fail", waiver=None, account="stage", id="other")
    half = replace(RESULTS, findings=(fails, waived))
    shown = terminal.render(half)
    assert "waived: image-tag-drift, prod us-west-2 terraform-applier; W-2026-007" in shown
    assert "| high, 2 days | stage us-west-2 |" in markdown.render(half)


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (("new", "new"), "new"),
        (("new", "not judged"), "new"),
        (("new", "persisting"), "unchanged"),
        (("not judged",), None),
        ((None,), None),
    ],
)
def test_sarif_says_what_is_new(states: tuple[Since | None, ...], word: str | None) -> None:
    """An alert is new where all of its findings are; the baseline counts before the last run."""
    found = tuple(replace(PLAIN, id=str(n), state="persisting", baseline=s) for n, s in enumerate(states))
    if word is None:
        found = (PLAIN,)
    (result,) = json.loads(sarif.render(replace(RESULTS, findings=found)))["runs"][0]["results"]
    assert result.get("baselineState") == word


@pytest.mark.parametrize("name", ["github", "html", "json", "junit", "markdown", "sarif", "terminal"])
def test_disabled_check_is_told_with_its_reason(name: str) -> None:
    """Every report that speaks of the whole run names what the configuration left out, and why."""
    (note,) = disabled(RESULTS)
    shown = " ".join(FORMATS[name](RESULTS).split())
    assert "registry-without-own-key" in shown
    assert note.disabled == sample.DISABLED.disabled
    assert str(note.disabled) in shown
    assert "registry-without-own-key" not in FORMATS[name](replace(RESULTS, checks=sample.CHECKS))


def test_control_tells_a_disabled_check() -> None:
    """A control is not called met by a check that judged nothing without saying so."""
    found = {control.name: control.checks for control in controls(RESULTS)}
    assert "registry-without-own-key (disabled)" in found["NIST 800-53 CM-6"]
    assert "image-tag-drift" in found["NIST 800-53 CM-6"]
