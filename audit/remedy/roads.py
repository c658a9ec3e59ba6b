"""Roads: what a command into an account is put behind, and how it is made sure that it leads there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from audit.remedy.grammar import valid
from audit.remedy.steps import Command
from audit.remedy.way import Way
from audit.running.access import Access

if TYPE_CHECKING:
    from audit.model import Account
    from audit.remedy.evidence import Through


@dataclass(frozen=True, kw_only=True, slots=True)
class Roads:
    """The user's way in, and the profiles of the accounts."""

    way: Way
    access: Access

    def through(self, account: Account) -> Through:
        """Give what puts a command behind the words that lead into an account."""
        profile = self.access.way(account).profile if self.way.needs_profile else None
        return partial(self.way.through, profile, account)

    def identity(self, account: Account, region: str) -> Command:
        """Ask whose the credentials are; they must be the account's. Not every profile names a region."""
        argv = (
            *("aws", "sts", "get-caller-identity", "--region", valid("region", region)),
            *("--query", "Account", "--output", "text"),
        )
        return Command(argv=self.through(account)(*argv), expect=valid("account id", account.id or ""))
