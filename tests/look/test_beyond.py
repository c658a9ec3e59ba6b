"""Where to look besides the units: accounts that are listed somewhere and in which nothing declares a runner."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.look.beyond import STANDARD_STACK, Beyond
from audit.look.exclusions import Exclusion
from audit.model import Account, AccountEntry, Location
from audit.running.model.access import Member
from tests.nouns import DEV, REGION, SHARED, STACK, row, snapshot

if TYPE_CHECKING:
    from audit.declared.model import Declared

LEGACY = Account(name="legacy", id="999999999999")
NAMELESS = Account(name="new", id=None)
SANDBOX = Member(id="111122223333", name="sandbox", state="ACTIVE")
CLOSED = Member(id="444455556666", name="old", state="SUSPENDED")


def declared(*accounts: Account) -> Declared:
    """Declare a runner in dev and shared, and name some accounts besides."""
    facts = snapshot(rows=(row(), row(account=SHARED))).declared
    return replace(facts, accounts=(DEV, SHARED, *accounts))


def listed(settings: Settings, *members: Member, exclusions: tuple[Exclusion, ...] = ()) -> list[tuple[str, str]]:
    """Say which accounts and regions would be looked at."""
    whole = declared(LEGACY, NAMELESS)
    found = Beyond(whole=whole, exclusions=exclusions).places(members, settings)
    assert all(target.stacks == (STACK,) for target in found)
    return [(target.account.name, target.region) for target in found]


def excluded(*accounts: str, regions: tuple[str, ...] = ()) -> tuple[Exclusion, ...]:
    """Exclude accounts, in some regions."""
    place = Location(file="waivers.yaml", line=1, column=1)
    one = Exclusion(accounts=accounts, regions=regions, reason="x", owner="y", expires=date.max, place=place)
    return (one,)


def test_accounts_without_unit_in_the_regions_of_the_fleet() -> None:
    """Those of the accounts file and the organization, but for closed ones, and those with a unit or without an id."""
    dev = Member(id=DEV.id or "", name="dev in the organization", state="ACTIVE")
    assert listed(Settings(), SANDBOX, CLOSED, dev) == [("sandbox", REGION), ("legacy", REGION)]
    assert listed(Settings()) == [("legacy", REGION)]


@pytest.mark.parametrize("key", ["legacy", "999999999999"])
def test_own_regions_count(key: str) -> None:
    """The regions that the configuration gives an account are looked at, and no others."""
    entries = {key: AccountEntry(regions=("eu-west-1", "us-east-1"))}
    assert listed(Settings(accounts=entries)) == [("legacy", "eu-west-1"), ("legacy", "us-east-1")]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(Settings(account=("dev",)), [], id="another account"),
        pytest.param(Settings(account=("leg*",)), ["legacy"], id="its name"),
        pytest.param(Settings(exclude_account=("1111*",)), ["legacy"], id="its id"),
        pytest.param(Settings(exclude_region=("us-*",)), [], id="its region"),
        pytest.param(Settings(shard="1/2"), ["sandbox"], id="first shard"),
        pytest.param(Settings(shard="2/2"), ["legacy"], id="second shard"),
    ],
)
def test_selection_holds(settings: Settings, expected: list[str]) -> None:
    """Globs and shards keep their part; an account whose unit is left out is still one with a unit."""
    assert [name for name, _ in listed(settings, SANDBOX)] == expected


def test_a_region_that_is_named_outright_is_looked_at() -> None:
    """A region where no unit is, is looked at if the user names it; a glob only chooses."""
    assert listed(Settings(region=("eu-west-1",))) == [("legacy", "eu-west-1")]
    assert listed(Settings(region=("eu-*",))) == []


def test_excluded_accounts_are_left_alone() -> None:
    """Nothing is asked of what somebody took out of the audit, there where he took it out."""
    assert listed(Settings(), SANDBOX, exclusions=excluded("legacy")) == [("sandbox", REGION)]
    assert listed(Settings(), exclusions=excluded("legacy", regions=("eu-west-1",))) == [("legacy", REGION)]


def test_standard_stack_where_none_is_declared() -> None:
    """Where no unit says a stack's name, the module's own default is looked for."""
    nobody = replace(declared(LEGACY), units=())
    (found,) = Beyond(whole=nobody).places((), Settings(region=("eu-west-1",), account=("legacy",)))
    assert found.stacks == (STANDARD_STACK,)
