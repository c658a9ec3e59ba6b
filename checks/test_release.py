"""Release: the declared tags against what terraform-aws-ci (or the fork in use) has published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.verdict.check import Findings, check
from audit.verdict.pairing import known
from audit.verdict.subject import of_container

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView
    from audit.verdict.releases import Releases


@check(
    "declared-tag-not-released",
    severity="high",
    needs=("releases",),
    remedy="declare the tag of a published release; for builds of your own name their repository by --release-repo",
    controls=("NIST 800-53 CM-2", "NIST 800-53 SI-2", "ISO 27001:2022 A.8.32"),
)
def test_declared_tag_not_released(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The declared tag is not a published release.

    A tag that no release has can't be built from the release's code: it is a typo, or an image of unknown content.
    """
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag, released=releases.newest)):
                tag = known(row, "tag")
                assert releases.published(tag), f"{tag} is not a release of {releases.released.release_repo}"


@check(
    "declared-tag-behind",
    severity="low",
    needs=("releases",),
    remedy="upgrade: build both images of the newer release, set the tags, apply account by account",
    controls=("NIST 800-53 SI-2", "PCI DSS 4.0 6.3.3", "ISO 27001:2022 A.8.8"),
)
def test_declared_tag_behind(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The declared tag is behind the newest release.

    Each release left out makes the upgrade longer, and barriers such as v0.50.12 turn it into manual work. Releases
    that do not touch the runner are counted apart: they are no reason to hurry.
    """
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag, released=releases.newest)):
                lag = releases.lag(known(row, "tag"))
                assert lag is None, f"{row.tag} is {lag}"
