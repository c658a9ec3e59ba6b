"""Beyond the units: accounts in which nothing declares a runner, where one may run all the same; pure.

They come from the accounts file, from the configuration and from AWS Organizations. Each is looked at for the stacks
that the fleet declares, in the regions that the configuration gives it, else in all those of the fleet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit import fleet
from audit.declared.model import Declared
from audit.look import shard
from audit.look.exclusions import Exclusion, covering
from audit.look.roster import ACTIVE
from audit.model import Account, AccountEntry
from audit.running.model.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audit.configuration.config import Settings
    from audit.running.model.access import Member

STANDARD_STACK = "ecs-deploy-runner"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """An account and a region, as an exclusion wants them."""

    account: str | None
    account_id: str | None
    region: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Beyond:
    """What decides where else to look: all that is declared, whatever was selected, and what is excluded."""

    whole: Declared
    exclusions: tuple[Exclusion, ...] = ()

    def places(self, members: Iterable[Member], settings: Settings) -> tuple[Target, ...]:
        """List the accounts and regions to look at besides those of the units.

        An account whose unit the selection leaves out is not one without a unit; of the others, selection and shard
        keep their part. Accounts without an id can't be looked at.
        """
        stacks = tuple(sorted({unit.stack for unit in self.whole.units if unit.stack})) or (STANDARD_STACK,)
        found: Sequence[Account] = sorted(_accounts(self.whole, members), key=lambda account: account.id or "")
        if settings.shard is not None:
            found = shard.deal(found, shard.parse(settings.shard))
        return tuple(
            Target(account=account, region=region, stacks=stacks)
            for account in found
            for region in _regions(self.whole, account, settings)
            if fleet.is_selected(account, settings, region) and not self._is_excluded(account, region)
        )

    def _is_excluded(self, account: Account, region: str) -> bool:
        place = _Place(account=account.name, account_id=account.id, region=region)
        return covering(self.exclusions, place) is not None


def _accounts(whole: Declared, members: Iterable[Member]) -> Iterator[Account]:
    listed = tuple(members)
    closed = {member.id for member in listed if member.state != ACTIVE}
    with_unit = {unit.account_id for unit in whole.units} | {unit.account for unit in whole.units}
    named = {account.id: account for account in whole.accounts if account.id is not None}
    for member in listed:
        named.setdefault(member.id, Account(name=member.name or member.id, id=member.id))
    for id_, account in named.items():
        if id_ not in closed and not {id_, account.name} & with_unit:
            yield account


def _regions(whole: Declared, account: Account, settings: Settings) -> tuple[str, ...]:
    """Give the regions to look at: the account's own, else those of the fleet and any that the user names outright."""
    own = settings.accounts.get(account.name) or settings.accounts.get(account.id or "") or AccountEntry()
    if own.regions:
        return tuple(sorted(set(own.regions)))
    asked = {region for region in settings.region if not set(region) & set("*?[")}
    return tuple(sorted({unit.region for unit in whole.units if unit.region} | asked))
