"""Images: what runs against what is declared, and the pair of images that one release is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.fleet import repository_of
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.digests import has_run, meant, moved_since, pulled
from audit.verdict.fleet import BUILDER, UNITS, unread
from audit.verdict.pairing import known
from audit.verdict.subject import of_container, of_fleet, running_name, running_text
from audit.verdict.tags import floats
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView

pytestmark = pytest.mark.images

LOOKED = ("ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition")
IN_ECR = (*LOOKED, "ecr:BatchGetImage", "ecr:DescribeImages")


@check(
    "image-tag-drift",
    severity="high",
    needs=("families",),
    remedy="run terragrunt apply in the unit, with the account's own credentials: the pipeline never applies itself",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-3", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9", "ISO 27001:2022 A.8.32"),
    references=(references.UPDATING,),
)
def test_image_tag_drift(unit: UnitView, findings: Findings) -> None:
    """The running image tag differs from the declared one.

    A merged bump reaches an account only when somebody applies its unit by hand. Until then the runner there plans and
    applies with old tools, and nothing else says so.
    """
    for stack in unit.stacks:
        for pair in stack.matched:
            row = pair.declared
            subject = of_container(unit, stack, row, declared=row.tag, running=running_text(pair), calls=LOOKED)
            with findings.about(subject):
                declared, running = known(row, "tag"), pair.tag(unit.registry)
                since = unit.history.since(row)
                assert running == declared, f"{row.container} runs {running}, declared is {declared}{since}"


@check(
    "image-repository-drift",
    severity="high",
    needs=("families",),
    remedy="run terragrunt apply in the unit; if the running repository is the right one, declare that one",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-8", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9"),
    references=(references.UPDATING,),
)
def test_image_repository_drift(unit: UnitView, findings: Findings) -> None:
    """The running image comes from another repository than the declared one.

    A runner that pulls from elsewhere runs code that nobody reviewed here, with the power to change the account.
    """
    for stack in unit.stacks:
        for pair in stack.matched:
            row = pair.declared
            subject = of_container(
                unit,
                stack,
                row,
                declared=row.image,
                running=running_name(pair),
                location=row.image_origin,
                calls=LOOKED,
            )
            with findings.about(subject):
                declared, running = known(row, "image"), pair.image().name
                assert running == declared, f"{row.container} runs {running}, declared is {declared}"


@check(
    "image-digest-drift",
    severity="high",
    needs=("families",),
    uses=("tasks", "tags"),
    remedy="find out who pushed the tag again; push releases under tags of their own, and make tags immutable",
    controls=("NIST 800-53 CM-3", "NIST 800-53 CM-6", "SOC 2 CC8.1", "ISO 27001:2022 A.8.32"),
    references=(references.TAG_MUTABILITY,),
)
def test_image_digest_drift(unit: UnitView, fleet: Fleet, findings: Findings) -> None:
    """The running tag no longer means the image that was deployed.

    A tag that was pushed again shows no difference anywhere, yet the next run pulls other code than the one that was
    reviewed and tried. Compared is what the revision pins, else what its last run pulled, and what the tag meant at the
    look before (--previous, results or a snapshot); where nothing ran lately, a push after the revision was registered
    tells.
    """
    for stack in unit.stacks:
        for pair in stack.matched:
            row, image = pair.declared, running_name(pair)
            calls = (*IN_ECR, "ecs:DescribeTasks") if has_run(pair, stack) else IN_ECR
            subject = of_container(
                unit, stack, row, declared=row.tag, running=running_text(pair), calls=calls, image=image
            )
            with findings.about(subject):
                now = unit.registry.running(pair)
                if now is None:
                    not_applicable("the tag is not in its repository any more: see running-tag-not-in-registry")
                before = fleet.earlier.meant(pair)
                if before is not None:
                    assert before in meant(now), f"{now.tag} means {now.digest} now, at the look before it was {before}"
                last = pulled(pair, stack)
                if last is not None:
                    assert last.digest in meant(now), f"{now.tag} means {now.digest} now, {last.how} is {last.digest}"
                moved = last is None and moved_since(pair, now)
                if moved is None and before is None:
                    not_applicable("nothing ran lately, and when its revision was registered is not known")
                assert not moved, f"{now.tag} was pushed after {pair.definition.family} took it up"


@check(
    "running-tag-not-in-registry",
    severity="critical",
    needs=("families",),
    uses=("tags",),
    remedy="build and push the image of that tag again, or apply a tag that is there",
    controls=("NIST 800-53 CM-8", "SOC 2 CC7.1", "ISO 27001:2022 A.8.9"),
    references=(references.LIFECYCLE,),
)
def test_running_tag_not_in_registry(unit: UnitView, findings: Findings) -> None:
    """The running tag is gone from its ECR repository.

    The task definition still names it, so nothing looks wrong until the next run can't pull it. A lifecycle rule or a
    clean-up by hand is the usual cause.
    """
    for stack in unit.stacks:
        for pair in stack.matched:
            row, image = pair.declared, running_name(pair)
            subject = of_container(
                unit, stack, row, declared=row.tag, running=running_text(pair), calls=IN_ECR, image=image
            )
            with findings.about(subject):
                found = unit.registry.running(pair)
                words = f"{pair.declared.container} runs {running_text(pair)}, which {pair.image().name} does not have"
                assert found, words


@check(
    "floating-tag",
    severity="medium",
    remedy="declare the tag of a release, such as v1.3.0",
    controls=("NIST 800-53 CM-2", "ISO 27001:2022 A.8.9"),
    references=(references.TAG_MUTABILITY,),
)
def test_floating_tag(unit: UnitView, findings: Findings) -> None:
    """The declared tag names no version: what it means changes.

    With latest or the name of a branch, two accounts that declare the same run different code, and no upgrade can be
    seen, reviewed or rolled back.
    """
    for stack in unit.stacks:
        for row in stack.deployed:
            with findings.about(of_container(unit, stack, row, declared=row.tag)):
                assert not floats(known(row, "tag")), f"{row.container} is declared {row.tag}, which is no version"


@check(
    "image-architecture-differs",
    severity="high",
    needs=("families",),
    uses=("tags",),
    remedy="build the image for the task's platform (--platform linux/amd64), or change the task's architecture",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1"),
    references=(references.ARCHITECTURE,),
)
def test_image_architecture_differs(unit: UnitView, findings: Findings) -> None:
    """The image has no variant for the task's architecture.

    An image that was built on an ARM machine without naming the platform does not start on Fargate's default, x86-64:
    every run ends with an exec format error.
    """
    for stack in unit.stacks:
        for pair in stack.matched:
            row, image = pair.declared, running_name(pair)
            with findings.about(of_container(unit, stack, row, running=running_text(pair), calls=IN_ECR, image=image)):
                found = unit.registry.running(pair)
                platforms = found.platforms if found else ()
                if not platforms:
                    not_applicable("an image of one platform, which ECR does not name")
                wanted = pair.definition.platform
                assert wanted in platforms, f"the task runs on {wanted}, the image is for {', '.join(platforms)}"


@check(
    "runner-kaniko-split",
    severity="medium",
    remedy="set deploy_runner_container_image_tag and kaniko_container_image_tag to the same release, and build both",
    controls=("NIST 800-53 CM-2", "ISO 27001:2022 A.8.9"),
    references=(references.UPDATING,),
)
def test_runner_kaniko_split(unit: UnitView, findings: Findings) -> None:
    """The deploy-runner and the kaniko image are declared from different releases.

    Both are built from one release of terraform-aws-ci and tested together; bumped apart, the builder can fail to
    build the very image that the next upgrade needs.
    """
    for stack in unit.stacks:
        builders = [row for row in stack.deployed if row.container == BUILDER]
        for builder in builders:
            with findings.about(of_container(unit, stack, builder, declared=builder.tag)):
                others = {known(row, "tag"): row.container for row in stack.deployed if row.image != builder.image}
                if not others:
                    not_applicable("only one image is declared")
                kaniko = known(builder, "tag")
                apart = [f"{container} {tag}" for tag, container in sorted(others.items()) if tag != kaniko]
                assert not apart, f"kaniko is declared {kaniko}, {', '.join(apart)}"


@check(
    "fleet-tag-skew",
    severity="info",
    remedy="finish the roll-out: declare the same tag for the accounts that lag behind, and apply them in deploy order",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-6", "ISO 27001:2022 A.8.9"),
    references=(references.UPDATING,),
)
def test_fleet_tag_skew(fleet: Fleet, findings: Findings) -> None:
    """Accounts are declared with different tags of the same image.

    What was planned and tried in one account is then not what applies in the next. A roll-out passes through this
    state; it should not stay in it. An account that only was not applied is image-tag-drift.
    """
    rows = [row for unit in fleet.units for stack in unit.stacks for row in stack.deployed]
    unknown = {row.image: row for row in rows if not row.tag}
    for image, tags in fleet.accounts_by_tag().items():
        repository = repository_of(image)
        name = repository[2] if repository else image
        with findings.about(of_fleet(name, kind=image, declared=", ".join(tags))):
            words = "; ".join(f"{tag} in {', '.join(accounts)}" for tag, accounts in tags.items())
            assert len(tags) == 1, f"{name} is declared {words}"
            if image in unknown:
                known(unknown[image], "tag")
    with findings.of_all(of_fleet("images")):
        for row in rows:
            known(row, "image")
        unread(fleet, *UNITS)
