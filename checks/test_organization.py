"""Organization: the accounts that are named against those of AWS Organizations, and runners where no unit is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.look import roster
from audit.model import need
from audit.text import counted
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.subject import of_account, of_fleet
from checks import references

if TYPE_CHECKING:
    from audit.running.model.access import Member
    from audit.running.model.seen import Observation
    from audit.verdict.fleet import Fleet

pytestmark = [pytest.mark.declaration, pytest.mark.organization]

NAMED = 10
LISTED = ("organizations:ListAccounts",)


@check(
    "account-not-in-organization",
    severity="medium",
    needs=("organization",),
    remedy="mend the id, or take the account out of the accounts file and out of whatever trusts it",
    controls=("NIST 800-53 CM-8", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9"),
    references=(references.ORGANIZATIONS,),
)
def test_account_not_in_organization(fleet: Fleet, findings: Findings) -> None:
    """An account that the repository or the configuration names is not in the AWS organization.

    It left, or its id is wrong. Either way grants and images go to an account that nobody here governs, and whoever
    counts accounts counts one that does not exist. Only with --organization is that looked at.
    """
    missing = {account.id for account in roster.missing(fleet.accounts, _members(fleet))}
    placed = {unit.account_id for unit in fleet.units}
    for account in fleet.accounts:
        with findings.about(of_fleet(account.name, kind=account.id or account.name, calls=LISTED)):
            if account.id is None or (fleet.is_narrowed and account.id not in placed):
                not_applicable("its id is not known, or it is not selected")
            assert account.id not in missing, f"{account.name} ({account.id}) is not in the organization"


@check(
    "organization-account-undeclared",
    severity="info",
    needs=("organization",),
    remedy="declare a runner for it, or leave it knowingly: an account needs none",
    controls=("NIST 800-53 CM-8",),
    references=(references.ORGANIZATIONS,),
)
def test_organization_account_undeclared(fleet: Fleet, findings: Findings) -> None:
    """Accounts of the AWS organization have no unit that declares a runner.

    That is no drift by itself; it is how a forgotten account looks, too. Only with --organization is that looked at.
    """
    with findings.about(of_fleet("organization", calls=LISTED)):
        members = _members(fleet)
        if fleet.is_narrowed:
            not_applicable("only some accounts or regions were selected")
        found = [member.name or member.id for member in roster.without_unit(_placed(fleet), members)]
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        assert not found, f"{counted(len(found), 'account')} without a unit: {', '.join(found[:NAMED])}{more}"


@check(
    "runner-undeclared",
    severity="medium",
    needs=("beyond",),
    remedy="declare the runner again, or destroy what is left of it; exclude the account if it is not yours",
    controls=("NIST 800-53 CM-7", "NIST 800-53 CM-8", "ISO 27001:2022 A.8.9"),
    references=(references.TASK_DEFINITIONS,),
)
def test_runner_undeclared(fleet: Fleet, findings: Findings) -> None:
    """A runner is there in an account in which no unit declares one.

    Its unit was deleted, or it came from elsewhere. Its roles may still change everything, and nobody upgrades it. Only
    with --beyond-units is that looked at.
    """
    if not fleet.beyond:
        with findings.about(of_fleet("accounts without a unit", kind="beyond")):
            not_applicable("there is none, or nobody asked to look there: see --beyond-units")
    for seen in fleet.beyond or ():
        with findings.about(of_account(seen)):
            parts = _parts(seen)
            assert not parts, f"{', '.join(parts[:NAMED])} in {seen.region}, and no unit declares it"
            for fact in (seen.families, *(one.invoker for one in seen.invokers)):
                need(fact)


def _parts(seen: Observation) -> list[str]:
    """Name what was seen of a runner."""
    names = [definition.family for definition in seen.families.value] if seen.families.kind == "seen" else []
    invokers = [one.invoker.value for one in seen.invokers if one.invoker.kind == "seen"]
    return names + [found.name for found in invokers if found is not None]


def _members(fleet: Fleet) -> tuple[Member, ...]:
    members = need(fleet.organization)
    if members is None:
        not_applicable("nobody asked for the organization's accounts")
    return members


def _placed(fleet: Fleet) -> set[str | None]:
    return {unit.account_id for unit in fleet.units}
