"""Which account and region a unit belongs to, by account.hcl and region.hcl, the accounts files, its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.declared.containers import as_text, diagnostic
from audit.declared.evaluate import Unknown, Value
from audit.declared.model import Diagnostic
from audit.errors import DeclarationError

if TYPE_CHECKING:
    from audit.declared.accounts import Accounts
    from audit.declared.configurations import Reader
    from audit.declared.terragrunt import Config
    from audit.model import Account

REGION = re.compile(
    r"(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-isof?|-isob)?"
    r"-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d"
)
_ID = re.compile(r"\d{12}")
_ID_NAMES = ("account_id", "aws_account_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Account and region of a unit; ``unknown`` maps what is not known to the reason, ``mend`` to what to do."""

    account: str | None = None
    account_id: str | None = None
    region: str | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)


class Placer:
    """Finds the account and region of units."""

    def __init__(self, reader: Reader, accounts: Accounts, report: Callable[[Diagnostic], None]) -> None:
        self.reader, self.accounts, self.report = reader, accounts, report

    def place(self, directory: str) -> Placement:
        """Find account and region of the unit in a directory (relative to the root)."""
        unknown: dict[str, str] = {}
        home = self._nearest(directory, "account.hcl")
        account = self._account(directory, home, unknown)
        return Placement(
            account=account,
            account_id=self._account_id(directory, account, home, unknown),
            region=self._region(directory, unknown),
            unknown=unknown,
        )

    def _nearest(self, directory: str, name: str) -> Config | None:
        """Read the nearest file of a name, beside the unit or above it."""
        try:
            path = self.reader.repository.find(directory, name)
            return None if path is None else self.reader.config(path)
        except DeclarationError as error:
            self.report(diagnostic(error))
            return None

    def _local(self, config: Config | None, name: str) -> Value | None:
        if config is None or name not in config.locals:
            return None
        try:
            return config.locals[name]
        except DeclarationError as error:
            self.report(diagnostic(error))
            return Value(Unknown(str(error)))

    def _account(self, directory: str, home: Config | None, unknown: dict[str, str]) -> str | None:
        value = self._local(home, "account_name")
        said = as_text(value, "account_name") if value else None
        if said and said.value:
            return said.value
        known = (part for part in directory.split("/") if self.accounts.lookup(directory, part))
        by_path = next(known, None)
        if by_path is None:
            unknown["account"] = (said and said.reason) or (
                "no account.hcl above it says account_name, and no part of its path is in an accounts file"
            )
        return by_path

    def _account_id(
        self, directory: str, account: str | None, home: Config | None, unknown: dict[str, str]
    ) -> str | None:
        listed = self.accounts.lookup(directory, account) if account else None
        own = self._own_id(home)
        if listed and listed.id and own and own[0] != listed.id:
            message = f"account '{account}' is {listed.id} in the accounts file, but {own[0]} here: the first counts"
            self.report(Diagnostic(message=message, location=own[1].origin))
        if listed and listed.id:
            return listed.id
        if own:
            return own[0]
        unknown["account_id"] = self._why(directory, account, listed)
        return None

    def _own_id(self, home: Config | None) -> tuple[str, Value] | None:
        """Give the id that account.hcl itself says."""
        for name in _ID_NAMES:
            value = self._local(home, name)
            if value is not None and isinstance(value.raw, str) and _ID.fullmatch(value.raw):
                return value.raw, value
        return None

    def _why(self, directory: str, account: str | None, listed: Account | None) -> str:
        files = self.accounts.near(directory)
        if account is None:
            return "its account is not known"
        if not files:
            return f"no accounts.json or accounts.yml above it says the id of account '{account}'"
        names = " and ".join(file.path for file in files)
        if faults := [str(file.fault) for file in files if file.fault]:
            return f"{names} cannot be read: {faults[0]}"
        if listed:
            return f"account '{account}' has no 12-digit id in {names}"
        return f"account '{account}' is not in {names}, add it with its 12-digit id"

    def _region(self, directory: str, unknown: dict[str, str]) -> str | None:
        value = self._local(self._nearest(directory, "region.hcl"), "aws_region")
        said = as_text(value, "aws_region") if value else None
        if said and said.value:
            return said.value
        by_path = next((part for part in reversed(directory.split("/")) if REGION.fullmatch(part)), None)
        if by_path is None:
            unknown["region"] = (said and said.reason) or (
                "no region.hcl above it says aws_region, and no part of its path is a region"
            )
        return by_path
