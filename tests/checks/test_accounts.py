"""Checks of accounts: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.configuration.config import Settings
from audit.declared.model import DeclaredContainer, Diagnostic
from audit.model import Account, Location
from checks import test_accounts
from tests.checks.judging import ended, judged, said
from tests.nouns import DEV, SHARED, TAG_AT, fleet, gap, row


def test_files_disagree() -> None:
    """Each contradiction is a finding at its place; other diagnostics are another check's."""
    place = Location(file="live/accounts.yml", line=1, column=1)
    odd = Diagnostic(message="account 'dev' is 1 here, 2 there: the first counts", location=place)
    other = Diagnostic(message="x", location=TAG_AT)
    (judgement,) = judged(test_accounts.test_accounts_files_disagree, fleet(diagnostics=(odd, other))).judgements
    assert (judgement.outcome, judgement.message, judgement.subject.location) == ("fail", odd.message, place)
    assert ended(test_accounts.test_accounts_files_disagree, fleet(diagnostics=(other,))) == ["pass"]
    assert ended(test_accounts.test_accounts_files_disagree, fleet(diagnostics=(replace(other, location=None),))) == [
        "pass"
    ]


@pytest.mark.parametrize(
    ("listed", "changes", "expected"),
    [
        pytest.param((DEV,), {}, "pass", id="listed"),
        pytest.param((SHARED,), {}, "fail", id="not listed"),
        pytest.param((Account(name="development", id=DEV.id),), {}, "pass", id="by its id"),
        pytest.param((Account(name="dev", id="999999999999"),), {}, "pass", id="by its name"),
        pytest.param((Account(name="x", id=None),), {"account_id": None}, "fail", id="no id is no match"),
        pytest.param((Account(name="x", id="1"),), {"account": None}, "fail", id="an id alone"),
        pytest.param((), {}, "not_applicable", id="no file"),
        pytest.param((DEV,), {"account": None, "account_id": None}, "unknown", id="unknown account"),
    ],
)
def test_listed(listed: tuple[Account, ...], changes: dict[str, object], expected: str) -> None:
    """A unit's account stands in an accounts file, by name or id."""
    whole = fleet(rows=(replace(row(), **changes),), listed=listed)  # type: ignore[arg-type]  # fields of a row
    (unit,) = whole.units
    assert ended(test_accounts.test_unit_account_not_listed, unit, whole) == [expected]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, "dev is in no accounts file"), ({"account": None}, f"{DEV.id} is in no accounts file")],
)
def test_listed_says_who(changes: dict[str, object], words: str) -> None:
    """By its name, or by its id where it has none."""
    whole = fleet(rows=(replace(row(), **changes),), listed=(SHARED,))  # type: ignore[arg-type]  # fields of a row
    assert said(test_accounts.test_unit_account_not_listed, whole.units[0], whole) == words


@pytest.mark.parametrize(
    ("settings", "gaps", "expected"),
    [
        pytest.param(Settings(), (), ["pass", "fail"], id="one without"),
        pytest.param(Settings(account=("dev",)), (), ["not_applicable", "not_applicable"], id="narrowed by account"),
        pytest.param(Settings(region=("eu-*",)), (), ["not_applicable", "not_applicable"], id="narrowed by region"),
        pytest.param(Settings(), (gap("declaration", SHARED),), ["pass", "unknown"], id="its unit was not read"),
        pytest.param(Settings(), (gap("declaration", DEV),), ["pass", "fail"], id="a gap of one that has a unit"),
    ],
)
def test_without_unit(settings: Settings, gaps: tuple[object, ...], expected: list[str]) -> None:
    """An account that no unit is declared for is named, unless it may stand elsewhere."""
    whole = fleet(settings, rows=(row(),), listed=(DEV, SHARED), declared_gaps=gaps)
    assert ended(test_accounts.test_account_without_unit, whole) == expected


def test_without_unit_says_who() -> None:
    """With its id; an id alone is enough to belong to a unit."""
    whole = fleet(rows=(row(),), listed=(SHARED,))
    assert said(test_accounts.test_account_without_unit, whole) == f"shared ({SHARED.id}) has no runner declared"
    renamed = fleet(rows=(row(),), listed=(Account(name="renamed", id=DEV.id),))
    assert ended(test_accounts.test_account_without_unit, renamed) == ["pass"]


UNREAD_FILE = (gap("accounts file"),)


def test_unread_accounts_file() -> None:
    """Where no account is known and a file that names some was not read, nothing is said; else what is known is."""
    dark = fleet(rows=(row(),), listed=(), declared_gaps=UNREAD_FILE)
    assert ended(test_accounts.test_account_without_unit, dark) == ["unknown"]
    assert ended(test_accounts.test_unit_account_not_listed, dark.units[0], dark) == ["unknown"]
    assert ended(test_accounts.test_accounts_files_disagree, dark) == ["unknown"]
    half = fleet(rows=(row(),), listed=(DEV,), declared_gaps=UNREAD_FILE)
    assert ended(test_accounts.test_account_without_unit, half) == ["pass"]
    assert ended(test_accounts.test_unit_account_not_listed, half.units[0], half) == ["pass"]
    other = fleet(rows=(row(),), listed=(SHARED,), declared_gaps=UNREAD_FILE)
    assert ended(test_accounts.test_unit_account_not_listed, other.units[0], other) == ["unknown"]
    assert ended(test_accounts.test_accounts_files_disagree, half) == ["unknown"]
    none = fleet(rows=(row(),), listed=(), declared_gaps=(gap("pins"),))
    assert ended(test_accounts.test_account_without_unit, none) == []
    assert ended(test_accounts.test_accounts_files_disagree, none) == ["not_applicable"]


@pytest.mark.parametrize(
    ("account", "kind"), [(SHARED, SHARED.id), (Account(name="new", id=None), "new")], ids=["id", "name"]
)
def test_without_unit_is_known_by_its_id(account: Account, kind: str) -> None:
    """A fingerprint takes the id, or the name of an account without one."""
    (judgement,) = judged(test_accounts.test_account_without_unit, fleet(rows=(row(),), listed=(account,))).judgements
    assert judgement.subject.kind == kind


ELSEWHERE = row(unit="dev/eu-west-1/mgmt/ecs-deploy-runner", region="eu-west-1")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param((row(),), ["pass"], id="one"),
        pytest.param((row(), ELSEWHERE), ["fail", "fail"], id="two regions, one name"),
        pytest.param((row(), replace(ELSEWHERE, stack="runner-eu")), ["pass", "pass"], id="two names"),
        pytest.param((row(), replace(ELSEWHERE, region="us-west-2")), ["fail", "fail"], id="one region, one name"),
        pytest.param((row(), row(account=SHARED)), ["pass", "pass"], id="two accounts"),
        pytest.param((row(account_id=None),), ["unknown"], id="no id"),
        pytest.param((row(stack=None), replace(ELSEWHERE, stack=None)), ["unknown", "unknown"], id="no names"),
    ],
)
def test_name_clash(rows: tuple[DeclaredContainer, ...], expected: list[str]) -> None:
    """Names of stacks are unique in an account, whatever the region."""
    whole = fleet(rows=rows)
    found = [outcome for unit in whole.units for outcome in ended(test_accounts.test_stack_name_clash, unit, whole)]
    assert found == expected


def test_name_clash_with_what_was_not_read() -> None:
    """A unit of the same account that could not be read may have that name; of another, or another file, may not."""
    for what, account, expected in (
        ("declaration", DEV, "unknown"),
        ("declaration", SHARED, "pass"),
        ("file", DEV, "pass"),
    ):
        whole = fleet(rows=(row(),), declared_gaps=(gap(what, account),))
        assert ended(test_accounts.test_stack_name_clash, whole.units[0], whole) == [expected]


def test_name_clash_says_where() -> None:
    """The other unit is named."""
    whole = fleet(rows=(row(), ELSEWHERE))
    first = next(unit for unit in whole.units if unit.region == "us-west-2")
    assert said(test_accounts.test_stack_name_clash, first, whole) == (
        "ecs-deploy-runner of dev is declared in dev/eu-west-1/mgmt/ecs-deploy-runner too"
    )
