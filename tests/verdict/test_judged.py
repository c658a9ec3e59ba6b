"""A finding is gone only where a later run proves it: by its place, its container, the fleet, or the unit's end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Gap
from audit.verdict import judged
from audit.verdict.results import Excluded, Passed, Results
from tests.nouns import TODAY
from tests.reports import sample
from tests.verdict.history.nights import APPLIER, IDS, PLANNER, found, night

if TYPE_CHECKING:
    from audit.verdict.finding import Finding
    from audit.verdict.judged import Proof

DRIFT = "image-tag-drift"
DEV, PROD = found(DRIFT, "dev", PLANNER), found(DRIFT, "prod", PLANNER)
FLEETWIDE = replace(DEV, check="module-ref-skew", account=None, account_id=None, region=None, unit=None)
SKEW = replace(DEV, check="module-ref-skew")
OTHER = replace(DEV, check="never-run")
HOLE = Gap(what="accounts", message="accounts.json cannot be read")
AWAY = Excluded(
    account="prod", account_id=IDS["prod"], region=None, unit=None, reason="r", owner="o", expires=TODAY, days_left=1
)


def narrowed(results: Results, words: str) -> Results:
    """Let results be of a run with a selection."""
    return replace(results, run=replace(results.run, selection=replace(results.run.selection, words=words)))


def of_a_part(results: Results, words: str) -> Results:
    """Let results be of a snapshot that had been narrowed when it was taken."""
    return replace(results, run=replace(results.run, selection=replace(results.run.selection, snapshot=words)))


def holed(results: Results, gap: Gap) -> Results:
    """Add a gap."""
    return replace(results, coverage=replace(results.coverage, gaps=(gap,)))


CLEAN = night(2)
GONE = night(2, accounts=["dev", "stage"])
FLEET = replace(CLEAN, passes=(*CLEAN.passes, Passed(check="module-ref-skew", unit="fleet")))
OTHERWISE = replace(CLEAN, findings=(replace(FLEETWIDE, id="2" * 64, kind="other"),))
SKEWED = night(2, [replace(SKEW, id="1" * 64, unit=sample.unit("prod"), account_id=IDS["prod"])])
DOUBT = found(DRIFT, "dev", APPLIER, outcome="unknown")


@pytest.mark.parametrize(
    ("results", "finding", "proof"),
    [
        pytest.param(CLEAN, DEV, "fixed", id="its place passed"),
        pytest.param(night(2, names={"dev": "development"}), DEV, "fixed", id="its place passed under a new name"),
        pytest.param(night(2, [found(DRIFT, "dev", APPLIER)]), DEV, "fixed", id="its place fails otherwise"),
        pytest.param(night(2, unread=["dev"]), DEV, "unread", id="its place was not read"),
        pytest.param(night(2, [DOUBT]), DEV, "fixed", id="only another container was not read"),
        pytest.param(
            night(2, [DOUBT, found(DRIFT, "dev", None)]), DEV, "fixed", id="another container was not read, it was"
        ),
        pytest.param(
            night(2, [found(DRIFT, "dev", PLANNER, outcome="error"), found(DRIFT, "dev", APPLIER)]),
            DEV,
            "unread",
            id="its own judgement crashed",
        ),
        pytest.param(CLEAN, OTHER, "unread", id="the check did not run"),
        pytest.param(replace(CLEAN, passes=()), DEV, "unread", id="nothing was judged"),
        pytest.param(GONE, PROD, "left", id="the unit is no longer declared"),
        pytest.param(narrowed(GONE, "--account dev"), PROD, "unread", id="the unit was not selected"),
        pytest.param(of_a_part(GONE, "--account dev"), PROD, "unread", id="the unit was not in the snapshot"),
        pytest.param(narrowed(GONE, "--account 'it is"), PROD, "unread", id="a selection that can't be read"),
        pytest.param(narrowed(GONE, "--check image-tag-drift --severity high"), PROD, "left", id="only checks chosen"),
        pytest.param(
            replace(GONE, run=replace(GONE.run, incomplete="stopped")), PROD, "unread", id="the run was cut short"
        ),
        pytest.param(holed(GONE, HOLE), PROD, "unread", id="who knows what the repository declares"),
        pytest.param(
            holed(GONE, replace(HOLE, unit=sample.unit("prod"))), PROD, "unread", id="its declaration can't be read"
        ),
        pytest.param(replace(GONE, excluded=(AWAY,)), PROD, "unread", id="its account is excluded"),
        pytest.param(FLEET, SKEW, "fixed", id="a check of the fleet passed"),
        pytest.param(FLEET, FLEETWIDE, "fixed", id="a check of the fleet passed, about no place"),
        pytest.param(narrowed(FLEET, "-k dev"), SKEW, "unread", id="a check of a part of the fleet passed"),
        pytest.param(
            narrowed(FLEET, "--account dev"),
            FLEETWIDE,
            "unread",
            id="a check of a part of the fleet passed, about no place",
        ),
        pytest.param(OTHERWISE, FLEETWIDE, "fixed", id="a check of the fleet found something else"),
        pytest.param(
            narrowed(OTHERWISE, "--account dev"), FLEETWIDE, "unread", id="a check of a part found something else"
        ),
        pytest.param(SKEWED, SKEW, "fixed", id="a check of the fleet found another place"),
    ],
)
def test_proof(results: Results, finding: Finding, proof: Proof) -> None:
    """Each case that the rules tell apart."""
    assert judged.of(results).proof(finding) == proof


def test_a_renamed_check_proves_what_it_proved() -> None:
    """What an earlier id of a check judged is asked for by the id of today."""
    old = judged.of(CLEAN, {DRIFT: "tag-differs"})
    assert old.proof(replace(DEV, check="tag-differs")) == "fixed"
    assert old.proof(DEV) == "unread"
