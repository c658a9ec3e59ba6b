"""The release that an upgrade is to end at: as the user names it, or the newest that the policy allows. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.model import Version
from audit.text import one_line

if TYPE_CHECKING:
    from datetime import date

    from audit.configuration.policy import Policy
    from audit.released.model import Release, Released

LATEST = "latest-allowed"


def target(to: str, released: Released, policy: Policy, today: date) -> str:
    """Give the tag that ``--to`` names.

    Raises UsageError for what is no version, and where the policy leaves none of the releases.
    """
    if to != LATEST:
        if Version.parse(to) is None:
            raise UsageError(f"--to {one_line(to, 60)!r}: give a release such as v1.3.0, or {LATEST}")
        return to
    for release in reversed(released.releases):
        if _is_allowed(release, policy, today):
            return release.tag
    raise UsageError(f"--to {LATEST}: the policy allows none of the {len(released.releases)} releases known")


def _is_allowed(release: Release, policy: Policy, today: date) -> bool:
    version = Version.parse(release.tag)
    if version is None or version.prerelease or release.tag in {*policy.known_bad, *policy.ignore}:
        return False
    return bool(policy.allows(release.tag)) and release.published <= today - timedelta(days=policy.min_age_days)
