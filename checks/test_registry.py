"""Registry: whether the images can be pulled, by whom, for how long, and what is known of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.fleet import repository_of
from audit.model import need
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.ecr_policies import expiry, pull
from audit.verdict.pairing import known
from audit.verdict.subject import of_container, of_repository
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView
    from audit.verdict.registry import RepositoryView

pytestmark = pytest.mark.registry

SETTINGS = ("ecr:DescribeRepositories",)
LIFECYCLE = ("ecr:GetLifecyclePolicy", "ecr:DescribeImages")
SCANS = ("ecr:DescribeImages", "ecr:DescribeImageScanFindings")


@check(
    "declared-tag-not-in-registry",
    severity="critical",
    needs=("tags",),
    remedy="build and push the image of that tag to the shared account's registry before anything is applied",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1", "ISO 27001:2022 A.8.9"),
    references=(references.UPDATING,),
)
def test_declared_tag_not_in_registry(unit: UnitView, findings: Findings) -> None:
    """The declared tag is not in its ECR repository.

    The next apply points the runner at an image that cannot be pulled: every run in that account then fails, and the
    pipeline can't repair itself.
    """
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag, calls=("ecr:BatchGetImage",))):
                image, tag = known(row, "image"), known(row, "tag")
                if repository_of(image) is None:
                    not_applicable(f"{image} is not in ECR")
                assert unit.registry.tag(image, tag), f"{image} has no tag {tag}"


@check(
    "registry-policy-lacks-account",
    severity="high",
    needs=("policy",),
    remedy="add the account to external_account_ids_with_read_access of the unit that declares the repository",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1"),
    references=(references.REPOSITORY_POLICIES,),
)
def test_registry_policy_lacks_account(repository: RepositoryView, findings: Findings) -> None:
    """The repository's policy does not let an account of the fleet pull.

    A new account that was forgotten here deploys well, and then none of its runs starts. A grant to the role with which
    its tasks pull counts; one under a condition, such as an organization's id, is not judged.
    """
    for account in repository.users:
        subject = of_repository(repository, kind=account.id, calls=("ecr:GetRepositoryPolicy",))
        with findings.about(subject):
            if account.id == repository.seen.registry_id:
                not_applicable("the registry's own account")
            if repository.is_absent:
                not_applicable("there is no such repository: see declared-tag-not-in-registry")
            policy = need(repository.seen.policy)
            if policy is None:
                not_applicable("the repository has no policy at all: see registry-without-policy")
            answer = pull(policy, account.id, repository.pullers.get(account.id, ()))
            if answer == "conditional":
                not_applicable(f"{account.name} may pull under a condition that is not evaluated here")
            assert answer == "allowed", f"{account.name} ({account.id}) may not pull {repository.seen.name}"


@check(
    "lifecycle-expires-tag-in-use",
    severity="high",
    needs=("tags", "lifecycle"),
    remedy="let the rule leave releases alone (tagPrefixList, tagPatternList), or keep images for longer",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1"),
    references=(references.LIFECYCLE,),
)
def test_lifecycle_expires_tag_in_use(repository: RepositoryView, fleet: Fleet, findings: Findings) -> None:
    """A lifecycle rule deletes or archives, or soon will, an image that is declared or running.

    ECR does not know what is in use: it counts days or images. The runner then fails at its first run after that.
    "Soon" is expiry_days of the section [limits]; a rule that counts days since the last pull is taken as if none
    followed, and one by number can only be told for the images seen.
    """
    policy = need(repository.seen.lifecycle)
    soon = fleet.taken_at + timedelta(days=fleet.limits.expiry_days)
    for image in repository.in_use:
        subject = of_repository(repository, kind=image.tag, running=image.tag, calls=LIFECYCLE)
        with findings.about(subject):
            found = expiry(policy, image, repository.tags)
            if found is not None:
                assert not found.is_now, f"rule {found.rule} would {found.verb} {image.tag}"
                if found.on is None:
                    not_applicable(f"rule {found.rule} counts images, and not all of them were looked at")
                assert found.on > soon, f"rule {found.rule} {found.verb}s {image.tag} on {found.on.date()}"


@check(
    "registry-without-policy",
    severity="info",
    needs=("policy",),
    remedy="give the repository a policy that lets the other accounts pull: external_account_ids_with_read_access",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-6"),
    references=(references.REPOSITORY_POLICIES,),
)
def test_registry_without_policy(repository: RepositoryView, findings: Findings) -> None:
    """The repository has no policy of its own, though other accounts use it.

    Then only its own account can pull, unless the policy of the whole registry lets the others, which is not read
    here: so it is told, and fails no run by default.
    """
    with findings.about(of_repository(repository, calls=("ecr:GetRepositoryPolicy",))):
        if repository.is_absent:
            not_applicable("there is no such repository: see declared-tag-not-in-registry")
        others = [account.name for account in repository.users if account.id != repository.seen.registry_id]
        if not others:
            not_applicable("no other account uses it")
        policy = need(repository.seen.policy)
        assert policy is not None, f"{repository.seen.name} has no policy, and {', '.join(others)} pull from it"


@check(
    "registry-tags-mutable",
    severity="info",
    needs=("settings",),
    remedy="set image_tag_mutability to IMMUTABLE where the repository is declared",
    controls=("NIST 800-53 CM-3", "NIST 800-53 CM-6", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9"),
    references=(references.TAG_MUTABILITY,),
)
def test_registry_tags_mutable(repository: RepositoryView, findings: Findings) -> None:
    """Tags of the repository can be moved.

    Whoever may push can then replace the image that every account runs, under the same tag, without a trace in the
    repository that declares it. Where a setting leaves some tags out by pattern, the tags in use are held against it.
    It is a setting of the registry and no drift, so by default it is told and fails no
    run: raise it in [severities] where your rules ask for immutable tags.
    """
    with findings.about(of_repository(repository, calls=SETTINGS)):
        settings = repository.settings or not_applicable("there is no such repository")
        name, mutability = repository.seen.name, settings.tag_mutability
        if settings.has_exclusions:
            movable = repository.movable(settings)
            assert not movable, f"{', '.join(movable)} of {name} can be pushed again ({mutability})"
        else:
            assert mutability == "IMMUTABLE", f"tags of {name} can be pushed again ({mutability})"


@check(
    "registry-no-scan-on-push",
    severity="info",
    needs=("settings", "tags"),
    remedy="switch scanning on: enable_automatic_image_scanning, or enhanced scanning of the whole registry",
    controls=("NIST 800-53 SI-2", "SOC 2 CC7.1", "ISO 27001:2022 A.8.8"),
    references=(references.SCANNING,),
)
def test_registry_no_scan_on_push(repository: RepositoryView, findings: Findings) -> None:
    """Images are not scanned when they are pushed.

    The runner's image holds a whole toolchain, with the power to change the account; without a scan nobody hears of
    its vulnerabilities. Results of a scan, however it was started, count as scanning. By default it is told and fails
    no run: raise it in [severities] where your rules ask for scans.
    """
    with findings.about(of_repository(repository, calls=(*SETTINGS, "ecr:DescribeImages"))):
        settings = repository.settings or not_applicable("there is no such repository")
        scanned = any(tag.scan for tag in repository.tags)
        assert settings.scan_on_push or scanned, f"{repository.seen.name} scans no image"


@check(
    "image-vulnerabilities",
    severity="high",
    needs=("tags",),
    remedy="upgrade to a release whose image is free of them, or rebuild the image on a newer base",
    controls=("NIST 800-53 SI-2", "ISO 27001:2022 A.8.8", "PCI DSS 4.0 6.3.3", "SOC 2 CC7.1"),
    references=(references.SCANNING,),
)
def test_image_vulnerabilities(repository: RepositoryView, fleet: Fleet, findings: Findings) -> None:
    """A running image has critical vulnerabilities.

    It clones what others wrote and holds credentials that can change the account: the wrong place for known holes. How
    many are borne is critical_vulnerabilities of the section [limits]. The ids are those of ECR's own scan, basic or
    enhanced; the count tells how many there are, also where not all could be listed.
    """
    most = fleet.limits.critical_vulnerabilities
    for image in repository.tags:
        if image.tag not in repository.running:
            continue
        subject = of_repository(repository, kind=image.tag, running=image.tag, calls=SCANS)
        with findings.about(subject):
            critical = image.critical
            if critical is None:
                not_applicable(f"{image.tag} was not scanned, or cannot be")
            assert critical <= most, f"{image.tag} ({image.digest}) has {repository.critical(image)}"


@check(
    "registry-without-own-key",
    severity="info",
    needs=("settings",),
    remedy="make the repository anew with a key of your own, where your rules ask for one: it cannot be changed later",
    controls=("NIST 800-53 CM-6",),
    references=(references.ENCRYPTION,),
)
def test_registry_without_own_key(repository: RepositoryView, findings: Findings) -> None:
    """The repository is encrypted with ECR's own key, not with one of KMS.

    The images are encrypted all the same; only the use of a key of KMS can be watched, and only your own can be taken
    away. ECR names that key, not whose it is: AWS's key for ECR (aws/ecr) passes, unless it is named by its alias.
    """
    with findings.about(of_repository(repository, calls=SETTINGS)):
        settings = repository.settings or not_applicable("there is no such repository")
        own = (settings.encryption or "").startswith("KMS") and not (settings.kms_key or "").endswith("alias/aws/ecr")
        assert own, f"{repository.seen.name} uses {settings.kms_key or settings.encryption}"
