"""The roster: which accounts there should be, by the repository, the configuration and AWS Organizations; pure.

What the configuration knows fills in what the repository leaves out. What Organizations says is held against both: an
account that is closed there can't be looked at, one that is missing there is named, one without a unit is a fact.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from audit import fleet
from audit.model import Account, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from audit.configuration.config import Settings
    from audit.declared.model import Declared, DeclaredContainer, DeclaredUnit
    from audit.model import AccountEntry
    from audit.running.model.access import Member
    from audit.running.model.targets import Target

ACTIVE = "ACTIVE"

T = TypeVar("T", "DeclaredUnit", "DeclaredContainer", Gap)


def completed(declared: Declared, entries: Mapping[str, AccountEntry]) -> Declared:
    """Fill in the ids and regions that only the configuration says, and add the accounts that only it names.

    The repository's word counts where both say something; gaps about what is known now are gone.
    """
    if not entries:
        return declared
    units = tuple(_filled(unit, entries) for unit in declared.units)
    rows = tuple(_known(_filled(row, entries)) for row in declared.containers)
    found = {unit.path: unit for unit in units}
    gaps = tuple(_filled(gap, entries) for gap in declared.gaps if not _is_mended(gap, found))
    return replace(declared, units=units, containers=rows, gaps=gaps, accounts=_accounts(declared.accounts, entries))


def _filled(thing: T, entries: Mapping[str, AccountEntry]) -> T:
    name, entry = _entry(thing.account, thing.account_id, entries)
    if entry is None:
        return thing
    region = entry.regions[0] if len(entry.regions) == 1 else None
    return replace(
        thing,
        account=thing.account or name,
        account_id=thing.account_id or entry.id,
        region=thing.region or region,
    )


def _entry(
    name: str | None, id_: str | None, entries: Mapping[str, AccountEntry]
) -> tuple[str | None, AccountEntry | None]:
    for key, entry in entries.items():
        if key in {name, id_} or (id_ is not None and entry.id == id_):
            return key, entry
    return None, None


def _known(row: DeclaredContainer) -> DeclaredContainer:
    names = {"account": row.account, "account_id": row.account_id, "region": row.region}
    return replace(row, unknown={key: why for key, why in row.unknown.items() if names.get(key) is None})


def _is_mended(gap: Gap, units: Mapping[str, DeclaredUnit]) -> bool:
    unit = units.get(gap.unit or "")
    if unit is None:
        return False
    return {"account": unit.account, "account id": unit.account_id, "region": unit.region}.get(gap.what) is not None


def _accounts(known: tuple[Account, ...], entries: Mapping[str, AccountEntry]) -> tuple[Account, ...]:
    """Give the repository's accounts, with ids that only the configuration says, then those that only it names."""
    named = {account.name for account in known}
    ids = {account.id for account in known}
    own = (
        Account(name=name, id=entry.id)
        for name, entry in entries.items()
        if entry.id is not None and name not in named and entry.id not in ids
    )
    mended = (
        replace(account, id=entries[account.name].id) if account.id is None and account.name in entries else account
        for account in known
    )
    return (*mended, *own)


def open_places(targets: Sequence[Target], members: Iterable[Member]) -> tuple[Target, ...]:
    """Leave out the targets whose account the organization has closed."""
    closed = {member.id for member in members if member.state != ACTIVE}
    return tuple(target for target in targets if target.account.id not in closed)


def closed(declared: Declared, members: Iterable[Member], settings: Settings) -> tuple[Gap, ...]:
    """Make a gap for each unit of an account that is closed or suspended, or for the account where it has no unit."""
    units: dict[str | None, list[DeclaredUnit]] = defaultdict(list)
    for unit in declared.units:
        units[unit.account_id].append(unit)
    gaps = []
    for member in members:
        if member.state != ACTIVE and fleet.is_selected(Account(name=member.name, id=member.id), settings):
            places: Sequence[DeclaredUnit | None] = units.get(member.id) or [None]
            gaps += [_closed(member, unit) for unit in places]
    return tuple(gaps)


def _closed(member: Member, unit: DeclaredUnit | None) -> Gap:
    name = (unit and unit.account) or member.name or member.id
    return Gap(
        what="account",
        account=name,
        account_id=member.id,
        region=unit.region if unit else None,
        unit=unit.path if unit else None,
        call="organizations:ListAccounts",
        code=member.state,
        message=f"account {name} ({member.id}) is {member.state} in AWS Organizations, so it was not looked at; "
        "exclude it with a reason, an owner and a date",
    )


def missing(accounts: Iterable[Account], members: Iterable[Member]) -> tuple[Account, ...]:
    """List the accounts that the repository or the configuration names and the organization doesn't have."""
    there = {member.id for member in members}
    return tuple(account for account in accounts if account.id is not None and account.id not in there)


def without_unit(declared_ids: Iterable[str | None], members: Iterable[Member]) -> tuple[Member, ...]:
    """List the organization's accounts in which no unit is declared, closed ones left out."""
    looked_at = set(declared_ids)
    return tuple(member for member in members if member.state == ACTIVE and member.id not in looked_at)
