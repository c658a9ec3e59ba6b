"""Checks of the invoker: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen
from audit.running.model.ecs import Variable
from audit.running.model.invoker import Invoker, Script, StackInvoker
from checks import test_invoker
from tests.checks.judging import ended, judged, outcomes, rules, said
from tests.nouns import (
    STACK,
    TAG_AT,
    families,
    fleet,
    gap,
    invoker,
    observation,
    pin,
    released,
    row,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.declared.model import Pin
    from audit.verdict.pairing import UnitView


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        pytest.param(Seen(value=invoker()), "pass", id="there"),
        pytest.param(Seen(value=None), "fail", id="absent"),
        pytest.param(unread("invoker"), "unknown", id="unread"),
    ],
)
def test_invoker_missing(fact: object, expected: str) -> None:
    """An invoker that is not there is a finding, one that was not seen is not."""
    rows = (row("terraform-planner"),)
    seen = observation(families=Seen(value=families(rows)), invokers=(StackInvoker(stack=STACK, invoker=fact),))  # type: ignore[arg-type]  # a fact of an invoker
    assert outcomes(judged(test_invoker.test_invoker_missing, view(rows=rows, observations=(seen,)))) == [expected]


def test_invoker_of_a_stack_that_is_not_there() -> None:
    """Where nothing of a stack was seen, that is told once, and not by this check; its families alone need one."""
    none = (StackInvoker(stack=STACK, invoker=Seen(value=None)),)
    bare = view(rows=(row(),), observations=(observation(invokers=none),))
    assert ended(test_invoker.test_invoker_missing, bare) == ["not_applicable"]
    assert ended(test_invoker.test_invoker_missing, view(rows=(row(),), observations=(observation(),))) == ["pass"]
    dark = view(rows=(row(),), observations=(observation(families=unread()),))
    assert ended(test_invoker.test_invoker_missing, dark) == ["pass"]


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [
        pytest.param("python3.12", "pass", id="supported"),
        pytest.param("python3.10", "fail", id="deprecated last month"),
        pytest.param("python3.11", "pass", id="next to go"),
        pytest.param("python2.7", "fail", id="long gone"),
        pytest.param(None, "not_applicable", id="container image"),
        pytest.param("nodejs12.x", "not_applicable", id="no Python"),
    ],
)
def test_runtime(runtime: str | None, expected: str) -> None:
    """A runtime counts as deprecated from AWS's own date on."""
    seen = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=invoker(runtime))),))
    unit = view(observations=(seen,))
    assert outcomes(judged(test_invoker.test_invoker_runtime_deprecated, unit, rules())) == [expected]


def holds(one: Invoker | None) -> UnitView:
    """Give a unit in sync with this invoker."""
    rows = (row(),)
    return view(
        rows=rows,
        observations=(
            observation(
                families=Seen(value=families(rows)), invokers=(StackInvoker(stack=STACK, invoker=Seen(value=one)),)
            ),
        ),
    )


def dark() -> UnitView:
    """Give a unit whose invoker could not be read."""
    return view(observations=(observation(invokers=(StackInvoker(stack=STACK, invoker=unread("invoker")),)),))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "pass", id="well"),
        pytest.param({"last_update_status": "InProgress"}, "pass", id="under way"),
        pytest.param({"last_update_status": "Failed"}, "fail", id="failed update"),
        pytest.param({"state": "Failed"}, "fail", id="failed function"),
        pytest.param({"state": "Inactive"}, "pass", id="asleep"),
        pytest.param({"state": None, "last_update_status": None}, "pass", id="not said"),
    ],
)
def test_update_failed(changes: dict[str, object], expected: str) -> None:
    """A failed update or a failed function is a finding."""
    unit = holds(replace(invoker(), **changes))  # type: ignore[arg-type]  # fields of an invoker
    assert ended(test_invoker.test_invoker_update_failed, unit) == [expected]


BUILD = Script(
    container="docker-image-builder",
    name="build-docker-image",
    allowed_options=("--repo", "--ref", "--env-secret", "--build-arg"),
    restricted_options=(),
    patterns=(
        ("--ref", "^v[0-9]+[.][0-9]+[.][0-9]+$"),
        ("--repo", "^https://github.com/gruntwork-io/.*$"),
    ),
    hardcoded=(),
    positional=False,
)


def allows(script: Script | None = BUILD, *more: Script, **changes: object) -> UnitView:
    """Give a unit whose invoker is configured with this script, changed, and more."""
    given = () if script is None else (replace(script, **changes), *more)  # type: ignore[arg-type]  # fields of a script
    return holds(replace(invoker(), scripts=given))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        pytest.param(allows(), "pass", id="allowed"),
        pytest.param(allows(allowed_options=("*",)), "pass", id="all allowed"),
        pytest.param(allows(allowed_options=("--env-secret=.*",)), "pass", id="with a value"),
        pytest.param(allows(allowed_options=("--repo",)), "fail", id="not named"),
        pytest.param(allows(allowed_options=()), "fail", id="nothing allowed"),
        pytest.param(allows(allowed_options=("*",), restricted_options=("--env-secret",)), "fail", id="restricted"),
        pytest.param(allows(name="other"), "not_applicable", id="builds nothing"),
        pytest.param(allows(None), "not_applicable", id="no scripts"),
    ],
)
def test_env_secret(unit: UnitView, expected: str) -> None:
    """A build must be let to pass its token as a secret."""
    assert ended(test_invoker.test_invoker_lacks_env_secret, unit) == [expected]


REPO = pin("build-repo", "DOCKERFILE_REPO", "https://github.com/gruntwork-io/terraform-aws-ci.git")
FORK = replace(REPO, value="https://github.com/acme/terraform-aws-ci.git")


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param((), ["pass"], id="upstream, for want of a script"),
        pytest.param((REPO,), ["pass"], id="upstream"),
        pytest.param((REPO, replace(REPO, origin=TAG_AT)), ["pass"], id="two scripts, one repository"),
        pytest.param((FORK,), ["fail"], id="fork"),
        pytest.param((FORK, REPO), ["fail", "pass"], id="both"),
        pytest.param((replace(REPO, value="https://***@github.com/x.git"),), ["not_applicable"], id="masked"),
    ],
)
def test_repository(pins: tuple[Pin, ...], expected: list[str]) -> None:
    """The repository of the Dockerfiles must match the pattern."""
    assert ended(test_invoker.test_invoker_lacks_repository, allows(), fleet(pins=pins)) == expected


def test_repository_of_unread_scripts_is_unknown() -> None:
    """Where scripts could not be read, which repository they build from is not known."""
    one = fleet(declared_gaps=(gap("pins", unit=None),))
    assert ended(test_invoker.test_invoker_lacks_repository, allows(), one) == ["unknown"]
    assert ended(test_invoker.test_invoker_lacks_repository, allows(None), one) == ["not_applicable"]
    half = fleet(pins=(REPO,), declared_gaps=(gap("pins", unit=None),))
    assert ended(test_invoker.test_invoker_lacks_repository, allows(), half) == ["pass", "unknown"]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        pytest.param(allows(), "pass", id="matches"),
        pytest.param(allows(patterns=()), "pass", id="no pattern"),
        pytest.param(allows(patterns=(("--ref", "^(origin/)?main$"),)), "fail", id="branches only"),
        pytest.param(allows(patterns=(("--ref", "v1"),)), "pass", id="from the start"),
        pytest.param(allows(patterns=(("--ref", "1"),)), "fail", id="not from the start"),
        pytest.param(allows(patterns=(("--ref", "(?!x)v1"),)), "unknown", id="beyond linear patterns"),
        pytest.param(allows(patterns=(("--ref", "("),)), "unknown", id="no pattern at all"),
        pytest.param(allows(patterns=(("--ref", "(dropped)"),)), "unknown", id="dropped as a secret"),
        pytest.param(allows(patterns=(("--ref", "v1" + "x?" * 3000),)), "unknown", id="too long"),
        pytest.param(allows(name="other"), "not_applicable", id="builds nothing"),
    ],
)
def test_ref(unit: UnitView, expected: str) -> None:
    """The newest release's tag must match the pattern."""
    assert ended(test_invoker.test_invoker_lacks_ref, unit, rules()) == [expected]


def test_ref_without_releases() -> None:
    """Without any release there is nothing to try."""
    none = replace(released(), releases=())
    assert ended(test_invoker.test_invoker_lacks_ref, allows(), rules(none)) == ["not_applicable"]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        pytest.param(allows(), "pass", id="all compile"),
        pytest.param(allows(patterns=(("--ref", "(?!x)v1"),)), "pass", id="Python's own"),
        pytest.param(allows(patterns=(("--ref", "("),)), "fail", id="one does not"),
        pytest.param(allows(BUILD, replace(BUILD, name="x", patterns=(("--a", "*"),))), "fail", id="of another script"),
        pytest.param(allows(patterns=(("--ref", "(" * 5000),)), "unknown", id="too long to tell"),
        pytest.param(allows(patterns=(("--ref", "(dropped)"),)), "unknown", id="kept away as a secret"),
        pytest.param(allows(patterns=(("--ref", "("), ("--x", "(dropped)"))), "fail", id="one does not, one is kept"),
        pytest.param(allows(None), "not_applicable", id="no scripts"),
    ],
)
def test_pattern_invalid(unit: UnitView, expected: str) -> None:
    """What is no regular expression makes every call fail."""
    assert ended(test_invoker.test_invoker_pattern_invalid, unit) == [expected]


def test_configuration_that_lambda_keeps_to_itself() -> None:
    """Without the variables nobody knows what is let through."""
    unit = holds(replace(invoker(), withheld="AccessDeniedException"))
    for check in CONFIGURED:
        assert ended(check, unit) == ["unknown"]


def test_pattern_invalid_says_where() -> None:
    """Container and option are named, each once."""
    unit = allows(BUILD, BUILD, patterns=(("--ref", "("),))
    assert said(test_invoker.test_invoker_pattern_invalid, unit) == (
        "ecs-deploy-runner-invoker has patterns that don't compile: docker-image-builder: --ref"
    )


CONFIGURED = (
    test_invoker.test_invoker_lacks_env_secret,
    lambda unit, findings: test_invoker.test_invoker_lacks_repository(unit, fleet(), findings),
    lambda unit, findings: test_invoker.test_invoker_lacks_ref(unit, rules(), findings),
    test_invoker.test_invoker_pattern_invalid,
)


@pytest.mark.parametrize("check", CONFIGURED, ids=["env-secret", "repository", "ref", "pattern"])
def test_configuration_that_is_not_there(check: object) -> None:
    """No invoker and none that is configured so: nothing to judge; what could not be read or decoded is unknown."""
    assert ended(check, holds(None)) == ["not_applicable"]
    assert ended(check, holds(invoker())) == ["not_applicable"]
    packed = (Variable(name="BASE64GZ_CONFIG_DATA_JSON", value="encoded"),)
    assert ended(check, holds(replace(invoker(), environment=packed))) == ["unknown"]
    assert ended(check, dark()) == ["unknown"]


@pytest.mark.parametrize(
    "check",
    [
        test_invoker.test_invoker_update_failed,
        lambda unit, findings: test_invoker.test_invoker_runtime_deprecated(unit, rules(), findings),
    ],
    ids=["update", "runtime"],
)
def test_invoker_that_is_not_there(check: object) -> None:
    """Absent is nothing to judge here, unread is unknown."""
    assert ended(check, holds(None)) == ["not_applicable"]
    assert ended(check, dark()) == ["unknown"]
