"""Declaration: literals that say nothing any more, places of a version that disagree, what would be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.verdict import versions
from audit.verdict.barriers import needs_secret
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.fleet import RUNNER, UNITS, module_of, of_accounts_file, same_release, unread
from audit.verdict.pairing import known
from audit.verdict.subject import of_diagnostic, of_fleet, of_pin, of_stack
from checks import references

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.pairing import UnitView

pytestmark = pytest.mark.declaration


@check(
    "declaration-shadowed",
    severity="medium",
    remedy="delete the literal that should not count any more, or say in one place only what the unit needs",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-6", "ISO 27001:2022 A.8.9"),
    references=(references.INCLUDES, references.UPDATING),
)
def test_declaration_shadowed(unit: UnitView, findings: Findings) -> None:
    """A literal says something else than what counts for the unit, because a nearer one hides it.

    Whoever raises the version in common.hcl believes that all accounts follow; this one does not, and the guide to
    updating does not mention it.
    """
    for stack in unit.stacks:
        for shadow in stack.shadows:
            subject = of_stack(
                unit,
                stack,
                name=shadow.name,
                kind=f"{shadow.name}|{shadow.dead.file}",
                declared=shadow.live_value,
                location=shadow.live,
            )
            with findings.about(subject):
                pytest.fail(f"{shadow.name} of {shadow.dead} ({shadow.dead_value}) is hidden by {shadow.live}")
        if not stack.shadows:
            with findings.about(of_stack(unit, stack)):
                if not stack.deployed:
                    not_applicable("no container is declared")
                for row in stack.deployed:
                    known(row, "tag")


@check(
    "several-common-files",
    severity="info",
    remedy="keep one common.hcl at the root, and say what differs in account.hcl or region.hcl",
    controls=("NIST 800-53 CM-2",),
    references=(references.INCLUDES,),
)
def test_several_common_files(fleet: Fleet, findings: Findings) -> None:
    """More than one common.hcl decides on the runner's images.

    find_in_parent_folders takes the nearest one, so that each is the truth for some accounts and none for all.
    """
    files = fleet.common_files()
    with findings.about(of_fleet("common.hcl", kind="common.hcl")):
        assert len(files) < 2, f"common.hcl stands in {len(files)} places: {', '.join(files)}"
        unread(fleet, *UNITS)
        if not files:
            not_applicable("no image comes from a common.hcl")


@check(
    "build-script-pin-differs",
    severity="medium",
    needs=("pins",),
    remedy="set DOCKERFILE_REPO_REF to the declared tag, in the same commit that raises the tag",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-3", "ISO 27001:2022 A.8.9"),
    references=(references.UPDATING,),
)
def test_build_script_pin_differs(fleet: Fleet, findings: Findings) -> None:
    """A build script builds another release than the one that is declared.

    The next run of CI builds the old image again, and the declared one may never have been built at all. Compared is
    what most containers of that image declare.
    """
    with findings.of_all(of_fleet()):
        for pin in fleet.pins_of("build-ref"):
            declared = fleet.usual_tags.get(pin.subject)
            with findings.about(of_pin(pin, declared=declared)):
                if declared is None:
                    not_applicable("which image it builds, or which tag of it is declared, is not known")
                assert same_release(pin.value, declared), f"{pin.name} is {pin.value}, declared is {declared}"
        unread(fleet, "pins")


@check(
    "ci-pin-differs",
    severity="low",
    needs=("pins",),
    remedy="set MODULE_CI_VERSION to the declared tag, in the same commit that raises the tag",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-3", "ISO 27001:2022 A.8.9"),
    references=(references.UPDATING,),
)
def test_ci_pin_differs(fleet: Fleet, findings: Findings) -> None:
    """CI installs its helpers from another release than the runner's.

    The helpers call the invoker; options that one side knows and the other doesn't make every run fail.
    """
    with findings.of_all(of_fleet()):
        declared = fleet.usual_tags.get(RUNNER)
        for pin in fleet.pins_of("ci-version"):
            with findings.about(of_pin(pin, declared=declared)):
                if declared is None:
                    not_applicable("no tag of the deploy runner is known")
                assert same_release(pin.value, declared), f"{pin.name} is {pin.value}, declared is {declared}"
        unread(fleet, "pins")


@check(
    "build-secret-style-too-old",
    severity="medium",
    needs=("pins",),
    remedy="pass the token by --env-secret 'github-token=GITHUB_OAUTH_TOKEN' instead of --build-arg",
    controls=("NIST 800-53 CM-6", "SOC 2 CC8.1"),
    references=(references.UPDATING,),
)
def test_build_secret_style_too_old(fleet: Fleet, findings: Findings) -> None:
    """A build script hands the token over as a build argument, which the release that it builds no longer takes.

    From v0.50.12 on the Dockerfiles want a secret: such a build fails at the first clone. An argument would also stand
    in the image's history.
    """
    with findings.of_all(of_fleet()):
        for pin in fleet.pins_of("build-ref"):
            with findings.about(of_pin(pin)):
                styles = {one.name for one in fleet.beside(pin, "build-secret")}
                if not styles:
                    not_applicable("the script hands over no token")
                if not needs_secret(pin.value):
                    not_applicable(f"{pin.value} is no release that needs it")
                assert "env-secret" in styles, f"{pin.value} is built with its token as a build argument"
        unread(fleet, "pins")


@check(
    "module-ref-skew",
    severity="low",
    remedy="raise the ref of the unit to the one that the others use, and apply it",
    controls=("NIST 800-53 CM-2", "NIST 800-53 CM-6", "ISO 27001:2022 A.8.9"),
    references=(references.SERVICE,),
)
def test_module_ref_skew(unit: UnitView, fleet: Fleet, findings: Findings) -> None:
    """A unit takes the runner's module from another ref than most units do.

    Its cluster, permissions and invoker are then of another age than everywhere else, and the same image can behave
    differently there.
    """
    for stack in unit.stacks:
        ref, usual = stack.declaration.module_ref, fleet.usual_refs.get(module_of(stack))
        with findings.about(of_stack(unit, stack, declared=ref, location=stack.declaration.source_origin)):
            if ref is None:
                not_applicable("the module's address has no ref")
            assert ref == usual, f"the module is taken from {ref}, by most units from {usual}"


@check(
    "worker-ami-differs",
    severity="medium",
    needs=("pins",),
    remedy="make the name filter and SERVICE_CATALOG_REF of the AMI's build script say the same version",
    controls=("NIST 800-53 CM-2", "ISO 27001:2022 A.8.9"),
    references=(references.SERVICE,),
)
def test_worker_ami_differs(fleet: Fleet, findings: Findings) -> None:
    """The worker pool asks for an AMI of another version than the one that is built.

    No instance starts where no AMI fits the filter; or old ones go on, with a kernel that nobody patches.
    """
    with findings.of_all(of_fleet()):
        built = sorted({pin.value for pin in fleet.pins_of("service-catalog-ref")})
        for pin in fleet.pins_of("worker-ami"):
            with findings.about(of_pin(pin)):
                wanted = versions.first(pin.value)
                if not built or wanted is None:
                    not_applicable("which version is built, or asked for, is not known")
                assert wanted in built, f"the pool asks for {pin.value}, built is {', '.join(built)}"
        unread(fleet, "pins")


@check(
    "tool-version-differs",
    severity="low",
    needs=("pins",),
    remedy="make the build arguments of the image and the files of the version manager agree",
    controls=("NIST 800-53 CM-2",),
    references=(references.UPDATING,),
)
def test_tool_version_differs(fleet: Fleet, findings: Findings) -> None:
    """People and the runner use different versions of a tool.

    What plans well on a workstation then plans otherwise in the pipeline, and a state that the newer one wrote can be
    closed to the older.
    """
    with findings.of_all(of_fleet()):
        arguments = fleet.pins_of("build-arg")
        for pin in fleet.pins_of("tool-version"):
            with findings.about(of_pin(pin)):
                built = sorted({one.value for one in arguments if one.name == f"{pin.name}_version"})
                if not built or versions.plain(pin.value) is None:
                    not_applicable("no build argument, or no single version, to compare with")
                same = versions.plain(pin.value) in map(versions.plain, built)
                assert same, f"{pin.origin.file} says {pin.name} {pin.value}, the image gets {', '.join(built)}"
        unread(fleet, "pins")


@check(
    "declaration-invalid",
    severity="medium",
    remedy="mend the named place: Terraform or Terragrunt will stop there",
    controls=("NIST 800-53 CM-2", "SOC 2 CC8.1"),
    references=(references.SERVICE,),
)
def test_declaration_invalid(fleet: Fleet, findings: Findings) -> None:
    """Something in the repository would be refused by Terraform or Terragrunt.

    The values that are judged here could be read all the same; the next plan or apply of the unit fails.
    """
    found = [one for one in fleet.diagnostics if not of_accounts_file(one)]
    for one in found:
        with findings.about(of_diagnostic(one)):
            pytest.fail(one.message)
    if not found:
        with findings.about(of_fleet()):
            unread(fleet, *UNITS)
            if not fleet.units:
                not_applicable("nothing is declared")
