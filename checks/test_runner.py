"""Runner: the families and the invoker that a declared stack is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.model import need
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.pairing import unknown
from audit.verdict.runtimes import deprecated_since
from audit.verdict.subject import of_container, of_stack, orphan_image

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView
    from audit.verdict.releases import Releases

LISTED = ("ecs:ListTaskDefinitionFamilies",)
INVOKER = ("lambda:GetFunctionConfiguration",)


@check(
    "stack-missing",
    severity="high",
    needs=("families", "invoker"),
    remedy="apply the unit, or delete it from the repository if the account should have no runner",
    controls=("NIST 800-53 CM-8", "SOC 2 CC8.1"),
)
def test_stack_missing(unit: UnitView, findings: Findings) -> None:
    """Nothing of a declared stack runs: no task definition and no invoker.

    The repository promises a pipeline that the account does not have; or the look went to the wrong region.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack, calls=(*LISTED, *INVOKER))):
            if not stack.deployed:
                not_applicable("no container is declared")
            assert not stack.absent, f"nothing of {stack.stack} was seen in {unit.account}, {unit.region}"


@check(
    "family-missing",
    severity="high",
    needs=("families",),
    remedy="apply the unit: the task definition that it declares does not exist",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-8"),
)
def test_family_missing(unit: UnitView, findings: Findings) -> None:
    """A declared task definition family does not exist, though others of the stack do.

    Runs of that kind fail in this account, for example builds or plans.
    """
    for stack in unit.stacks:
        missing = {pair.declared.container: pair for pair in stack.missing}
        for row in stack.deployed:
            with findings.about(
                of_container(unit, stack, row, declared=row.tag, location=row.image_origin, calls=LISTED)
            ):
                if row.deployed is None:
                    unknown(row, "deployed")
                if row.container in missing and stack.absent:
                    not_applicable("nothing of the stack was seen: see stack-missing")
                assert row.container not in missing, f"{stack.stack}-{row.container} has no active revision"


@check(
    "family-undeclared",
    severity="medium",
    needs=("families",),
    remedy="delete the task definitions, or declare the container again",
    controls=("NIST 800-53 CM-7", "NIST 800-53 CM-8", "ISO 27001:2022 A.8.9"),
)
def test_family_undeclared(unit: UnitView, findings: Findings) -> None:
    """A task definition family of the stack exists that nothing declares.

    It keeps its role and its image, gets no upgrades, and whoever can invoke the runner may still start it.
    """
    for stack in unit.stacks:
        for orphan in stack.orphans:
            family, image = orphan.definition.family, orphan_image(orphan)
            with findings.about(of_stack(unit, stack, name=family, kind=family, running=image, calls=LISTED)):
                pytest.fail(f"{family} runs {image}, and nothing declares it")
        if not stack.orphans:
            findings.clear(of_stack(unit, stack, calls=LISTED))


@check(
    "invoker-missing",
    severity="high",
    needs=("invoker",),
    remedy="apply the unit: nothing can start the runner without its invoker",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1"),
)
def test_invoker_missing(unit: UnitView, findings: Findings) -> None:
    """The invoker Lambda of the stack does not exist.

    Every run is started through it: without it the pipeline of this account is dead.
    """
    for stack in unit.stacks:
        name = f"{stack.stack}-invoker"
        with findings.about(of_stack(unit, stack, name=name, calls=INVOKER)):
            if need(stack.invoker) is None and stack.absent:
                not_applicable("nothing of the stack was seen: see stack-missing")
            assert need(stack.invoker), f"there is no function {name}"


@check(
    "invoker-runtime-deprecated",
    severity="medium",
    needs=("invoker",),
    remedy="upgrade the module ref: newer releases of the invoker run on a supported Python",
    controls=("NIST 800-53 SI-2", "ISO 27001:2022 A.8.8", "PCI DSS 4.0 6.3.3"),
)
def test_invoker_runtime_deprecated(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The invoker Lambda runs on a Python that AWS has deprecated.

    AWS stops patching it, then refuses updates of the function: the next apply of the runner fails.
    """
    for stack in unit.stacks:
        invoker = need(stack.invoker)
        runtime = invoker.runtime if invoker else None
        subject = of_stack(unit, stack, name=f"{stack.stack}-invoker", running=runtime, calls=INVOKER)
        with findings.about(subject):
            if runtime is None:
                not_applicable("there is no invoker, or it is a container image")
            since = deprecated_since(runtime, releases.today)
            assert since is None, f"{runtime} is deprecated since {since}"
