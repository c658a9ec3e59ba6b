"""What the configuration fills in, and what AWS Organizations says of the accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.configuration.config import Settings
from audit.look.roster import closed, completed, missing, open_places, without_unit
from audit.model import Account, AccountEntry, Gap
from audit.running.model.access import Member
from audit.running.model.targets import Target
from tests.nouns import DEV, REGION, SHARED, row, snapshot

LOST = row(account_id=None, region=None, unknown={"account_id": "not in accounts.json", "region": "no region.hcl"})
WHERE = row().unit


def member(account: Account, state: str = "ACTIVE") -> Member:
    """Make an account of the organization."""
    return Member(id=account.id or "", name=account.name.upper(), state=state)


def unknown(what: str) -> Gap:
    """Make the gap of a unit's place."""
    return Gap(what=what, message=f"{what} is not known", account="dev", unit=WHERE)


def test_configuration_fills_in() -> None:
    """Id and region that the repository doesn't say come from the configuration, and their gaps are gone."""
    facts = snapshot(rows=(LOST,), declared_gaps=(unknown("account id"), unknown("region"), unknown("tag"))).declared
    found = completed(facts, {"dev": AccountEntry(id="345678901234", regions=(REGION,))})
    (unit,), (container,) = found.units, found.containers
    assert (unit.account_id, unit.region) == ("345678901234", REGION)
    assert (container.account_id, container.region, container.unknown) == ("345678901234", REGION, {})
    assert [(gap.what, gap.account_id) for gap in found.gaps] == [("tag", "345678901234")]
    assert found.accounts == (Account(name="dev", id="345678901234"),)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(AccountEntry(id="999999999999", regions=("eu-west-1",)), id="the repository's word counts"),
        pytest.param(AccountEntry(profile="x"), id="nothing to fill in"),
    ],
)
def test_repository_counts(entry: AccountEntry) -> None:
    """What both say stays as the repository has it."""
    facts = snapshot(rows=(row(),)).declared
    assert completed(facts, {"dev": entry}) == facts
    assert completed(facts, {}) is facts


def test_two_regions_place_no_unit() -> None:
    """Which of two regions a unit belongs to is not guessed, and its gap stays."""
    facts = snapshot(rows=(LOST,), declared_gaps=(unknown("region"),)).declared
    found = completed(facts, {"dev": AccountEntry(regions=("us-east-1", "us-west-2"))})
    assert (found.units[0].region, [gap.what for gap in found.gaps]) == (None, ["region"])


def test_configuration_names_accounts() -> None:
    """An account that only the configuration names is one of the fleet's; a name is found by its id too."""
    nameless = row(account=replace(DEV, name=""), unit=WHERE)
    facts = snapshot(rows=(replace(nameless, account=None),)).declared
    entries = {"dev": AccountEntry(id=DEV.id), "sandbox": AccountEntry(id="111122223333"), "x": AccountEntry()}
    found = completed(replace(facts, accounts=(Account(name="dev", id=None),)), entries)
    assert found.units[0].account == "dev"
    assert found.accounts == (DEV, Account(name="sandbox", id="111122223333"))


def test_closed_accounts_are_gaps() -> None:
    """Each unit of a closed account is a gap, and the account itself where it has none; its calls are spared."""
    facts = snapshot(rows=(row(), row(account=SHARED))).declared
    other = Account(name="old", id="111122223333")
    members = (member(DEV, "SUSPENDED"), member(SHARED), member(other, "PENDING_CLOSURE"))
    gaps = closed(facts, members, Settings())
    assert [(gap.account, gap.region, gap.unit, gap.code) for gap in gaps] == [
        ("dev", REGION, WHERE, "SUSPENDED"),
        ("OLD", None, None, "PENDING_CLOSURE"),
    ]
    assert "dev (345678901234) is SUSPENDED" in gaps[0].message
    assert not closed(facts, members, Settings(account=("shared",)))
    targets = [Target(account=account, region=REGION, stacks=("x",)) for account in (DEV, SHARED)]
    assert [target.account for target in open_places(targets, members)] == [SHARED]


def test_missing_and_undeclared_accounts() -> None:
    """Who is named and not in the organization, and who is in the organization without a unit."""
    accounts = (DEV, SHARED, Account(name="new", id=None))
    assert missing(accounts, (member(SHARED),)) == (DEV,)
    members = (member(DEV), member(SHARED), member(Account(name="old", id="111122223333"), "SUSPENDED"))
    assert without_unit([SHARED.id, None], members) == (member(DEV),)
