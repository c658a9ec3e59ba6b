"""Releases as a noun for checks: the list, the day of judging, and how old the list may be to prove a negative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.model import Gap, Version
from audit.released import policy
from audit.released.model import Released
from audit.verdict.check import not_applicable

if TYPE_CHECKING:
    from audit.released.policy import Lag


@dataclass(frozen=True, kw_only=True, slots=True)
class Releases:
    """What is published, and how far a tag is behind it; ages in days."""

    released: Released
    today: date
    max_age_days: int

    @property
    def newest(self) -> str | None:
        """The tag of the newest release that is known."""
        return self.released.newest

    def published(self, tag: str) -> bool:
        """Tell whether a tag is one of the published ones.

        Not applicable to somebody's own build; raises UnreadError for a tag beyond a list that is too old to know it.
        """
        if any(release.tag == tag for release in self.released.releases):
            return True
        if policy.standing(self.released, tag, self.today, self.max_age_days) == "custom":
            not_applicable(f"{tag} is a build of your own: its release cannot be told from its name")
        version, newest = Version.parse(tag), Version.parse(self.newest or "")
        if version is not None and (newest is None or version > newest) and self._age > self.max_age_days:
            raise self._unreadable(f"{tag} may have been published since")
        return False

    def lag(self, tag: str) -> Lag | None:
        """Tell how far a tag is behind the newest release; None where it is the newest.

        Not applicable to somebody's own build; raises UnreadError where the list cannot tell.
        """
        standing = policy.standing(self.released, tag, self.today, self.max_age_days)
        if standing == "custom":
            not_applicable(f"{tag} is a build of your own: compare the release that it was built from")
        if standing == "unknown":
            raise self._unreadable(f"whether {tag} is the newest cannot be told")
        return policy.lag(self.released, tag) if standing == "behind" else None

    @property
    def _age(self) -> int:
        return (self.today - self.released.as_of).days

    def _unreadable(self, what: str) -> UnreadError:
        old = f", which is {self._age} days old (limit {self.max_age_days})" if self._age > self.max_age_days else ""
        message = (
            f"{what}: the newest release known is {self.newest}, from {self.released.where}, "
            f"known up to {self.released.as_of}{old}; give GITHUB_TOKEN or a newer --releases-file"
        )
        return UnreadError(Gap(what="release list", call=self.released.where, message=message))
