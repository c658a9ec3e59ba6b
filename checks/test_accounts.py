"""Accounts: whether the files that name them, the units and the names of stacks add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.fleet import UNITS, of_accounts_file, unread
from audit.verdict.subject import of_diagnostic, of_fleet, of_stack
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView

pytestmark = [pytest.mark.declaration, pytest.mark.accounts]


@check(
    "accounts-files-disagree",
    severity="medium",
    remedy="make the accounts files say the same, with every id as 12 digits in quotes",
    controls=("NIST 800-53 CM-8", "ISO 27001:2022 A.8.9"),
    references=(references.HOW_IT_WORKS,),
)
def test_accounts_files_disagree(fleet: Fleet, findings: Findings) -> None:
    """The accounts files contradict each other or themselves.

    accounts.json and its successor accounts.yml can stand side by side; which one a script reads decides which account
    it changes.
    """
    found = [one for one in fleet.diagnostics if of_accounts_file(one)]
    for one in found:
        with findings.about(of_diagnostic(one)):
            pytest.fail(one.message)
    if not found:
        with findings.about(of_fleet()):
            unread(fleet, "accounts file")
            if not fleet.accounts:
                not_applicable("there is no accounts file")


@check(
    "unit-account-not-listed",
    severity="medium",
    remedy="add the account to the accounts file, or mend the name in the unit's path or account.hcl",
    controls=("NIST 800-53 CM-8", "ISO 27001:2022 A.8.9"),
    references=(references.HOW_IT_WORKS,),
)
def test_unit_account_not_listed(unit: UnitView, fleet: Fleet, findings: Findings) -> None:
    """The unit's account is in no accounts file.

    Whatever walks through that file, such as grants for reading images or a roll-out, leaves this account out.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack)):
            place = stack.declaration
            if not fleet.accounts:
                unread(fleet, "accounts file")
                not_applicable("there is no accounts file")
            if place.account is None and place.account_id is None:
                raise UnreadError(unit.gaps[0])
            listed = {key for one in fleet.accounts for key in (one.name, one.id) if key}
            if not {place.account, place.account_id} & listed:
                unread(fleet, "accounts file")
                pytest.fail(f"{place.account or place.account_id} is in no accounts file")


@check(
    "account-without-unit",
    severity="info",
    remedy="declare a runner for the account, or keep it in another repository knowingly",
    controls=("NIST 800-53 CM-8",),
    references=(references.HOW_IT_WORKS,),
)
def test_account_without_unit(fleet: Fleet, findings: Findings) -> None:
    """An account of the accounts file has no unit that declares a runner.

    A repository may hold one account of many, so this is no drift by itself; it is how a forgotten one looks, too.
    """
    placed = {key for unit in fleet.units for key in (unit.account, unit.account_id) if key}
    if not fleet.accounts:
        with findings.of_all(of_fleet("accounts", kind="accounts")):
            unread(fleet, "accounts file")
    for account in fleet.accounts:
        with findings.about(of_fleet(account.name, kind=account.id or account.name)):
            if fleet.is_narrowed:
                not_applicable("only some accounts or regions were selected")
            for gap in fleet.gaps:
                if gap.account == account.name and account.name not in placed:
                    raise UnreadError(gap)
            assert {account.name, account.id} & placed, f"{account.name} ({account.id}) has no runner declared"


@check(
    "stack-name-clash",
    severity="medium",
    remedy="give the second stack a name of its own (the input name)",
    controls=("NIST 800-53 CM-2",),
    references=(references.SERVICE,),
)
def test_stack_name_clash(unit: UnitView, fleet: Fleet, findings: Findings) -> None:
    """Two units of one account declare a stack of the same name.

    The stack's IAM roles are named after it and are global: the second apply fails, or takes over the roles of the
    first, in whichever region it is.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack)):
            if unit.account_id is None or stack.declaration.stack is None:
                raise UnreadError(unit.gaps[0])
            others = [path for path in fleet.stacks.get((unit.account_id, stack.stack), ()) if path != stack.unit]
            assert not others, f"{stack.stack} of {unit.account} is declared in {', '.join(others)} too"
            for gap in fleet.gaps:
                if gap.what in UNITS and gap.account == unit.account:
                    raise UnreadError(gap)
