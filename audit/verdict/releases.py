"""Releases as a noun for checks: the list, the day of judging, and how old the list may be to prove a negative."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from audit.configuration.policy import Policy
from audit.errors import UnreadError
from audit.model import Gap, Version
from audit.released import policy
from audit.released.model import Released
from audit.verdict.check import not_applicable

if TYPE_CHECKING:
    from audit.released.policy import Lag


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Releases:
    """What is published, and how far a tag is behind it; ages in days."""

    released: Released
    today: date
    max_age_days: int
    policy: Policy = field(default_factory=Policy)
    counted: Released = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counted", self._counted())

    @property
    def age(self) -> int:
        """How many days old the list is."""
        return (self.today - self.released.as_of).days

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
        if version is not None and (newest is None or version > newest) and self.age > self.max_age_days:
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
        return policy.lag(self.counted, tag) if standing == "behind" else None

    def excess(self, tag: str) -> Lag | None:
        """Tell how far a tag is behind, None where that is nothing or within the limits of the policy.

        Without any limit everything that is behind is too far. Raises as ``lag`` does.
        """
        lag = self.lag(tag)
        if lag is None:
            return None
        held = (
            (self.policy.max_releases_behind, lag.releases),
            (self.policy.max_touching_behind, lag.touching),
            (self.policy.max_days_behind, lag.days),
        )
        limited = [(most, number) for most, number in held if most is not None]
        return lag if not limited or any(number > most for most, number in limited) else None

    def _counted(self) -> Released:
        """Leave out the releases that the policy does not count as newer: ignored ones, and those too young."""
        least = self.policy.min_age_days
        kept = tuple(
            release
            for release in self.released.releases
            if release.tag not in self.policy.ignore and (not least or (self.today - release.published).days >= least)
        )
        return replace(self.released, releases=kept)

    def _unreadable(self, what: str) -> UnreadError:
        old = f", which is {self.age} days old (limit {self.max_age_days})" if self.age > self.max_age_days else ""
        message = (
            f"{what}: the newest release known is {self.newest}, from {self.released.where}, "
            f"known up to {self.released.as_of}{old}; give GITHUB_TOKEN or a newer --releases-file"
        )
        return UnreadError(Gap(what="release list", call=self.released.where, message=message))
