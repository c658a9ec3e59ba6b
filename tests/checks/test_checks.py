"""Every check, called with a hand-made noun: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.model import Seen
from audit.running.model import StackInvoker
from audit.verdict.check import Findings, Subject
from audit.verdict.releases import Releases
from checks import test_coverage, test_images, test_registry, test_release, test_runner
from tests.nouns import (
    KANIKO,
    RUNNER,
    STACK,
    TODAY,
    definition,
    families,
    gap,
    invoker,
    null,
    observation,
    released,
    repository,
    row,
    snapshot,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.released.model import Released
    from audit.verdict.pairing import UnitView

PLANNER = f"{STACK}-terraform-planner"
DIGEST = "sha256:" + "a" * 64


def outcomes(findings: Findings) -> list[str]:
    """List what was judged, in order."""
    return [judgement.outcome for judgement in findings.judgements]


def judged(check: object, *nouns: object) -> Findings:
    """Call a check as pytest does, with what is raised outside of a subject judged for the whole."""
    findings = Findings()
    with findings.of_all(Subject(name="whole")):
        check(*nouns, findings)  # type: ignore[operator]  # a check is a function of its nouns
    return findings


def planner_runs(image: str, **changes: object) -> UnitView:
    """Give a unit whose only container runs this image."""
    one = replace(row("terraform-planner"), **changes)  # type: ignore[arg-type]  # tests name what they change
    return view(rows=(one,), observations=(observation(families=Seen(value=(definition(PLANNER, image),))),))


def rules(list_of: Released | None = None, *, max_age_days: int = 90) -> Releases:
    """Give releases to judge by, as of today."""
    return Releases(released=list_of or released(), today=TODAY, max_age_days=max_age_days)


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        pytest.param(f"{RUNNER}:v1.3.0", "pass", id="same tag"),
        pytest.param(f"{RUNNER}:v1.2.0", "fail", id="older tag"),
        pytest.param(f"{RUNNER}:v1.3.1", "fail", id="newer tag"),
        pytest.param(f"{RUNNER}", "fail", id="no tag is latest"),
        pytest.param(f"{RUNNER}:v1.3.0@{DIGEST}", "pass", id="tag and digest"),
        pytest.param(f"{RUNNER}@{DIGEST}", "pass", id="the declared tag's digest"),
        pytest.param(f"{RUNNER}@sha256:{'b' * 64}", "fail", id="another digest"),
    ],
)
def test_tag_drift(image: str, outcome: str) -> None:
    """The tag is compared as a string; a digest counts for the tag that ECR says it has."""
    assert outcomes(judged(test_images.test_image_tag_drift, planner_runs(image))) == [outcome]


def test_tag_drift_names_both_tags() -> None:
    """The sentence and the subject carry what is declared, where, and what runs."""
    (judgement,) = judged(test_images.test_image_tag_drift, planner_runs(f"{RUNNER}:v1.2.0")).judgements
    assert judgement.message == "terraform-planner runs v1.2.0, declared is v1.3.0"
    assert (judgement.subject.declared, judgement.subject.running) == ("v1.3.0", "v1.2.0")
    assert judgement.subject.location is not None
    assert judgement.subject.location.line == 25
    assert [found.operation for found in judgement.subject.evidence if found.source == "aws"]


def test_tag_drift_unknown_declaration() -> None:
    """A tag that cannot be known is unknown, with the evaluator's reason."""
    unit = planner_runs(f"{RUNNER}:v1.3.0", tag=None, unknown={"tag": "depends on an output"})
    (judgement,) = judged(test_images.test_image_tag_drift, unit).judgements
    assert judgement.outcome == "unknown"
    assert "depends on an output" in judgement.message


def test_tag_drift_ambiguous_container() -> None:
    """Several containers of which none, or more than one, has the declared repository can't be told apart."""
    one = row("terraform-planner")
    several = definition(PLANNER, "a/b:1", "c/d:2")
    unit = view(rows=(one,), observations=(observation(families=Seen(value=(several,))),))
    assert outcomes(judged(test_images.test_image_tag_drift, unit)) == ["unknown"]


def test_sidecar_is_not_the_runner() -> None:
    """Among several containers the one of the declared repository is the runner."""
    one = row("terraform-planner")
    several = definition(PLANNER, "public.ecr.aws/x/sidecar:9", f"{RUNNER}:v1.3.0")
    unit = view(rows=(one,), observations=(observation(families=Seen(value=(several,))),))
    assert outcomes(judged(test_images.test_image_tag_drift, unit)) == ["pass"]


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        pytest.param(f"{RUNNER}:v1.2.0", "pass", id="tags don't count"),
        pytest.param(f"{KANIKO}:v1.3.0", "fail", id="another repository"),
        pytest.param("ecs-deploy-runner:v1.3.0", "fail", id="another registry"),
    ],
)
def test_repository_drift(image: str, outcome: str) -> None:
    """Registry and repository are compared, without tag and digest."""
    assert outcomes(judged(test_images.test_image_repository_drift, planner_runs(image))) == [outcome]


@pytest.mark.parametrize(
    "check",
    [test_images.test_image_tag_drift, test_images.test_image_repository_drift, test_runner.test_family_missing],
)
def test_unread_families_are_unknown(check: object) -> None:
    """Without families nothing about them is judged."""
    unit = view(observations=(observation(families=unread()),))
    assert outcomes(judged(check, unit)) == ["unknown"]


def test_split() -> None:
    """Kaniko and deploy-runner from different releases are a finding about the builder."""
    rows = (row("docker-image-builder", tag="v1.2.0"), row("terraform-planner"), null("ami-builder"))
    (judgement,) = judged(test_images.test_runner_kaniko_split, view(rows=rows)).judgements
    assert (judgement.outcome, judgement.message) == ("fail", "kaniko is declared v1.2.0, terraform-planner v1.3.0")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param((row("docker-image-builder"), row("terraform-planner")), ["pass"], id="same release"),
        pytest.param((null("docker-image-builder"), row("terraform-planner")), [], id="no builder"),
        pytest.param((row("docker-image-builder"),), ["not_applicable"], id="only a builder"),
        pytest.param(
            (row("docker-image-builder", tag=None), row("terraform-planner")), ["unknown"], id="kaniko's tag unknown"
        ),
        pytest.param(
            (row("docker-image-builder"), row("terraform-planner", tag=None)), ["unknown"], id="runner's tag unknown"
        ),
    ],
)
def test_split_table(rows: tuple[object, ...], expected: list[str]) -> None:
    """Only a builder beside another image can be split from it."""
    assert outcomes(judged(test_images.test_runner_kaniko_split, view(rows=rows))) == expected


@pytest.mark.parametrize(
    ("rows", "repositories", "expected"),
    [
        pytest.param((row(),), (repository(),), ["pass"], id="there"),
        pytest.param((row(),), (repository(tags={"v1.3.0": None}),), ["fail"], id="tag absent"),
        pytest.param((row(),), (replace(repository(), tags=Seen(value=None)),), ["fail"], id="repository absent"),
        pytest.param((row(),), (replace(repository(), tags=unread("registry")),), ["unknown"], id="registry unread"),
        pytest.param((row(),), (), ["unknown"], id="not looked at"),
        pytest.param((row(),), (repository(tags={"v1.0.0": None}),), ["unknown"], id="tag not asked for"),
        pytest.param((row(image="docker.example.com/runner"),), (), ["not_applicable"], id="not in ECR"),
        pytest.param((row(tag=None),), (repository(),), ["unknown"], id="tag unknown"),
        pytest.param((null("ami-builder"),), (), [], id="nothing deployed"),
    ],
)
def test_registry_table(rows: tuple[object, ...], repositories: tuple[object, ...], expected: list[str]) -> None:
    """A declared tag must be in its repository; a registry that was not read says nothing."""
    unit = view(rows=rows, repositories=repositories)
    assert outcomes(judged(test_registry.test_declared_tag_not_in_registry, unit)) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("v1.3.0", "pass", id="newest"),
        pytest.param("v1.1.0", "pass", id="old but published"),
        pytest.param("v1.2.5", "fail", id="never published"),
        pytest.param("latest", "fail", id="no version"),
        pytest.param("v1.3.0-acme", "not_applicable", id="somebody's own build"),
        pytest.param(None, "unknown", id="tag unknown"),
    ],
)
def test_not_released(tag: str | None, expected: str) -> None:
    """A declared tag must be one of the published ones."""
    unit = view(rows=(row(tag=tag),))
    assert outcomes(judged(test_release.test_declared_tag_not_released, unit, rules())) == [expected]


def test_newer_than_an_old_list_is_unknown() -> None:
    """A list of yesterday cannot say that tomorrow's release does not exist."""
    unit = view(rows=(row(tag="v1.4.0"),))
    old = replace(released(), kind="bundled", as_of=TODAY.replace(year=2025))
    assert outcomes(judged(test_release.test_declared_tag_not_released, unit, rules(old))) == ["unknown"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("v1.3.0", "pass", id="newest"),
        pytest.param("v1.2.0", "fail", id="one behind"),
        pytest.param("v1.3.0-acme", "not_applicable", id="somebody's own build"),
        pytest.param("latest", "unknown", id="no order"),
        pytest.param(None, "unknown", id="tag unknown"),
    ],
)
def test_behind(tag: str | None, expected: str) -> None:
    """Behind the newest is a finding; what has no order is unknown."""
    unit = view(rows=(row(tag=tag),))
    assert outcomes(judged(test_release.test_declared_tag_behind, unit, rules())) == [expected]


def test_behind_says_how_far() -> None:
    """The sentence counts releases, those that touch the runner, and days."""
    unit = view(rows=(row(tag="v1.1.0"),))
    (judgement,) = judged(test_release.test_declared_tag_behind, unit, rules()).judgements
    assert judgement.message == "v1.1.0 is 2 releases and 59 days behind v1.3.0 (2 of them touch ecs-deploy-runner)"


def test_level_with_an_old_list_is_unknown() -> None:
    """Being level with a list that is too old proves nothing; one day younger it does."""
    unit = view(rows=(row(),))
    age = (TODAY - released().as_of).days
    assert age == 0
    for days, expected in ((90, "pass"), (91, "unknown")):
        listed = released(as_of=TODAY.fromordinal(TODAY.toordinal() - days))
        listed = replace(listed, kind="bundled")
        assert outcomes(judged(test_release.test_declared_tag_behind, unit, rules(listed))) == [expected], days


def test_stack_missing() -> None:
    """Nothing at all of a stack is one finding, not one a family."""
    bare = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=None)),))
    unit = view(observations=(bare,))
    assert outcomes(judged(test_runner.test_stack_missing, unit)) == ["fail"]
    assert outcomes(judged(test_runner.test_family_missing, unit)) == ["not_applicable", "not_applicable"]
    assert outcomes(judged(test_runner.test_invoker_missing, unit)) == ["not_applicable"]
    assert outcomes(judged(test_runner.test_stack_missing, view())) == ["pass"]


def test_stack_of_nulls_is_not_missing() -> None:
    """A unit whose containers are all null promises nothing."""
    bare = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=None)),))
    unit = view(rows=(null("terraform-planner"),), observations=(bare,))
    assert outcomes(judged(test_runner.test_stack_missing, unit)) == ["not_applicable"]


def test_family_missing() -> None:
    """A declared family that is not there, while others are, is missing."""
    rows = (row("terraform-planner"), row("terraform-applier"))
    unit = view(rows=rows, observations=(observation(families=Seen(value=families(rows[:1]))),))
    assert outcomes(judged(test_runner.test_family_missing, unit)) == ["pass", "fail"]


def test_family_missing_needs_the_invoker_only_where_nothing_runs() -> None:
    """Whether the whole stack is missing can't be told without the invoker."""
    dark = StackInvoker(stack=STACK, invoker=unread("invoker"))
    unit = view(observations=(observation(invokers=(dark,)),))
    assert set(outcomes(judged(test_runner.test_family_missing, unit))) == {"unknown"}


def test_unknown_deployment_is_no_missing_family() -> None:
    """Where it can't be known whether a container is declared, its family can't be missing."""
    rows = (row("terraform-planner"), row("terraform-applier", deployed=None, unknown={"deployed": "an output"}))
    unit = view(rows=rows, observations=(observation(families=Seen(value=families(rows[:1]))),))
    assert outcomes(judged(test_runner.test_family_missing, unit)) == ["pass", "unknown"]


def test_family_undeclared() -> None:
    """A family of the stack that nothing declares is a finding of its own; none is a pass."""
    rows = (row("terraform-planner"), null("ami-builder"))
    extra = (definition(f"{STACK}-ami-builder", f"{RUNNER}:v1.0.0"), definition(f"{STACK}-old", "x/y:1"))
    unit = view(rows=rows, observations=(observation(families=Seen(value=(*families(rows), *extra))),))
    found = judged(test_runner.test_family_undeclared, unit).judgements
    assert [(one.outcome, one.subject.name) for one in found] == [
        ("fail", f"{STACK}-ami-builder"),
        ("fail", f"{STACK}-old"),
    ]
    assert outcomes(judged(test_runner.test_family_undeclared, view())) == ["pass"]


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
    assert outcomes(judged(test_runner.test_invoker_missing, view(rows=rows, observations=(seen,)))) == [expected]


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [
        pytest.param("python3.12", "pass", id="supported"),
        pytest.param("python3.10", "fail", id="deprecated last month"),
        pytest.param("python3.11", "pass", id="next to go"),
        pytest.param("python2.7", "fail", id="long gone"),
        pytest.param(None, "not_applicable", id="container image"),
    ],
)
def test_runtime(runtime: str | None, expected: str) -> None:
    """A runtime counts as deprecated from AWS's own date on."""
    seen = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=invoker(runtime))),))
    unit = view(observations=(seen,))
    assert outcomes(judged(test_runner.test_invoker_runtime_deprecated, unit, rules())) == [expected]


def test_second_stack_has_its_own_families() -> None:
    """A family goes to the longest declared stack name; neither stack sees the other's as undeclared."""
    europe = replace(row("terraform-planner"), unit="dev/eu", stack=f"{STACK}-eu")
    rows = (row("terraform-planner"), europe)
    facts = (definition(PLANNER, f"{RUNNER}:v1.3.0"), definition(f"{STACK}-eu-terraform-planner", f"{RUNNER}:v1.3.0"))
    both = tuple(StackInvoker(stack=name, invoker=Seen(value=invoker())) for name in (STACK, f"{STACK}-eu"))
    unit = view(rows=rows, observations=(observation(families=Seen(value=facts), invokers=both),))
    assert outcomes(judged(test_runner.test_family_undeclared, unit)) == ["pass", "pass"]
    assert outcomes(judged(test_images.test_image_tag_drift, unit)) == ["pass", "pass"]


def test_not_covered_has_one_judgement_a_gap() -> None:
    """Every gap is unknown, never waivable into silence; none is a pass."""
    facts = snapshot(declared_gaps=(gap("file", unit="dev/x"), gap("other", unit="dev/y")))
    from audit.verdict import coverage, pairing

    covered = coverage.coverage(facts, pairing.views(facts))
    assert outcomes(judged(test_coverage.test_not_covered, covered)) == ["unknown", "unknown"]
    whole = snapshot()
    assert outcomes(judged(test_coverage.test_not_covered, coverage.coverage(whole, pairing.views(whole)))) == ["pass"]


def test_a_missing_fact_ends_the_whole_item() -> None:
    """What is raised outside of a subject is judged for the item as a whole."""

    def check(findings: Findings) -> None:
        assert not findings.judgements
        raise UnreadError(gap())

    assert outcomes(judged(check)) == ["unknown"]
