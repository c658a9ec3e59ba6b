"""What is excluded leaves what is expected, stands beside it, and takes nothing else along."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.errors import NothingSelectedError
from audit.verdict.left_out import keep
from audit.verdict.precedents import Precedents
from audit.verdict.session import Session
from tests.nouns import DEV, NOW, REGION, SHARED, TODAY, gap, row, snapshot
from tests.verdict.findings import book, exclusion

if TYPE_CHECKING:
    from audit.look.exclusions import Exclusion

FLEET = snapshot(rows=(row(), row("terraform-applier"), row(account=SHARED)))


@pytest.mark.parametrize(
    ("one", "left"),
    [
        pytest.param(exclusion(), ["shared/us-west-2"], id="by name"),
        pytest.param(exclusion(accounts=(DEV.id,)), ["shared/us-west-2"], id="by id"),
        pytest.param(exclusion(regions=(REGION,)), ["shared/us-west-2"], id="in its region"),
        pytest.param(exclusion(regions=("eu-west-1",)), ["dev/us-west-2", "shared/us-west-2"], id="in another region"),
        pytest.param(exclusion(accounts=("de",)), ["dev/us-west-2", "shared/us-west-2"], id="no part of a name"),
        pytest.param(exclusion(expires=TODAY), ["shared/us-west-2"], id="on its last day"),
        pytest.param(
            exclusion(expires=TODAY - timedelta(days=1)), ["dev/us-west-2", "shared/us-west-2"], id="the day after"
        ),
    ],
)
def test_what_is_left(one: Exclusion, left: list[str]) -> None:
    """Units of an excluded account and region are not judged; what remains adds up."""
    kept = keep(FLEET, book(exclusions=(one,)), TODAY)
    assert sorted(view.key for view in kept.units) == left
    assert (kept.coverage.expected, kept.coverage.excluded) == (len(left), 2 - len(left))
    assert len(kept.everything) == 2


def test_the_list_says_what_and_why() -> None:
    """Account, region and unit, with reason, owner and the days left; a row of the matrix without cells."""
    kept = keep(FLEET, book(exclusions=(exclusion(ticket="OPS-9"),)), TODAY)
    (unit,) = kept.excluded
    assert (unit.account, unit.account_id, unit.region) == ("dev", DEV.id, REGION)
    assert (unit.reason, unit.owner, unit.days_left, unit.ticket) == ("closed", "platform@example.com", 20, "OPS-9")
    assert [(line.unit, line.coverage, line.cells) for line in kept.rows] == [(unit.unit, "excluded", ())]
    assert all(seen.account != DEV for seen in kept.snapshot.running.observations)
    assert all(container.account == "shared" for container in kept.snapshot.declared.containers)
    assert kept.snapshot.declared.accounts == (SHARED,)


def test_gaps_of_what_is_excluded_are_gone() -> None:
    """A closed account is a gap until somebody excludes it; it is then listed, though it has no unit."""
    closed = replace(gap("account"), account="old", account_id="567890123456", region=None, unit=None)
    unplaced = replace(gap("unit"), unit="dev/x", region=None)
    lost = gap("unit", account=SHARED, unit="shared/us-west-2/mgmt/ecs-deploy-runner-2")
    facts = snapshot(rows=(row(account=SHARED),), gaps=(closed, unplaced), declared_gaps=(lost,))
    before = keep(facts, book(), TODAY)
    assert {closed, unplaced} <= set(before.coverage.gaps)
    kept = keep(facts, book(exclusions=(exclusion(accounts=("dev", "567890123456")),)), TODAY)
    assert not {closed, unplaced} & set(kept.coverage.gaps)
    assert lost in kept.coverage.gaps
    assert [(unit.account, unit.unit) for unit in kept.excluded] == [("dev", "dev/x"), ("old", None)]
    assert kept.coverage.excluded == 1, "an account without a unit is listed, but was no unit"


def test_an_account_without_a_unit_is_listed_too() -> None:
    """Where only the accounts file names it; an exclusion of one region does not take it out."""
    facts = snapshot(rows=(row(account=SHARED),))
    facts = replace(facts, declared=replace(facts.declared, accounts=(SHARED, DEV)))
    kept = keep(facts, book(exclusions=(exclusion(),)), TODAY)
    assert [(one.account, one.region, one.unit) for one in kept.excluded] == [("dev", None, None)]
    assert kept.snapshot.declared.accounts == (SHARED,)
    partly = keep(facts, book(exclusions=(exclusion(regions=(REGION,)),)), TODAY)
    assert (partly.excluded, partly.snapshot.declared.accounts) == ((), (SHARED, DEV))


def test_what_names_no_account_is_never_left_out() -> None:
    """A gap that may belong to anybody stays, whoever is excluded."""
    nameless = replace(gap("accounts file"), account=None, account_id=None, region=None)
    kept = keep(snapshot(rows=(row(account=SHARED),), gaps=(nameless,)), book(exclusions=(exclusion(),)), TODAY)
    assert nameless in kept.coverage.gaps


def test_everything_excluded_is_nothing_to_judge() -> None:
    """Zero work is never green."""
    with pytest.raises(NothingSelectedError, match=r"waivers\.yaml excludes every unit"):
        keep(FLEET, book(exclusions=(exclusion(accounts=("dev", "shared")),)), TODAY)


def test_the_evidence_stays_whole() -> None:
    """What is hashed is the snapshot as it was given."""
    beside = Precedents(waivers=book(exclusions=(exclusion(),)))
    session = Session.begin(Settings(), None, FLEET, beside, NOW)
    session.ledger.remove()
    assert session.snapshot is FLEET
    assert [view.key for view in session.units] == ["shared/us-west-2"]
    assert session.coverage.excluded == 1
