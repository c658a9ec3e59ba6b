"""Coverage: whatever was expected and could not be read is said, one by one; so is what is too old to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.model import Gap
from audit.verdict.check import Findings, Subject, check
from audit.verdict.fleet import UNITS, unread
from audit.verdict.subject import of_fleet, of_gap
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.releases import Releases
    from audit.verdict.results import Coverage

pytestmark = pytest.mark.coverage

SKEW = 1


@check(
    "not-covered",
    severity="high",
    remedy="give the missing permission or credentials, or mend the file, and look again",
    controls=("NIST 800-53 CM-8", "SOC 2 CC7.1"),
    references=(references.HOW_IT_WORKS,),
)
def test_not_covered(coverage: Coverage, findings: Findings) -> None:
    """Something that was expected could not be read.

    What nobody saw is neither in sync nor drifting: as long as a gap stands, the rest of the report says nothing
    about that place.
    """
    for gap in coverage.gaps:
        with findings.about(of_gap(gap)):
            raise UnreadError(gap)
    if not coverage.gaps:
        with findings.about(Subject(name="fleet")):
            assert coverage.read == coverage.expected, f"{coverage.read} of {coverage.expected} units read"


@check(
    "nothing-declared",
    severity="high",
    remedy="give the repository, or the folder in it, that declares the runners; look at the selection",
    controls=("NIST 800-53 CM-8",),
    references=(references.SERVICE,),
)
def test_nothing_declared(fleet: Fleet, findings: Findings) -> None:
    """There is no unit, or no account, to judge.

    An empty audit finds nothing, and that must not look like a clean one.
    """
    with findings.about(of_fleet("units", kind="units")):
        if not fleet.units:
            unread(fleet, *UNITS)
        assert fleet.units, "no unit declares a runner"
    with findings.about(of_fleet("accounts", kind="accounts")):
        if not fleet.units:
            unread(fleet, *UNITS)
        assert any(unit.account_id for unit in fleet.units), "no unit's account is known"


@check(
    "snapshot-stale",
    severity="high",
    remedy="look again, or raise snapshot_hours in the section [limits] to judge what was",
    controls=("NIST 800-53 CM-8", "SOC 2 CC7.1"),
    references=(references.HOW_IT_WORKS,),
)
def test_snapshot_stale(fleet: Fleet, findings: Findings) -> None:
    """The snapshot is older than what it is taken for: how things stand now is unknown.

    A nightly job that reads yesterday's file for ever finds nothing new, and looks green. One that is dated more than
    an hour ahead would never be too old.
    """
    with findings.about(of_fleet("snapshot", kind="snapshot")):
        hours = (fleet.judged_at - fleet.taken_at).total_seconds() / 3600
        if hours < -SKEW:
            message = (
                f"the snapshot is dated {fleet.taken_at:%Y-%m-%d %H:%M} UTC, which is still to come; set the clock"
            )
            raise UnreadError(Gap(what="snapshot", message=message))
        if hours > fleet.limits.snapshot_hours:
            limit = f"limit {fleet.limits.snapshot_hours}"
            message = f"the snapshot is of {fleet.taken_at:%Y-%m-%d %H:%M} UTC, {hours:.0f} hours old ({limit})"
            raise UnreadError(Gap(what="snapshot", message=message))


@check(
    "release-list-stale",
    severity="info",
    needs=("releases",),
    remedy="give GITHUB_TOKEN, or a newer list by --releases-file",
    controls=("NIST 800-53 SI-2",),
    references=(references.UPDATING,),
)
def test_release_list_stale(releases: Releases, findings: Findings) -> None:
    """The list of releases is older than it may be to say that a tag is the newest.

    Releases since then are not known. A tag that is behind this list is behind all the same; one that is level with
    it is unknown, and says so by itself.
    """
    with findings.about(of_fleet("releases", kind="releases", released=releases.newest)):
        fresh = releases.age <= releases.max_age_days
        limit = f"limit {releases.max_age_days}"
        assert fresh, f"the list of releases is of {releases.released.as_of}, {releases.age} days old ({limit})"
