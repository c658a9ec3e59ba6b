"""Waivers: what they cover, until when, and what they can never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.verdict.finding import OUTCOMES, Finding, Outcome
from audit.verdict.judging import Verdict, waive
from audit.verdict.waivers import Waiver, waived
from tests.nouns import DEV, REGION, SHARED, TODAY
from tests.verdict.findings import book, found, waiver


@pytest.mark.parametrize(
    ("one", "covered"),
    [
        pytest.param(waiver(), True, id="account by name"),
        pytest.param(waiver(accounts=(DEV.id,)), True, id="account by id"),
        pytest.param(waiver(accounts=("prod",)), False, id="another account"),
        pytest.param(waiver(accounts=()), True, id="every account"),
        pytest.param(waiver(regions=(REGION,)), True, id="region"),
        pytest.param(waiver(regions=("eu-west-1",)), False, id="another region"),
        pytest.param(waiver(containers=("terraform-planner",)), True, id="container"),
        pytest.param(waiver(containers=("terraform-applier",)), False, id="another container"),
        pytest.param(waiver(checks=("family-missing",)), False, id="another check"),
        pytest.param(waiver(checks=("family-missing", "image-tag-drift")), True, id="one of its checks"),
        pytest.param(waiver(declared="v1.3.0", running="v1.2.0"), True, id="the facts it was given for"),
        pytest.param(waiver(running="v1.1.0"), False, id="other running facts"),
        pytest.param(waiver(declared="v1.2.0"), False, id="other declared facts"),
        pytest.param(waiver(expires=TODAY), True, id="its last day counts"),
        pytest.param(waiver(expires=TODAY - timedelta(days=1)), False, id="the day after"),
    ],
)
def test_what_a_waiver_covers(one: Waiver, covered: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A failure is waived where every field of the waiver agrees, up to its last day."""
    after = waived(found(), book(one), TODAY)
    assert (after.outcome == "waived") is covered
    assert (after.waiver is not None) is covered


def test_what_is_waived_says_by_whom_and_how_long() -> None:
    """The note has the id, owner, reason, last day and the days left; message and fingerprint stay."""
    after = waived(found(), book(waiver(expires=TODAY)), TODAY)
    assert after.waiver is not None
    assert (after.waiver.id, after.waiver.owner, after.waiver.reason) == ("W-1", "platform@example.com", "freeze")
    assert (after.waiver.expires, after.waiver.days_left) == (TODAY, 0)
    assert replace(after, waiver=None, outcome="fail") == found()


def test_an_expired_waiver_lets_the_finding_come_back() -> None:
    """It fails again, and its message says which waiver ended when; the fingerprint is that of before."""
    yesterday = TODAY - timedelta(days=1)
    after = waived(found(), book(waiver(expires=yesterday)), TODAY)
    assert (after.outcome, after.waiver, after.id) == ("fail", None, found().id)
    assert after.message.endswith(f"(waiver W-1 of platform@example.com expired on {yesterday})")


def test_of_several_the_one_that_holds_longest_counts() -> None:
    """An expired or shorter one beside it changes nothing."""
    later = waiver(id="W-2", expires=TODAY + timedelta(days=60))
    for several in ((waiver(), later), (later, waiver(expires=TODAY - timedelta(days=1)))):
        note = waived(found(), book(*several), TODAY).waiver
        assert note is not None
        assert (note.id, note.days_left) == ("W-2", 60)


def test_a_finding_without_account_needs_a_waiver_for_all() -> None:
    """What belongs to the whole fleet is not covered by a waiver for one account."""
    fleet = found(account=replace(DEV, id=None))
    alone = replace(fleet, account=None, region=None)
    assert waived(alone, book(waiver()), TODAY).outcome == "fail"
    assert waived(alone, book(waiver(accounts=())), TODAY).outcome == "waived"


def test_an_item_is_as_bad_as_the_worst_of_its_findings() -> None:
    """With everything waived it is waived; one failure left, and it fails; an unknown stays unknown."""
    other = found(account=SHARED)
    unknown = found("unknown")
    for findings, outcome in (((found(),), "waived"), ((found(), other), "fail"), ((found(), unknown), "unknown")):
        verdict = Verdict(check="image-tag-drift", unit="u", outcome="fail", findings=findings)
        assert waive(verdict, book(waiver()), TODAY).outcome == outcome
    clean = Verdict(check="image-tag-drift", unit="u", outcome="pass", findings=())
    assert waive(clean, book(waiver()), TODAY) == clean


WAIVERS = st.builds(
    waiver,
    checks=st.sampled_from([("image-tag-drift",), ("family-missing",), ("image-tag-drift", "family-missing")]),
    accounts=st.sampled_from([(), ("dev",), ("shared",), (DEV.id,)]),
    expires=st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days)),
)
FINDINGS = st.builds(
    found,
    st.sampled_from(OUTCOMES),
    st.sampled_from([DEV, SHARED]),
    st.sampled_from(["image-tag-drift", "family-missing"]),
)


@given(st.lists(FINDINGS, max_size=12), st.lists(WAIVERS, max_size=6))
def test_only_failures_change_and_none_is_lost(several: list[Finding], waivers: list[Waiver]) -> None:
    """A waiver never changes an unknown, an error or a pass; the sum of outcomes is what it was."""
    after = [waived(one, book(*waivers), TODAY) for one in several]
    kept: tuple[Outcome, ...] = ("unknown", "error", "pass", "not_applicable", "waived")
    assert [one.id for one in after] == [one.id for one in several]
    assert all(new == old for new, old in zip(after, several, strict=True) if old.outcome in kept)
    assert all(
        new.outcome in ("fail", "waived") for new, old in zip(after, several, strict=True) if old.outcome == "fail"
    )
