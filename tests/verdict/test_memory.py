"""Memory over nights: what is new, persists, is fixed, or was not judged anew; renamed accounts keep their findings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.snapshot import Snapshot, sha256
from audit.verdict.conclusion import Occasion, conclude
from audit.verdict.finding import Finding, Outcome, State, fingerprint
from audit.verdict.ledger import Ended, Entry
from audit.verdict.left_out import keep
from audit.verdict.precedents import Precedents
from audit.verdict.releases import Releases
from audit.verdict.results import Results, from_json, to_json
from audit.verdict.waivers import Waivers
from tests.nouns import DEV, NOW, REGION, SHARED, STACK, gap, row, snapshot
from tests.verdict.findings import book, exclusion, found, record

if TYPE_CHECKING:
    from audit.model import Account
    from audit.verdict.check import Check

FLEET = snapshot(rows=(row(), row(account=SHARED)))
CHECKS = (record(),)
NAMELESS = replace(gap("unit"), account=None, account_id=None, region=None)


def entry(
    *findings: Finding, account: Account = DEV, check: str = "image-tag-drift", outcome: Outcome = "pass"
) -> Entry:
    """Judge one unit: what it ended with is the worst of its findings."""
    worst = next((one.outcome for one in findings), outcome)
    key = f"{account.name}/{REGION}"
    return Entry(nodeid=f"{check}[{key}]", check=check, unit=key, outcome=worst, findings=findings)


def night(
    *entries: Entry,
    previous: Results | None = None,
    baseline: Results | None = None,
    day: int = 0,
    settings: Settings | None = None,
    facts: Snapshot = FLEET,
    waivers: Waivers | None = None,
    reason: str | None = None,
    checks: tuple[Check, ...] = CHECKS,
) -> Results:
    """Conclude a run that judged these entries, ``day`` days after the first, and send it through JSON."""
    now = NOW + timedelta(days=day)
    beside = Precedents(waivers=waivers or Waivers(), baseline=baseline, previous=previous)
    occasion = Occasion(
        id=f"night-{day}",
        judged_at=now,
        settings=settings or Settings(),
        config_sha256=None,
        snapshot=facts,
        snapshot_sha256=sha256(facts),
        releases=Releases(released=facts.released, today=now.date(), max_age_days=90),
        precedents=beside,
    )
    ended = Ended(expected=len(entries), reason=reason)
    results = conclude(occasion, keep(facts, beside.waivers, now.date()), entries, ended, checks)
    return from_json(to_json(results), name="r")


def told(results: Results) -> tuple[list[tuple[State | None, datetime | None]], int, int]:
    """Give state and first day of each finding, how many are fixed, and how many were not judged anew."""
    assert results.history is not None
    states = [(one.state, one.first_seen) for one in results.findings]
    return states, len(results.history.fixed), len(results.history.unread)


BAD = entry(found())
GOOD = entry()
DARK = entry(found("unknown", container=None, id="dark"))


def test_without_earlier_results_nothing_is_said() -> None:
    """The first run has no states, no ages, no history."""
    first = night(BAD)
    assert (first.findings[0].state, first.findings[0].first_seen, first.history) == (None, None, None)
    assert "new" not in first.verdict


def test_a_finding_keeps_its_first_day() -> None:
    """Drift, an unread night, a wrong tag of another kind, drift, fixed, relapse: the ages are those of the table."""
    one = night(BAD, previous=night(GOOD), day=1)
    assert told(one) == ([("new", NOW + timedelta(days=1))], 0, 0)
    two = night(BAD, previous=one, day=2)
    assert told(two) == ([("persisting", NOW + timedelta(days=1))], 0, 0)
    three = night(DARK, previous=two, day=3)
    assert told(three) == ([("new", NOW + timedelta(days=3))], 0, 1), "an unread night fixes nothing"
    four = night(DARK, previous=three, day=4)
    assert told(four) == ([("persisting", NOW + timedelta(days=3))], 0, 1)
    assert four.history is not None
    assert four.history.unread[0].last_seen == NOW + timedelta(days=2)
    five = night(BAD, previous=four, day=5)
    assert told(five) == ([("persisting", NOW + timedelta(days=1))], 0, 0), "the first day is the old one"
    six = night(GOOD, previous=five, day=6)
    assert told(six) == ([], 1, 0)
    assert six.verdict == "exit 0: in sync, 1 fixed, 2 of 2 units read"
    seven = night(GOOD, previous=six, day=7)
    assert told(seven) == ([], 0, 0), "what is fixed is told once"
    eight = night(BAD, previous=seven, day=8)
    assert told(eight) == ([("new", NOW + timedelta(days=8))], 0, 0), "a relapse is new"


@pytest.mark.parametrize(
    ("tonight", "options", "fixed"),
    [
        pytest.param((GOOD,), {}, 1, id="judged anew and clean"),
        pytest.param((entry(outcome="not_applicable"),), {}, 1, id="nothing left to judge"),
        pytest.param((entry(found(container="terraform-applier", id="other")),), {}, 1, id="another container fails"),
        pytest.param((entry(found("unknown", container="terraform-applier")),), {}, 1, id="another container unknown"),
        pytest.param((DARK,), {}, 0, id="the unit unknown"),
        pytest.param((entry(found("error")),), {}, 0, id="the check broke"),
        pytest.param((entry(found("unknown")),), {}, 0, id="the container unknown"),
        pytest.param((), {}, 0, id="not judged"),
        pytest.param((entry(check="family-missing"),), {}, 0, id="another check alone"),
        pytest.param((entry(account=SHARED),), {}, 0, id="another unit alone"),
        pytest.param((entry(account=SHARED),), {"reason": "stopped by a signal"}, 0, id="cut short"),
        pytest.param(
            (entry(account=SHARED),), {"facts": snapshot(rows=(row(account=SHARED),))}, 1, id="its unit is gone"
        ),
        pytest.param(
            (entry(account=SHARED),),
            {"facts": snapshot(rows=(row(account=SHARED),)), "settings": Settings(account=("shared",))},
            0,
            id="its unit was not selected",
        ),
        pytest.param(
            (entry(account=SHARED),),
            {"facts": snapshot(rows=(row(account=SHARED),), declared_gaps=(gap("unit", unit="dev/x"),))},
            0,
            id="its account is not readable",
        ),
        pytest.param(
            (entry(account=SHARED),),
            {"facts": snapshot(rows=(row(account=SHARED),), declared_gaps=(NAMELESS,))},
            0,
            id="something is not readable",
        ),
        pytest.param(
            (entry(account=SHARED),), {"waivers": book(exclusions=(exclusion(),))}, 0, id="its account is excluded"
        ),
        pytest.param(
            (entry(account=SHARED, check="family-missing"),),
            {"facts": snapshot(rows=(row(account=SHARED),))},
            0,
            id="its unit is gone, but its check did not run",
        ),
    ],
)
def test_only_what_was_judged_anew_is_fixed(tonight: tuple[Entry, ...], options: dict[str, object], fixed: int) -> None:
    """A finding is fixed where its check ran on its place and could tell; anything else carries it on."""
    results = night(*tonight, previous=night(BAD), day=1, **options)  # type: ignore[arg-type]  # rows of the table
    assert told(results)[1:] == (fixed, 1 - fixed)


def test_a_renamed_account_keeps_its_findings() -> None:
    """The fingerprint has no name: new name, new path of the unit, same finding."""
    renamed = replace(DEV, name="development")
    facts = snapshot(rows=(row(account=renamed), row(account=SHARED)))
    before = night(BAD)
    same = night(entry(found(account=renamed), account=renamed), previous=before, day=1, facts=facts)
    assert told(same) == ([("persisting", NOW)], 0, 0)
    mended = night(entry(account=renamed), previous=before, day=1, facts=facts)
    assert told(mended) == ([], 1, 0)


def test_a_renamed_check_keeps_its_findings() -> None:
    """An earlier id of a check is read as the one of today."""
    parts = (DEV.id, REGION, STACK, "terraform-planner", "")
    old = found(check="tag-drift", id=fingerprint("tag-drift", *parts))
    now = found(id=fingerprint("image-tag-drift", *parts))
    checks = (record(aliases=("tag-drift",)),)
    before = night(entry(old, check="tag-drift"))
    assert told(night(entry(now), previous=before, day=1, checks=checks)) == ([("persisting", NOW)], 0, 0)
    dark = night(DARK, previous=before, day=1, checks=checks)
    assert told(dark)[1:] == (0, 1)
    assert told(night(GOOD, previous=dark, day=2, checks=checks)) == ([], 1, 0)


def test_waived_is_still_there() -> None:
    """A waiver does not fix, and its end is no new finding but a worse one."""
    before = night(entry(found("waived")), previous=night(GOOD))
    back = night(BAD, previous=before, day=1)
    assert told(back) == ([("persisting", NOW)], 0, 0)
    assert back.history is not None
    assert [(one.id, one.was) for one in back.history.escalated] == [(found().id, "waived")]
    again = night(entry(found("waived")), previous=back, day=2)
    assert told(again) == ([("persisting", NOW)], 0, 0)
    worse = night(entry(found(severity="critical")), previous=night(BAD), day=1)
    assert worse.history is not None
    assert [one.was for one in worse.history.escalated] == ["high"]


def test_a_finding_of_the_fleet_is_judged_with_the_fleet() -> None:
    """What belongs to no unit is fixed where its check passed on the whole fleet, not on a part of it."""
    skew = replace(found(check="fleet-tag-skew"), account=None, account_id=None, region=None, unit=None, container=None)
    whole = Entry(nodeid="n", check="fleet-tag-skew", unit="fleet", outcome="fail", findings=(skew,))
    clean = replace(whole, outcome="pass", findings=())
    before = night(whole, BAD)
    assert told(night(clean, BAD, previous=before, day=1))[1:] == (1, 0)
    assert told(night(clean, BAD, previous=before, day=1, settings=Settings(account=("dev",))))[1:] == (0, 1)
    assert told(night(clean, BAD, previous=before, day=1, reason="killed"))[1:] == (0, 1)
    assert told(night(BAD, previous=before, day=1))[1:] == (0, 1)
    clouded = replace(whole, outcome="unknown", findings=(replace(skew, outcome="unknown", id="u"),))
    assert told(night(clouded, BAD, previous=before, day=1))[1:] == (0, 1)


def test_a_baseline_tells_new_from_known_and_hides_nothing() -> None:
    """Both fail, both count; only what the baseline lacks is new, and the verdict says how many."""
    other = found(account=SHARED)
    both = night(BAD, entry(other, account=SHARED), baseline=night(BAD, entry(account=SHARED)))
    states = {one.account: one.baseline for one in both.findings}
    assert states == {"dev": "persisting", "shared": "new"}
    assert (both.exit_code, both.summary["fail"], both.history) == (1, 2, None)
    assert both.verdict.startswith("exit 1: 2 findings ≥ low, 1 new since the baseline")


ALONE = snapshot(rows=(row(account=SHARED),))
CLEAN_SHARED = entry(account=SHARED)
BELOW = replace(ALONE, declared=replace(ALONE.declared, scope="live"))


@pytest.mark.parametrize(
    ("then", "options", "state"),
    [
        pytest.param((GOOD,), {}, "new", id="passed then"),
        pytest.param((entry(outcome="not_applicable"),), {}, "new", id="had nothing to judge then"),
        pytest.param((entry(found(container="terraform-applier", id="x")),), {}, "new", id="another container failed"),
        pytest.param((entry(found("unknown", container="terraform-applier")),), {}, "new", id="another was unknown"),
        pytest.param((entry(found("waived")),), {}, "persisting", id="was waived then"),
        pytest.param((entry(found("unknown")),), {}, "not judged", id="was unknown then"),
        pytest.param((DARK,), {}, "not judged", id="its unit was unread then"),
        pytest.param((entry(found("error")),), {}, "not judged", id="its check broke then"),
        pytest.param((entry(check="family-missing"),), {}, "not judged", id="its check was not there, or not chosen"),
        pytest.param((CLEAN_SHARED,), {"reason": "stopped by a signal"}, "not judged", id="cut short before it"),
        pytest.param((CLEAN_SHARED,), {"facts": ALONE}, "new", id="its unit was not declared then"),
        pytest.param((CLEAN_SHARED,), {"facts": BELOW}, "not judged", id="another part of the repository was judged"),
        pytest.param(
            (CLEAN_SHARED,),
            {"facts": ALONE, "settings": Settings(account=("shared",))},
            "not judged",
            id="its account was not selected then",
        ),
        pytest.param(
            (CLEAN_SHARED,), {"waivers": book(exclusions=(exclusion(),))}, "not judged", id="its account was excluded"
        ),
        pytest.param(
            (CLEAN_SHARED,),
            {"facts": snapshot(rows=(row(account=SHARED),), declared_gaps=(NAMELESS,))},
            "not judged",
            id="who knows what was declared then",
        ),
    ],
)
def test_new_is_what_the_baseline_judged_and_did_not_find(
    then: tuple[Entry, ...], options: dict[str, object], state: str
) -> None:
    """What the baseline did not judge is neither new nor known; it still fails, and the verdict counts it apart."""
    baseline = night(*then, **options)  # type: ignore[arg-type]  # rows of the table
    now = night(BAD, CLEAN_SHARED, baseline=baseline, day=9)
    assert [one.baseline for one in now.findings] == [state]
    words = {"new": ", 1 new since the baseline", "not judged": ", 1 not judged before", "persisting": ""}[state]
    assert now.verdict == f"exit 1: 1 finding ≥ low{words}"


def test_what_fails_no_run_is_counted_nowhere() -> None:
    """The verdict counts as new, or as not judged before, among the findings that it counts."""
    mild = found(account=SHARED, severity="info")
    now = night(
        BAD, entry(mild, account=SHARED), baseline=night(GOOD, CLEAN_SHARED), previous=night(GOOD, CLEAN_SHARED)
    )
    assert {one.baseline for one in now.findings} == {"new"}
    assert now.verdict == "exit 1: 1 finding ≥ low, 1 new since the baseline, 1 new since the last run"


def test_a_baseline_knows_a_check_by_its_earlier_id() -> None:
    """A check that was renamed since judged then what it judges now."""
    checks = (record(aliases=("tag-drift",)),)
    before = night(entry(check="tag-drift"))
    assert [one.baseline for one in night(BAD, baseline=before, day=1, checks=checks).findings] == ["new"]
    assert [one.baseline for one in night(BAD, baseline=before, day=1).findings] == ["not judged"]


def test_a_part_of_the_fleet_is_no_baseline_of_the_whole() -> None:
    """A check of the whole fleet that passed on a part of it says nothing about a finding of the whole."""
    skew = replace(found(check="fleet-tag-skew"), account=None, account_id=None, region=None, unit=None, container=None)
    bad = Entry(nodeid="n", check="fleet-tag-skew", unit="fleet", outcome="fail", findings=(skew,))
    clean = replace(bad, outcome="pass", findings=())
    assert [one.baseline for one in night(bad, baseline=night(clean)).findings] == ["new"]
    part = night(clean, settings=Settings(account=("dev",)))
    assert [one.baseline for one in night(bad, baseline=part).findings] == ["not judged"]


def test_results_written_before_can_be_read() -> None:
    """A document without the later fields has none of what they say."""
    old = to_json(night(BAD))

    plain = json.loads(old)
    for name in ("excluded", "warnings", "history", "trend"):
        del plain[name]
    for name in ("state", "first_seen", "baseline"):
        del plain["findings"][0][name]
    before = from_json(json.dumps(plain), name="r")
    assert (before.excluded, before.warnings, before.history) == ((), (), None)
    assert told(night(BAD, previous=before, day=1)) == ([("persisting", NOW)], 0, 0)
