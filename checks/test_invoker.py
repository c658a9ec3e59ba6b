"""Invoker: the Lambda that starts every run, and what its configuration lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.declared.sources import MASK
from audit.model import need
from audit.verdict import invoking
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.fleet import unread
from audit.verdict.runtimes import deprecated_since
from audit.verdict.subject import of_stack
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView
    from audit.verdict.releases import Releases

pytestmark = [pytest.mark.runner, pytest.mark.invoker]

INVOKER = ("lambda:GetFunctionConfiguration",)
UPSTREAM = "https://github.com/gruntwork-io/terraform-aws-ci.git"


@check(
    "invoker-missing",
    severity="high",
    needs=("invokers",),
    remedy="apply the unit: nothing can start the runner without its invoker",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1"),
    references=(references.HOW_IT_WORKS,),
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
    "invoker-update-failed",
    severity="high",
    needs=("invokers",),
    remedy="look at the function's last update in the Lambda console, mend its cause, and apply the unit again",
    controls=("NIST 800-53 CM-2", "SOC 2 CC7.1"),
    references=(references.LAMBDA_STATES,),
)
def test_invoker_update_failed(unit: UnitView, findings: Findings) -> None:
    """The invoker Lambda could not be updated, or can't be called.

    It then runs its former code, or none: an apply that looked complete has changed less than it said.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack, name=f"{stack.stack}-invoker", calls=INVOKER)):
            invoker = need(stack.invoker) or not_applicable("there is no invoker: see invoker-missing")
            assert invoker.last_update_status != "Failed", f"the last update of {invoker.name} failed"
            assert invoker.state != "Failed", f"{invoker.name} is in the state Failed"


@check(
    "invoker-runtime-deprecated",
    severity="medium",
    needs=("invokers",),
    remedy="upgrade the module ref: newer releases of the invoker run on a supported Python",
    controls=("NIST 800-53 SI-2", "ISO 27001:2022 A.8.8", "PCI DSS 4.0 6.3.3"),
    references=(references.LAMBDA_RUNTIMES,),
)
def test_invoker_runtime_deprecated(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The invoker Lambda runs on a Python that AWS has deprecated.

    AWS stops patching it, then refuses updates of the function: the next apply of the runner fails.
    """
    for stack in unit.stacks:
        invoker = stack.invoker.value if stack.invoker.kind == "seen" else None
        runtime = invoker.runtime if invoker else None
        subject = of_stack(unit, stack, name=f"{stack.stack}-invoker", running=runtime, calls=INVOKER)
        with findings.about(subject):
            need(stack.invoker)
            if runtime is None:
                not_applicable("there is no invoker, or it is a container image")
            if not runtime.startswith("python"):
                not_applicable(f"{runtime} is no Python")
            since = deprecated_since(runtime, releases.today)
            assert since is None, f"{runtime} is deprecated since {since}"


@check(
    "invoker-lacks-env-secret",
    severity="medium",
    needs=("invokers",),
    remedy="raise the module's ref (service catalog ≥ v0.95.0), or add --env-secret to additional_allowed_options",
    controls=("NIST 800-53 CM-6",),
    references=(references.CONFIGURATION, references.UPDATING),
)
def test_invoker_lacks_env_secret(unit: UnitView, findings: Findings) -> None:
    """The invoker does not let a build pass its token as a secret.

    Images from v0.50.12 on are built no other way: the runner can't build its own successor, which then takes a local
    build by hand.
    """
    for stack in unit.stacks:
        with findings.about(of_stack(unit, stack, name=f"{stack.stack}-invoker", calls=INVOKER)):
            script = invoking.build_script(need(stack.invoker))
            assert invoking.allows(script, "--env-secret"), f"{stack.stack}-invoker refuses --env-secret"


@check(
    "invoker-lacks-repository",
    severity="medium",
    needs=("invokers", "pins"),
    remedy="add the repository to allowed_repos or allowed_repos_regex of docker_image_builder_config, and apply",
    controls=("NIST 800-53 CM-6",),
    references=(references.CONFIGURATION, references.UPDATING),
)
def test_invoker_lacks_repository(unit: UnitView, fleet: Fleet, findings: Findings) -> None:
    """The invoker does not let a build clone the repository that holds the Dockerfiles.

    Build scripts say which it is (DOCKERFILE_REPO); without any it is terraform-aws-ci itself. A list that holds only a
    fork refuses the upstream, and the other way round.
    """
    for stack in unit.stacks:
        subject = of_stack(unit, stack, name=f"{stack.stack}-invoker", calls=INVOKER)
        with findings.of_all(subject):
            script = invoking.build_script(need(stack.invoker))
            for repository in sorted({pin.value for pin in fleet.pins_of("build-repo")} or {UPSTREAM}):
                with findings.about(of_stack(unit, stack, name=subject.name, kind=repository, calls=INVOKER)):
                    if MASK in repository:
                        not_applicable("its address holds a name or token that is not kept")
                    accepted = invoking.accepts(script, "--repo", repository)
                    assert accepted, f"{subject.name} refuses to build from {repository}"
            unread(fleet, "pins")


@check(
    "invoker-lacks-ref",
    severity="medium",
    needs=("invokers", "releases"),
    remedy="let the pattern of --ref match release tags, in the configuration of docker_image_builder_config",
    controls=("NIST 800-53 CM-6",),
    references=(references.CONFIGURATION,),
)
def test_invoker_lacks_ref(unit: UnitView, releases: Releases, findings: Findings) -> None:
    """The invoker does not let a build check out the tag of the newest release.

    A pattern for git refs that was made for branches refuses tags (OptionRegexRestricted), or versions above 0.
    """
    for stack in unit.stacks:
        subject = of_stack(unit, stack, name=f"{stack.stack}-invoker", calls=INVOKER)
        with findings.about(subject):
            script = invoking.build_script(need(stack.invoker))
            newest = releases.newest or not_applicable("no release is known")
            assert invoking.accepts(script, "--ref", newest), f"{subject.name} refuses the ref {newest}"


@check(
    "invoker-pattern-invalid",
    severity="medium",
    needs=("invokers",),
    remedy="mend the regular expression in the unit's inputs (…_regex) and apply it",
    controls=("NIST 800-53 CM-6",),
    references=(references.CONFIGURATION,),
)
def test_invoker_pattern_invalid(unit: UnitView, findings: Findings) -> None:
    """A pattern of the invoker's configuration is no regular expression.

    The invoker then fails at every call that gives the option, with a traceback instead of a reason.
    """
    for stack in unit.stacks:
        subject = of_stack(unit, stack, name=f"{stack.stack}-invoker", calls=INVOKER)
        with findings.about(subject):
            scripts = invoking.scripts(need(stack.invoker)) or not_applicable("its configuration names no script")
            found = {f"{one.container}: {option}" for one in scripts for option in invoking.invalid_patterns(one)}
            assert not found, f"{subject.name} has patterns that don't compile: {', '.join(sorted(found))}"
            for one in scripts:
                invoking.demand_tried(one)
