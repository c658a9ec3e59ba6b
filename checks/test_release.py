"""Release: the declared tags against what terraform-aws-ci (or the fork in use) has published, and against policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.model import Version
from audit.verdict.barriers import SERVICE_CATALOG, is_older, needed_catalog
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.pairing import known
from audit.verdict.subject import of_container, of_fleet
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView
    from audit.verdict.releases import Releases

pytestmark = pytest.mark.release


@check(
    "declared-tag-not-released",
    severity="high",
    needs=("releases",),
    remedy="declare the tag of a published release; for builds of your own name their repository by --release-repo",
    controls=("NIST 800-53 CM-2", "NIST 800-53 SI-2", "ISO 27001:2022 A.8.32"),
    references=(references.UPDATING,),
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
    references=(references.UPDATING,),
)
def test_declared_tag_behind(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The declared tag is behind the newest release, or further behind than the policy lets it be.

    Each release left out makes the upgrade longer, and barriers such as v0.50.12 turn it into manual work. Releases
    that do not touch the runner are counted apart: they are no reason to hurry. The section [policy] sets limits by
    releases (max_releases_behind), by those that touch the runner (max_touching_behind) and by days
    (max_days_behind), and says which releases don't count (ignore, min_age_days).
    """
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag, released=releases.newest)):
                lag = releases.excess(known(row, "tag"))
                assert lag is None, f"{row.tag} is {lag}"


@check(
    "declared-tag-not-allowed",
    severity="high",
    remedy="declare a tag that the policy allows, or change allowed in the section [policy]",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-6", "SOC 2 CC8.1", "ISO 27001:2022 A.8.32"),
    references=("https://packaging.python.org/en/latest/specifications/version-specifiers/",),
)
def test_declared_tag_not_allowed(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The declared tag is outside of the versions that the policy allows.

    Somebody decided which releases may run here (allowed in the section [policy], such as ">=0.52,<1.2"), often for a
    barrier that isn't crossed yet. A tag of your own build counts by its release numbers.
    """
    policy = releases.policy
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag)):
                if policy.allowed is None:
                    not_applicable("the policy allows every version")
                assert policy.allows(known(row, "tag")), f"{row.tag} is not in the allowed {policy.allowed}"


@check(
    "known-bad-release",
    severity="high",
    remedy="move to a later release; known_bad in the section [policy] lists those that nobody should run",
    controls=("NIST 800-53 SI-2", "ISO 27001:2022 A.8.8", "PCI DSS 4.0 6.3.3"),
    references=(references.UPDATING,),
)
def test_known_bad_release(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The declared tag is a release that is known to be bad.

    v0.57.0 was followed by a fix of the deploy runner within days, v0.0.0 is not for use. Add those that hurt you.
    """
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag, released=releases.newest)):
                assert known(row, "tag") not in releases.policy.known_bad, f"{row.tag} is known to be bad"


@check(
    "breaking-release-ahead",
    severity="info",
    needs=("releases",),
    remedy="read the notes of these releases before the upgrade; stop at each that needs work of its own",
    controls=("NIST 800-53 CM-3", "ISO 27001:2022 A.8.32"),
    references=(references.UPDATING,),
)
def test_breaking_release_ahead(fleet: Fleet, findings: Findings) -> None:
    """Between a declared tag and the newest release there are incompatible ones.

    Breaking changes hide in patch releases here, and minor ones often carry no marker. Named are the releases that
    touch the runner, or list no module, and are marked as incompatible, then those that somebody has to look at.
    """
    for tag, rows in fleet.tags_declared().items():
        subject = of_fleet(tag, kind=tag, declared=tag, released=fleet.releases.newest, location=rows[0].tag_origin)
        with findings.about(subject):
            if Version.parse(tag) is None:
                not_applicable(f"{tag} is no version: see floating-tag")
            lag = fleet.releases.lag(tag)
            marked, review = (lag.breaking, lag.review) if lag else ((), ())
            words = [f"incompatible: {', '.join(marked)}"] if marked else []
            words += [f"to review: {', '.join(review)}"] if review else []
            assert not words, f"on the way from {tag}: {'; '.join(words)}"


@check(
    "service-catalog-ref-too-old",
    severity="medium",
    remedy="raise the ref of the service catalog in terraform.source before or with the image's tag",
    controls=("NIST 800-53 CM-2", "ISO 27001:2022 A.8.32"),
    references=(references.SERVICE, references.UPDATING),
)
def test_service_catalog_ref_too_old(unit: UnitView, findings: Findings) -> None:
    """The service catalog that deploys the runner is too old for the declared image.

    The module configures what the invoker lets through; from v0.50.12 on images are built with a secret that the
    catalog passes on only from v0.95.0 on, so that the runner can no longer build its own successor.
    """
    for stack in unit.stacks:
        source, ref = stack.declaration.module_source, stack.declaration.module_ref
        for row in stack.deployed:
            place = stack.declaration.source_origin
            with findings.about(of_container(unit, stack, row, declared=ref, location=place)):
                if source is None or SERVICE_CATALOG not in source or ref is None:
                    not_applicable("the module does not come from the service catalog by a ref")
                needed = needed_catalog(known(row, "tag"))
                if needed is None:
                    not_applicable(f"{row.tag} works with any")
                older = is_older(ref, needed)
                if older is None:
                    not_applicable(f"{ref} is no version")
                assert not older, f"{row.container} is declared {row.tag}, which needs {needed}; the ref is {ref}"
