"""How to get into an account: a role, a profile or the environment, by templates that are checked before use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.errors import UsageError
from audit.model import Account, AccountEntry

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_PROFILE = re.compile(r"[A-Za-z0-9_][\w.@+=,-]{0,127}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ID = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d", re.ASCII)
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One role on the way into an account, with the external id that it asks for."""

    role_arn: str
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """The way into one account: a profile (None: the environment), then each role assumed by the one before it."""

    profile: str | None = None
    links: tuple[Link, ...] = ()

    def __str__(self) -> str:
        if self.links:
            return " via ".join(link.role_arn for link in reversed(self.links))
        return f"profile {self.profile}" if self.profile else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The way into accounts; with neither template the environment's credentials, for the one account they belong to.

    With both, the profile is what assumes the role. ``via`` are roles on the way there; ``accounts`` holds what is
    otherwise for single ones, by name or id. ``deadline`` bounds all of one account and region; times are in seconds.
    ``attempts`` counts the first try. ``simulate_roles`` has IAM asked what the task roles may do to themselves,
    ``simulate_caller`` what the caller may do that an upgrade needs.
    """

    role_arn: str | None = None
    profile: str | None = None
    external_id: str | None = None
    via: tuple[str, ...] = ()
    accounts: Mapping[str, AccountEntry] = field(default_factory=dict)
    endpoint_url: str | None = None
    connect_timeout: float = 5
    read_timeout: float = 20
    deadline: float = 120
    attempts: int = 8
    simulate_roles: bool = False
    simulate_caller: bool = False

    def __post_init__(self) -> None:
        _templates(self, "")
        for name, entry in self.accounts.items():
            _templates(entry, f"accounts.{name}")
            if entry.id is not None:
                _require(entry.id, _ID, f"accounts.{name}.id", "'123456789012'")
            for region in entry.regions:
                _require(region, _REGION, f"accounts.{name}.regions", "'us-west-2'")

    @property
    def has_profiles(self) -> bool:
        """Whether any account is entered by a profile that is named here, and not in the environment."""
        return bool(self.profile or any(entry.profile for entry in self.accounts.values()))

    def way(self, account: Account) -> Way:
        """Give the way into an account; UsageError where a template gives no role ARN or no profile name."""
        name, entry = self.entry(account)
        role, role_from = _nearest(entry.role_arn, self.role_arn, name, "role_arn")
        profile, profile_from = _nearest(entry.profile, self.profile, name, "profile")
        external_id, _ = _nearest(entry.external_id, self.external_id, name, "external_id")
        via = self.via if entry.via is None else entry.via
        links = [Link(role_arn=arn) for arn in via]
        if role:
            links.append(Link(role_arn=_fill(role, account, _ROLE_ARN, role_from), external_id=external_id or None))
        return Way(
            profile=_fill(profile, account, _PROFILE, profile_from) if profile else None,
            links=tuple(links) if role else (),
        )

    def entry(self, account: Account) -> tuple[str, AccountEntry]:
        """Find what the configuration says of an account, by its name or id, and the name under which it stands."""
        named = [name for name in (account.name, account.id) if name is not None and name in self.accounts]
        named += [name for name, entry in self.accounts.items() if entry.id is not None and entry.id == account.id]
        return (named[0], self.accounts[named[0]]) if named else ("", AccountEntry())


def _nearest(own: str | None, general: str | None, name: str, field_: str) -> tuple[str | None, str]:
    """Give an account's own setting, else that of all, and where it was set."""
    return (general, _option(field_)) if own is None else (own, f"accounts.{name}.{field_}")


def _option(field_: str) -> str:
    return "--" + field_.replace("_", "-")


def _templates(given: Access | AccountEntry, origin: str) -> None:
    """Refuse what can never become a role ARN, a profile's name or an external id, whatever the account."""
    example = Account(name="dev", id="123456789012")
    for field_, grammar in (("role_arn", _ROLE_ARN), ("profile", _PROFILE)):
        template: str | None = getattr(given, field_)
        if template is not None and (template or not origin):
            _fill(template, example, grammar, f"{origin}.{field_}" if origin else _option(field_))
    where = f"{origin}." if origin else "--"
    if given.external_id:
        _require(given.external_id, _EXTERNAL_ID, f"{where}external_id" if origin else "--external-id", "'a-b_c.1'")
    for arn in given.via or ():
        _require(arn, _ROLE_ARN, f"{where}via", "'arn:aws:iam::123456789012:role/NAME'")


def _require(value: str, grammar: re.Pattern[str], where: str, shape: str) -> None:
    if grammar.fullmatch(value) is None:
        raise UsageError(f"{where}: {value!r} can't be used; write it like {shape}")


def _fill(template: str, account: Account, grammar: re.Pattern[str], option: str) -> str:
    """Put the fields in; never ``str.format``, which would follow attributes."""
    fields = {"account": account.name, "account_id": account.id or ""}
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
