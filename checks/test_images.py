"""Images: what runs against what is declared, and the pair of images that one release is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.pairing import known
from audit.verdict.subject import of_container, running_text

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView

LOOKED = ("ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition")
BUILDER = "docker-image-builder"


@check(
    "image-tag-drift",
    severity="high",
    needs=("families",),
    remedy="run terragrunt apply in the unit, with the account's own credentials: the pipeline never applies itself",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-3", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9", "ISO 27001:2022 A.8.32"),
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
                assert running == declared, f"{row.container} runs {running}, declared is {declared}"


@check(
    "image-repository-drift",
    severity="high",
    needs=("families",),
    remedy="run terragrunt apply in the unit; if the running repository is the right one, declare that one",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-8", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9"),
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
                running=pair.running.name if pair.running else None,
                location=row.image_origin,
                calls=LOOKED,
            )
            with findings.about(subject):
                declared, running = known(row, "image"), pair.image().name
                assert running == declared, f"{row.container} runs {running}, declared is {declared}"


@check(
    "runner-kaniko-split",
    severity="medium",
    remedy="set deploy_runner_container_image_tag and kaniko_container_image_tag to the same release, and build both",
    controls=("NIST 800-53 CM-2", "ISO 27001:2022 A.8.9"),
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
