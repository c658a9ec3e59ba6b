"""Checks of coverage: gaps one by one, nothing to judge, and what is too old to tell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.configuration.policy import Limits
from audit.errors import UnreadError
from audit.verdict.results import Coverage
from checks import test_coverage
from tests.checks.judging import ended, judged, outcomes, rules, said
from tests.nouns import NOW, TODAY, fleet, fleet_of, gap, released, row, snapshot

if TYPE_CHECKING:
    from audit.verdict.check import Findings


def test_not_covered_has_one_judgement_a_gap() -> None:
    """Every gap is unknown, never waivable into silence; none is a pass."""
    facts = snapshot(declared_gaps=(gap("file", unit="dev/x"), gap("other", unit="dev/y")))
    from audit.verdict import coverage, pairing

    covered = coverage.coverage(facts, pairing.views(facts))
    assert outcomes(judged(test_coverage.test_not_covered, covered)) == ["unknown", "unknown"]
    whole = snapshot()
    assert outcomes(judged(test_coverage.test_not_covered, coverage.coverage(whole, pairing.views(whole)))) == ["pass"]


def test_a_missing_fact_ends_the_whole_item() -> None:
    """What is raised outside of a subject is judged for the item as a whole."""

    def check(findings: Findings) -> None:
        assert not findings.judgements
        raise UnreadError(gap())

    assert outcomes(judged(check)) == ["unknown"]


def test_nothing_declared() -> None:
    """No unit, and no unit whose account is known, are findings of their own."""
    assert ended(test_coverage.test_nothing_declared, fleet()) == ["pass", "pass"]
    assert ended(test_coverage.test_nothing_declared, fleet(rows=())) == ["fail", "fail"]
    dark = fleet(rows=(), declared_gaps=(gap("declaration"),))
    assert ended(test_coverage.test_nothing_declared, dark) == ["unknown", "unknown"]
    assert ended(test_coverage.test_nothing_declared, fleet(rows=(), declared_gaps=(gap("pins"),))) == ["fail", "fail"]
    half = fleet(rows=(row(),), declared_gaps=(gap("declaration"),))
    assert ended(test_coverage.test_nothing_declared, half) == ["pass", "pass"]
    placeless = fleet(rows=(row(account_id=None),))
    assert ended(test_coverage.test_nothing_declared, placeless) == ["pass", "fail"]


@pytest.mark.parametrize(
    ("age", "limit", "expected"),
    [
        pytest.param(timedelta(hours=168), 168, "pass", id="at the limit"),
        pytest.param(timedelta(hours=168, seconds=1), 168, "unknown", id="a second beyond"),
        pytest.param(timedelta(hours=25), 24, "unknown", id="beyond another limit"),
        pytest.param(timedelta(hours=-1), 168, "pass", id="of a clock that is ahead"),
        pytest.param(timedelta(hours=-1, seconds=-1), 168, "unknown", id="still to come"),
    ],
)
def test_stale_snapshot(age: timedelta, limit: int, expected: str) -> None:
    """What is too old says nothing of now."""
    settings = Settings(limits=Limits(snapshot_hours=limit))
    assert ended(test_coverage.test_snapshot_stale, fleet_of(snapshot(), settings, judged_at=NOW + age)) == [expected]


def test_stale_snapshot_says_how_old() -> None:
    """Date, age and limit."""
    whole = fleet_of(snapshot(), judged_at=NOW + timedelta(hours=200))
    assert said(test_coverage.test_snapshot_stale, whole) == (
        f"the snapshot is of {NOW:%Y-%m-%d %H:%M} UTC, 200 hours old (limit 168)"
    )


@pytest.mark.parametrize(("days", "expected"), [(90, "pass"), (91, "fail"), (-1, "pass")])
def test_stale_list(days: int, expected: str) -> None:
    """A list older than its limit can't say what is newest."""
    listed = released(as_of=TODAY - timedelta(days=days))
    assert ended(test_coverage.test_release_list_stale, rules(listed)) == [expected]


def test_stale_list_says_how_old() -> None:
    """Date, age and limit."""
    listed = released(as_of=TODAY - timedelta(days=91))
    assert said(test_coverage.test_release_list_stale, rules(listed)) == (
        f"the list of releases is of {listed.as_of}, 91 days old (limit 90)"
    )


def test_whole_but_short_coverage_is_a_finding() -> None:
    """Fewer units read than expected without a gap that says why is a fault that must not pass."""
    short = Coverage(expected=2, complete=1, partial=0, unread=1, excluded=0, read=1, gaps=())
    assert said(test_coverage.test_not_covered, short) == "1 of 2 units read"
