"""How to get into an account: a role, a profile or the environment, by templates that are checked before use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.errors import UsageError

if TYPE_CHECKING:
    from audit.model import Account

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_PROFILE = re.compile(r"[A-Za-z0-9_][\w.@+=,-]{0,127}", re.ASCII)
_FIELD = re.compile(r"\{([^{}]*)\}")
_EXAMPLE = {"account": "dev", "account_id": "123456789012"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The way into accounts; with neither template the environment's credentials, for the one account they belong to.

    With both, the profile is what assumes the role. ``deadline`` bounds all of one account and region; times are in
    seconds. ``attempts`` counts the first try.
    """

    role_arn: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    connect_timeout: float = 5
    read_timeout: float = 20
    deadline: float = 120
    attempts: int = 8

    def __post_init__(self) -> None:
        if self.role_arn is not None:
            _fill(self.role_arn, _EXAMPLE, _ROLE_ARN, "--role-arn")
        if self.profile is not None:
            _fill(self.profile, _EXAMPLE, _PROFILE, "--profile")

    def role_for(self, account: Account) -> str | None:
        """Fill the role template for an account; UsageError where that gives no role ARN."""
        return None if self.role_arn is None else _fill(self.role_arn, _fields(account), _ROLE_ARN, "--role-arn")

    def profile_for(self, account: Account) -> str | None:
        """Fill the profile template for an account; UsageError where that gives no profile name."""
        return None if self.profile is None else _fill(self.profile, _fields(account), _PROFILE, "--profile")


def _fields(account: Account) -> dict[str, str]:
    return {"account": account.name, "account_id": account.id or ""}


def _fill(template: str, fields: dict[str, str], grammar: re.Pattern[str], option: str) -> str:
    """Put the fields in; never ``str.format``, which would follow attributes."""
    unknown = sorted(set(_FIELD.findall(template)) - fields.keys())
    if unknown:
        raise UsageError(f"{option} {template!r}: unknown field {unknown[0]!r}; use {{account}} or {{account_id}}")
    filled = _FIELD.sub(lambda found: fields[found[1]], template)
    if grammar.fullmatch(filled) is None:
        shape = "arn:aws:iam::{account_id}:role/NAME" if grammar is _ROLE_ARN else "your-{account}"
        raise UsageError(
            f"{option} {template!r} gives {filled!r} for account {fields['account']!r}; write it like {shape!r}"
        )
    return filled
