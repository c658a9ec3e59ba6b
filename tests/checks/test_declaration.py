"""Checks of the declaration: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.declared.model import DeclaredContainer, Diagnostic, Pin, Shadow
from audit.model import Location
from audit.verdict.fleet import usual
from checks import test_declaration
from tests.checks.judging import ended, judged, said
from tests.nouns import DEV, SHARED, TAG_AT, fleet, fleet_of, gap, null, pin, row, snapshot, view

NEAR = Location(file="dev/common.hcl", line=3, column=5)
UNIT = "dev/us-west-2/mgmt/ecs-deploy-runner"
SHADOW = Shadow(unit=UNIT, name="tag", dead=TAG_AT, dead_value="v1.3.0", live=NEAR, live_value="v1.2.0")


def test_shadowed() -> None:
    """Each hidden literal is a finding at the one that counts; those of other units are theirs."""
    other = replace(SHADOW, name="image", dead=replace(TAG_AT, file="x/common.hcl"))
    foreign = replace(SHADOW, unit="prod/x")
    unit = view(rows=(row(),), shadows=(SHADOW, other, foreign))
    first, second = judged(test_declaration.test_declaration_shadowed, unit).judgements
    assert first.message == "tag of common.hcl:25 (v1.3.0) is hidden by dev/common.hcl:3"
    assert (first.subject.location, first.subject.declared, first.subject.kind) == (NEAR, "v1.2.0", "tag|common.hcl")
    assert second.subject.kind == "image|x/common.hcl"
    assert [first.outcome, second.outcome] == ["fail", "fail"]


def test_nothing_shadowed() -> None:
    """Without hidden literals a unit passes."""
    assert ended(test_declaration.test_declaration_shadowed, view(rows=(row(),))) == ["pass"]
    assert ended(test_declaration.test_declaration_shadowed, view(rows=(null("x"),))) == ["not_applicable"]
    assert ended(test_declaration.test_declaration_shadowed, view(rows=(row(), row("x", tag=None)))) == ["unknown"]


@pytest.mark.parametrize(
    ("rows", "shadows", "expected"),
    [
        pytest.param((row(),), (), "pass", id="one"),
        pytest.param((row(), row(account=SHARED, tag_origin=NEAR)), (), "fail", id="two count"),
        pytest.param((row(),), (SHADOW,), "fail", id="one counts, one is hidden"),
        pytest.param((row(image_origin=replace(NEAR, file="x/account.hcl")),), (), "pass", id="another name"),
        pytest.param((row(image_origin=NEAR),), (), "fail", id="of the image"),
        pytest.param((row(image_origin=None, tag_origin=None),), (), "not_applicable", id="none"),
        pytest.param((null("ami-builder"),), (), "not_applicable", id="nothing deployed"),
    ],
)
def test_several_common_files(rows: tuple[DeclaredContainer, ...], shadows: tuple[Shadow, ...], expected: str) -> None:
    """More than one common.hcl has a say in images."""
    assert ended(test_declaration.test_several_common_files, fleet(rows=rows, shadows=shadows)) == [expected]


def test_several_common_files_of_what_was_not_read() -> None:
    """A unit that could not be read may come from a second one."""
    part = fleet(rows=(row(),), declared_gaps=(gap("declaration"),))
    assert ended(test_declaration.test_several_common_files, part) == ["unknown"]


def test_several_common_files_are_named() -> None:
    """Number and places."""
    assert said(test_declaration.test_several_common_files, fleet(rows=(row(),), shadows=(SHADOW,))) == (
        "common.hcl stands in 2 places: common.hcl, dev/common.hcl"
    )


REF = pin("build-ref", "DOCKERFILE_REPO_REF", "v1.3.0", subject="deploy-runner")
KANIKO_REF = replace(REF, subject="kaniko", value="v1.2.0")
BUILDS = (row(), row("docker-image-builder", tag="v1.2.0"), row("additional", tag="v9"))


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param((), [], id="no script"),
        pytest.param((REF,), ["pass"], id="same"),
        pytest.param((replace(REF, value="v1.2.0"),), ["fail"], id="older"),
        pytest.param((replace(REF, value="v1.4.0"),), ["fail"], id="newer"),
        pytest.param((KANIKO_REF,), ["pass"], id="kaniko of its own release"),
        pytest.param((replace(KANIKO_REF, value="v1.3.0"),), ["fail"], id="kaniko of the runner's release"),
        pytest.param((replace(REF, subject=None),), ["not_applicable"], id="of what"),
        pytest.param((replace(REF, subject="other"),), ["not_applicable"], id="of something else"),
        pytest.param((pin("build-arg", "x", "v1"),), [], id="no ref"),
    ],
)
def test_build_script(pins: tuple[Pin, ...], expected: list[str]) -> None:
    """A script builds what is declared for its image."""
    assert ended(test_declaration.test_build_script_pin_differs, fleet(rows=BUILDS, pins=pins)) == expected


def test_build_script_says_both() -> None:
    """Pin and declaration; the place is the pin's."""
    one = fleet(rows=BUILDS, pins=(replace(REF, value="v1.2.0"),))
    (judgement,) = judged(test_declaration.test_build_script_pin_differs, one).judgements
    assert judgement.message == "DOCKERFILE_REPO_REF is v1.2.0, declared is v1.3.0"
    assert (judgement.subject.location, judgement.subject.declared) == (REF.origin, "v1.3.0")


@pytest.mark.parametrize(
    ("tag", "ref", "expected"),
    [
        ("v1.3.0-acme", "v1.3.0", "pass"),
        ("deploy-runner-v1.3.0", "v1.3.0", "pass"),
        ("v1.3.0", "v1.3.0-acme", "pass"),
        ("v1.3.0-acme", "v1.2.0", "fail"),
        ("v1.3.0", "1.3.0", "fail"),
        ("latest", "v1.3.0", "fail"),
        ("v1.3.0", "main", "fail"),
    ],
)
def test_custom_builds_compare_by_release(tag: str, ref: str, expected: str) -> None:
    """A tag of one's own names the release that it was built from."""
    one = fleet(rows=(row(tag=tag),), pins=(replace(REF, value=ref),))
    assert ended(test_declaration.test_build_script_pin_differs, one) == [expected]


CI = pin("ci-version", "MODULE_CI_VERSION", "v1.3.0", origin=Location(file=".circleci/config.yml", line=2, column=3))


@pytest.mark.parametrize(
    ("rows", "pins", "expected"),
    [
        pytest.param((row(),), (CI,), ["pass"], id="same"),
        pytest.param((row(),), (replace(CI, value="v1.2.0"),), ["fail"], id="older"),
        pytest.param((row("docker-image-builder"),), (CI,), ["not_applicable"], id="no deploy runner"),
        pytest.param((row(),), (), [], id="no pin"),
    ],
)
def test_ci(rows: tuple[DeclaredContainer, ...], pins: tuple[Pin, ...], expected: list[str]) -> None:
    """CI installs the release of the deploy runner."""
    assert ended(test_declaration.test_ci_pin_differs, fleet(rows=rows, pins=pins)) == expected


def test_ci_says_both() -> None:
    """Pin and declaration."""
    one = fleet(rows=(row(),), pins=(replace(CI, value="v1.2.0"),))
    assert said(test_declaration.test_ci_pin_differs, one) == "MODULE_CI_VERSION is v1.2.0, declared is v1.3.0"


ARGUMENT = pin("build-secret", "build-arg", "GITHUB_OAUTH_TOKEN")
SECRET = pin("build-secret", "env-secret", "github-token=GITHUB_OAUTH_TOKEN")


@pytest.mark.parametrize(
    ("ref", "styles", "expected"),
    [
        pytest.param("v0.50.12", (SECRET,), "pass", id="secret"),
        pytest.param("v0.50.12", (ARGUMENT,), "fail", id="argument at the barrier"),
        pytest.param("v0.50.11", (ARGUMENT,), "not_applicable", id="argument below the barrier"),
        pytest.param("v1.3.0", (ARGUMENT, SECRET), "pass", id="both"),
        pytest.param("v1.3.0", (), "not_applicable", id="none"),
        pytest.param("main", (ARGUMENT,), "not_applicable", id="a branch"),
        pytest.param("v1.3.0", (replace(ARGUMENT, origin=NEAR),), "not_applicable", id="of another script"),
    ],
)
def test_secret_style(ref: str, styles: tuple[Pin, ...], expected: str) -> None:
    """From v0.50.12 on the token goes as a secret."""
    one = fleet(pins=(replace(REF, value=ref), *styles))
    assert ended(test_declaration.test_build_secret_style_too_old, one) == [expected]


OTHER = row(account=SHARED, module_ref="v0.104.2")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param((row(), row(account=SHARED)), ["pass", "pass"], id="same"),
        pytest.param((row(), OTHER), ["fail", "pass"], id="of two the older"),
        pytest.param((row(), row(account=SHARED, module_ref="v0.200.0")), ["pass", "fail"], id="of two the newer"),
        pytest.param((row(), row(account=SHARED, module_ref=None)), ["not_applicable", "pass"], id="no ref"),
        pytest.param(
            (row(), row(account=SHARED, module_ref="v9", module_source="./local?ref=v9")),
            ["pass", "pass"],
            id="another",
        ),
        pytest.param(
            (row(), row(account=SHARED, module_ref="v9", module_source=None)), ["fail", "pass"], id="unknown source"
        ),
    ],
)
def test_module_ref(rows: tuple[DeclaredContainer, ...], expected: list[str]) -> None:
    """A unit uses the ref that most units of its module use; of two the newer counts."""
    whole = fleet(rows=rows)
    found = [outcome for unit in whole.units for outcome in ended(test_declaration.test_module_ref_skew, unit, whole)]
    assert found == expected


def test_module_ref_says_both() -> None:
    """The unit's ref and the usual one."""
    whole = fleet(rows=(row(), OTHER))
    assert said(test_declaration.test_module_ref_skew, whole.units[0], whole) == (
        "the module is taken from v0.104.2, by most units from v0.107.5"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), None),
        (("v1", "v2", "v1"), "v1"),
        (("v1.9", "v1.10"), "v1.10"),
        (("main", "v1"), "v1"),
        (("alpha", "beta"), "beta"),
    ],
)
def test_usual(values: tuple[str, ...], expected: str | None) -> None:
    """What is said most often; of several the highest version, else the last by name."""
    assert usual(values) == expected


AMI = pin("worker-ami", "ami_filters", "ecs-deploy-runner-worker-v0.90.2-*", origin=NEAR)
BUILT = pin("service-catalog-ref", "SERVICE_CATALOG_REF", "v0.90.2")


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param((AMI, BUILT), ["pass"], id="same"),
        pytest.param((AMI, replace(BUILT, value="v0.90.3")), ["fail"], id="another"),
        pytest.param((AMI, replace(BUILT, value="v0.90.20")), ["fail"], id="one that begins alike"),
        pytest.param((AMI, BUILT, replace(BUILT, value="v1")), ["pass"], id="one of two"),
        pytest.param((AMI,), ["not_applicable"], id="nothing built"),
        pytest.param((replace(AMI, value="ecs-deploy-runner-worker-*"), BUILT), ["not_applicable"], id="any version"),
        pytest.param((replace(AMI, value="v0.90.2"), BUILT), ["pass"], id="by the tag"),
        pytest.param((BUILT,), [], id="no pool"),
    ],
)
def test_worker_ami(pins: tuple[Pin, ...], expected: list[str]) -> None:
    """The pool asks for the version that is built."""
    assert ended(test_declaration.test_worker_ami_differs, fleet(pins=pins)) == expected


def test_worker_ami_says_both() -> None:
    """What is asked for, and what is built."""
    assert said(test_declaration.test_worker_ami_differs, fleet(pins=(AMI, replace(BUILT, value="v1")))) == (
        "the pool asks for ecs-deploy-runner-worker-v0.90.2-*, built is v1"
    )


TOOL = pin("tool-version", "terragrunt", "0.55.1", origin=Location(file=".terragrunt-version", line=1, column=1))
GIVEN = pin("build-arg", "terragrunt_version", "v0.55.1")


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param((TOOL, GIVEN), ["pass"], id="with and without a v"),
        pytest.param((TOOL, replace(GIVEN, value="v0.55.2")), ["fail"], id="another"),
        pytest.param((TOOL, replace(GIVEN, name="terraform_version")), ["not_applicable"], id="another tool"),
        pytest.param((replace(TOOL, value="latest"), GIVEN), ["not_applicable"], id="no version"),
        pytest.param((TOOL,), ["not_applicable"], id="no argument"),
        pytest.param((GIVEN,), [], id="no file"),
    ],
)
def test_tool_version(pins: tuple[Pin, ...], expected: list[str]) -> None:
    """The image gets the version that people use."""
    assert ended(test_declaration.test_tool_version_differs, fleet(pins=pins)) == expected


def test_tool_version_says_both() -> None:
    """File, tool, and both versions."""
    one = fleet(pins=(TOOL, replace(GIVEN, value="v0.55.2")))
    assert said(test_declaration.test_tool_version_differs, one) == (
        ".terragrunt-version says terragrunt 0.55.1, the image gets v0.55.2"
    )


@pytest.mark.parametrize(
    "check",
    [
        test_declaration.test_build_script_pin_differs,
        test_declaration.test_ci_pin_differs,
        test_declaration.test_build_secret_style_too_old,
        test_declaration.test_worker_ami_differs,
        test_declaration.test_tool_version_differs,
    ],
)
def test_unread_pins_are_unknown(check: object) -> None:
    """Where a file of pins could not be read and none was found, nothing is said; other gaps don't matter."""
    lost = fleet(declared_gaps=(gap("declaration"), gap("pins", message="build.sh: unclosed quote")))
    assert ended(check, lost) == ["unknown"]
    assert said(check, lost) == "build.sh: unclosed quote"
    assert ended(check, fleet(declared_gaps=(gap("declaration"),))) == []


def test_invalid() -> None:
    """What Terraform would refuse is a finding each; what is about accounts is another check's."""
    odd = Diagnostic(message="input x is missing", location=TAG_AT, unit=UNIT)
    placeless = Diagnostic(message="no such unit", location=None, unit=UNIT)
    accounts = Diagnostic(message="twice", location=Location(file="live/accounts.json", line=1, column=1))
    whole = fleet_of(snapshot(rows=(row(account=DEV),), diagnostics=(odd, placeless, accounts)))
    first, second = judged(test_declaration.test_declaration_invalid, whole).judgements
    assert (first.outcome, first.message, first.subject.location) == ("fail", "input x is missing", TAG_AT)
    assert (second.outcome, second.subject.name) == ("fail", UNIT)
    assert ended(test_declaration.test_declaration_invalid, fleet(diagnostics=(accounts,))) == ["pass"]
    assert ended(test_declaration.test_declaration_invalid, fleet(rows=())) == ["not_applicable"]
    dark = fleet(declared_gaps=(gap("declaration"),))
    assert ended(test_declaration.test_declaration_invalid, dark) == ["unknown"]
    assert ended(test_declaration.test_declaration_invalid, fleet(declared_gaps=(gap("pins"),))) == ["pass"]


@pytest.mark.parametrize(
    ("check", "pins"),
    [
        pytest.param(test_declaration.test_build_script_pin_differs, (REF,), id="build-script-pin-differs"),
        pytest.param(
            test_declaration.test_build_secret_style_too_old,
            (REF, pin("build-secret", "env-secret", "github-token=GITHUB_OAUTH_TOKEN")),
            id="build-secret-style-too-old",
        ),
        pytest.param(
            test_declaration.test_ci_pin_differs,
            (pin("ci-version", "MODULE_CI_VERSION", "v1.3.0"),),
            id="ci-pin-differs",
        ),
        pytest.param(
            test_declaration.test_worker_ami_differs,
            (pin("worker-ami", "name", "a-v0.1.0-*"), pin("service-catalog-ref", "SERVICE_CATALOG_REF", "v0.1.0")),
            id="worker-ami-differs",
        ),
        pytest.param(
            test_declaration.test_tool_version_differs,
            (pin("tool-version", "terragrunt", "0.55.1"), pin("build-arg", "terragrunt_version", "v0.55.1")),
            id="tool-version-differs",
        ),
    ],
)
def test_pins_of_which_some_were_not_read(check: object, pins: tuple[Pin, ...]) -> None:
    """What was read is judged; that it is all of them nobody can say."""
    assert ended(check, fleet(rows=(row(),), pins=pins)) == ["pass"]
    assert ended(check, fleet(rows=(row(),), pins=pins, declared_gaps=(gap("pins"),))) == ["pass", "unknown"]
