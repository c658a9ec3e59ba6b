"""Waivers: findings that somebody accepted for a time.

A waiver turns a failure into ``waived``, never an unknown or an error: what nobody saw cannot be accepted. Its last
day counts, in UTC. An expired one lets the finding come back, with a note.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from audit.look.exclusions import Exclusion
from audit.model import Location
from audit.verdict.finding import WaiverNote

if TYPE_CHECKING:
    from audit.verdict.finding import Finding


class Acceptable(Protocol):
    """What a waiver is held against: a finding, or a difference that has the facts of one."""

    @property
    def check(self) -> str:
        """Id of the check."""

    @property
    def account(self) -> str | None:
        """Name of the account."""

    @property
    def account_id(self) -> str | None:
        """Id of the account."""

    @property
    def region(self) -> str | None:
        """Name of the region."""

    @property
    def container(self) -> str | None:
        """Name of the container."""

    @property
    def declared(self) -> str | None:
        """What is declared."""

    @property
    def running(self) -> str | None:
        """What runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """One waiver; an empty tuple means all, None that the fact does not matter.

    ``declared`` and ``running`` are the facts that it was given for: with other facts it no longer applies.
    """

    id: str
    checks: tuple[str, ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    containers: tuple[str, ...]
    declared: str | None
    running: str | None
    reason: str
    owner: str
    ticket: str | None
    created: date | None
    expires: date
    place: Location

    def covers(self, found: Acceptable) -> bool:
        """Tell whether it speaks of a finding, whatever day it is."""
        return self.reaches(found) and (
            (not self.containers or found.container in self.containers)
            and self.declared in (None, found.declared)
            and self.running in (None, found.running)
        )

    def reaches(self, found: Acceptable) -> bool:
        """Tell whether it speaks of a finding's check, in its account and region."""
        account = not self.accounts or found.account in self.accounts or found.account_id in self.accounts
        return found.check in self.checks and account and (not self.regions or found.region in self.regions)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waivers:
    """What a waivers file says; ``file`` is its name for people, ``sha256`` that of its bytes, None without a file."""

    file: str = ""
    sha256: str | None = None
    waivers: tuple[Waiver, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()


def waived(found: Finding, waivers: Waivers, today: date) -> Finding:
    """Apply the waivers to a finding: the one that holds longest, or a note that there was one."""
    if found.outcome != "fail":
        return found
    covering = [waiver for waiver in waivers.waivers if waiver.covers(found)]
    if not covering:
        return found
    latest = max(covering, key=lambda waiver: waiver.expires)
    if latest.expires < today:
        note = f"waiver {latest.id} of {latest.owner} expired on {latest.expires}"
        return replace(found, message=f"{found.message} ({note})")
    accepted = WaiverNote(
        id=latest.id,
        owner=latest.owner,
        reason=latest.reason,
        expires=latest.expires,
        days_left=(latest.expires - today).days,
    )
    return replace(found, outcome="waived", waiver=accepted)
