"""The accounts that are named against those of the organization."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from audit.configuration.config import Settings
from audit.model import Account, Fact, Seen
from audit.running.model.access import Member
from audit.running.model.invoker import StackInvoker
from checks import test_organization
from tests.checks.judging import ended, judged, said
from tests.nouns import DEV, SHARED, definition, fleet_of, invoker, observation, row, snapshot, unread

if TYPE_CHECKING:
    from audit.running.model.seen import Observation
    from audit.verdict.fleet import Fleet

MISSING = test_organization.test_account_not_in_organization
UNDECLARED = test_organization.test_organization_account_undeclared
RUNNER = test_organization.test_runner_undeclared


def member(account: Account, state: str = "ACTIVE") -> Member:
    """Make an account of the organization."""
    return Member(id=account.id or "", name=account.name, state=state)


def fleet(organization: Fact[tuple[Member, ...] | None], *settings: Settings) -> Fleet:
    """Make a fleet of two accounts, both with a unit, and a third that only the accounts file names."""
    facts = snapshot(rows=(row(), row(account=SHARED)))
    accounts = (DEV, SHARED, Account(name="new", id=None))
    facts = replace(
        facts,
        declared=replace(facts.declared, accounts=accounts),
        running=replace(facts.running, organization=organization),
    )
    return fleet_of(facts, *settings)


@pytest.mark.parametrize(
    ("organization", "outcome"),
    [
        pytest.param(Seen(value=(member(DEV), member(SHARED))), ["pass", "pass", "not_applicable"], id="both there"),
        pytest.param(Seen(value=(member(SHARED),)), ["fail", "pass", "not_applicable"], id="one missing"),
        pytest.param(
            Seen(value=(member(DEV, "SUSPENDED"), member(SHARED))), ["pass", "pass", "not_applicable"], id="closed"
        ),
        pytest.param(Seen(value=None), ["not_applicable"], id="not asked"),
        pytest.param(unread("organization"), ["unknown"], id="unread"),
    ],
)
def test_account_not_in_organization(organization: Fact[tuple[Member, ...] | None], outcome: list[str]) -> None:
    """One finding for each account that is named and not there."""
    assert ended(MISSING, fleet(organization)) == outcome


def test_missing_account_is_known_by_its_id() -> None:
    """A fingerprint takes the id, or the name of an account without one."""
    found = judged(MISSING, fleet(Seen(value=()))).judgements
    assert [one.subject.kind for one in found] == [DEV.id, SHARED.id, "new"]


def test_account_without_a_unit_is_missed_too() -> None:
    """Without a selection every account that is named counts, whether or not a unit is in it."""
    whole = fleet(Seen(value=(member(DEV),)))
    (dev,) = (unit for unit in whole.units if unit.account_id == DEV.id)
    assert ended(MISSING, replace(whole, units=(dev,))) == ["pass", "fail", "not_applicable"]


def test_members_without_a_name_are_named_by_their_id() -> None:
    """The id stands for a name that is empty."""
    nameless = Member(id="111122223333", name="", state="ACTIVE")
    assert said(UNDECLARED, fleet(Seen(value=(nameless,)))) == "1 account without a unit: 111122223333"


def test_what_is_not_selected_is_not_missed() -> None:
    """With a selection only the selected accounts are held against the organization."""
    narrowed = fleet(Seen(value=()), Settings(exclude_account=("x",)))
    assert ended(MISSING, narrowed) == ["fail", "fail", "not_applicable"]
    only_dev = replace(narrowed, units=narrowed.units[:1])
    assert sorted(ended(MISSING, only_dev)) == ["fail", "not_applicable", "not_applicable"]


@pytest.mark.parametrize(
    ("organization", "outcome"),
    [
        pytest.param(Seen(value=(member(DEV), member(SHARED))), "pass", id="all have one"),
        pytest.param(Seen(value=(member(Account(name="x", id="111122223333")),)), "fail", id="one has none"),
        pytest.param(Seen(value=(member(Account(name="x", id="111122223333"), "CLOSED"),)), "pass", id="closed"),
        pytest.param(Seen(value=None), "not_applicable", id="not asked"),
        pytest.param(unread("organization"), "unknown", id="unread"),
    ],
)
def test_organization_account_undeclared(organization: Fact[tuple[Member, ...] | None], outcome: str) -> None:
    """One finding for all accounts without a unit."""
    assert ended(UNDECLARED, fleet(organization)) == [outcome]


@pytest.mark.parametrize(("number", "more"), [(10, ""), (11, " and 1 more")])
def test_many_accounts_are_cut(number: int, more: str) -> None:
    """Ten are named, the rest are counted."""
    members = tuple(Member(id=f"{index:012}", name=f"a{index}", state="ACTIVE") for index in range(number))
    listed = ", ".join(f"a{index}" for index in range(10))
    assert said(UNDECLARED, fleet(Seen(value=members))) == f"{number} accounts without a unit: {listed}{more}"


def test_a_selection_says_nothing_of_the_others() -> None:
    """Where only a part was selected the others are not known."""
    members = (member(Account(name="x", id="111122223333")),)
    assert ended(UNDECLARED, fleet(Seen(value=members), Settings(account=("dev",)))) == ["not_applicable"]


def beyond(*seen: Observation | None) -> Fleet:
    """Make a fleet with what was seen where no unit is; None: nobody asked."""
    facts = snapshot(rows=(row(),))
    found = None if None in seen else tuple(one for one in seen if one)
    return fleet_of(replace(facts, running=replace(facts.running, beyond=found)))


def place(families: Fact[Any], found: Fact[Any]) -> Observation:
    """See families and an invoker in an account without a unit."""
    invokers = (StackInvoker(stack="ecs-deploy-runner", invoker=found),)
    return observation(Account(name="old", id="111122223333"), families=families, invokers=invokers)


NONE: Fact[Any] = Seen(value=None)


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        pytest.param(None, ["not_applicable"], id="not asked"),
        pytest.param(place(Seen(value=()), NONE), ["pass"], id="nothing there"),
        pytest.param(place(Seen(value=(definition("ecs-deploy-runner-x", "a:b"),)), NONE), ["fail"], id="a family"),
        pytest.param(place(Seen(value=()), Seen(value=invoker())), ["fail"], id="an invoker"),
        pytest.param(place(unread(), NONE), ["unknown"], id="families unread"),
        pytest.param(place(Seen(value=()), unread("invoker")), ["unknown"], id="invoker unread"),
        pytest.param(place(unread(), Seen(value=invoker())), ["fail"], id="an invoker, families unread"),
    ],
)
def test_runner_undeclared(seen: Observation | None, outcome: list[str]) -> None:
    """One finding for each account and region where something of a runner is and no unit."""
    assert ended(RUNNER, beyond(seen)) == outcome


def test_runner_undeclared_says_what_is_there() -> None:
    """The finding names families and invoker, and the region; without such accounts there is nothing to judge."""
    seen = place(Seen(value=(definition("ecs-deploy-runner-x", "a:b"),)), Seen(value=invoker()))
    words = "ecs-deploy-runner-x, ecs-deploy-runner-invoker in us-west-2, and no unit declares it"
    assert said(RUNNER, beyond(seen)) == words
    assert ended(RUNNER, beyond()) == ["not_applicable"]
