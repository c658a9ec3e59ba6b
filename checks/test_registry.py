"""Registry: whether the images that are declared can be pulled at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.fleet import repository_of
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.pairing import known
from audit.verdict.subject import of_container

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView


@check(
    "declared-tag-not-in-registry",
    severity="critical",
    needs=("registry",),
    remedy="build and push the image of that tag to the shared account's registry before anything is applied",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1", "ISO 27001:2022 A.8.9"),
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
