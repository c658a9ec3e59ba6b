"""Checks of releases: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.configuration.policy import Policy
from checks import test_release
from tests.checks.judging import ended, judged, outcomes, rules, said
from tests.nouns import TAG_AT, TODAY, fleet, released, row, view

if TYPE_CHECKING:
    from audit.released.model import Released

AGE = (TODAY - released().releases[-1].published).days


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


@pytest.mark.parametrize(
    ("policy", "tag", "expected"),
    [
        pytest.param(Policy(), "v1.2.0", "fail", id="no limit"),
        pytest.param(Policy(max_releases_behind=1), "v1.2.0", "pass", id="one behind, one allowed"),
        pytest.param(Policy(max_releases_behind=1), "v1.1.0", "fail", id="two behind, one allowed"),
        pytest.param(Policy(max_releases_behind=0), "v1.2.0", "fail", id="none allowed"),
        pytest.param(Policy(max_touching_behind=1), "v1.2.0", "pass", id="one that touches it"),
        pytest.param(Policy(max_touching_behind=1), "v1.1.0", "fail", id="two that touch it"),
        pytest.param(Policy(max_days_behind=59), "v1.1.0", "pass", id="59 days, 59 allowed"),
        pytest.param(Policy(max_days_behind=58), "v1.1.0", "fail", id="59 days, 58 allowed"),
        pytest.param(Policy(max_releases_behind=9, max_days_behind=58), "v1.1.0", "fail", id="one of two limits"),
        pytest.param(Policy(ignore=("v1.3.0",)), "v1.2.0", "pass", id="the newer one is ignored"),
        pytest.param(Policy(ignore=("v1.2.0",)), "v1.2.0", "fail", id="its own is ignored"),
        pytest.param(Policy(ignore=("v1.3.0",)), "v1.3.0", "pass", id="on an ignored one"),
        pytest.param(Policy(min_age_days=AGE), "v1.2.0", "fail", id="just old enough"),
        pytest.param(Policy(min_age_days=AGE + 1), "v1.2.0", "pass", id="a day too young"),
    ],
)
def test_behind_policy(policy: Policy, tag: str, expected: str) -> None:
    """The policy says how far behind is too far, and which releases count."""
    assert ended(test_release.test_declared_tag_behind, view(rows=(row(tag=tag),)), rules(policy=policy)) == [expected]


@pytest.mark.parametrize(
    ("allowed", "tag", "expected"),
    [
        pytest.param(None, "v1.3.0", "not_applicable", id="no policy"),
        pytest.param(">=0.52,<1.2", "v0.52.0", "pass", id="at the lower end"),
        pytest.param(">=0.52,<1.2", "v0.51.9", "fail", id="below"),
        pytest.param(">=0.52,<1.2", "v1.1.9", "pass", id="below the upper end"),
        pytest.param(">=0.52,<1.2", "v1.2.0", "fail", id="at the upper end"),
        pytest.param(">=0.52,<1.2", "v1.1.0-acme", "pass", id="a build of one's own"),
        pytest.param(">=0.52,<1.2", "v1.2.0-rc.1", "fail", id="a candidate of the upper end"),
        pytest.param(">=0.52", "latest", "fail", id="no version"),
        pytest.param(">=0.52", None, "unknown", id="tag unknown"),
    ],
)
def test_allowed(allowed: str | None, tag: str | None, expected: str) -> None:
    """A specifier of versions decides which tags may be declared."""
    unit = view(rows=(row(tag=tag),))
    assert ended(test_release.test_declared_tag_not_allowed, unit, rules(policy=Policy(allowed=allowed))) == [expected]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("v0.57.0", "fail"), ("v0.0.0", "fail"), ("v0.57.1", "pass"), ("v9", "fail"), (None, "unknown")],
)
def test_known_bad(tag: str | None, expected: str) -> None:
    """Releases that are known to be bad are named, by us or by the policy."""
    policy = Policy(known_bad=("v0.57.0", "v0.0.0", "v9"))
    assert ended(test_release.test_known_bad_release, view(rows=(row(tag=tag),)), rules(policy=policy)) == [expected]
    assert Policy().known_bad == ("v0.0.0", "v0.57.0")


def marked(*breaking: bool | None, modules: tuple[str, ...] = ("ecs-deploy-runner",)) -> Released:
    """List v1.1.0, v1.2.0 and v1.3.0 with these markers."""
    listed = released()
    releases = (
        replace(one, backward_incompatible=mark, modules_affected=modules)
        for one, mark in zip(listed.releases, breaking, strict=True)
    )
    return replace(listed, releases=tuple(releases))


@pytest.mark.parametrize(
    ("listed", "tag", "expected"),
    [
        pytest.param(marked(False, False, False), "v1.1.0", ["pass"], id="none"),
        pytest.param(marked(True, False, False), "v1.1.0", ["pass"], id="its own"),
        pytest.param(marked(False, True, False), "v1.1.0", ["fail"], id="marked"),
        pytest.param(marked(False, False, None), "v1.1.0", ["fail"], id="to review"),
        pytest.param(marked(False, True, False, modules=("git-helpers",)), "v1.1.0", ["pass"], id="of other modules"),
        pytest.param(marked(False, True, False, modules=()), "v1.1.0", ["fail"], id="of unknown modules"),
        pytest.param(marked(False, False, True), "v1.3.0", ["pass"], id="newest"),
        pytest.param(marked(False, False, True), "v1.2.0-acme", ["not_applicable"], id="somebody's own build"),
        pytest.param(marked(False, False, True), "latest", ["not_applicable"], id="no order"),
        pytest.param(marked(False, False, True), None, [], id="tag unknown"),
    ],
)
def test_breaking_ahead(listed: Released, tag: str | None, expected: list[str]) -> None:
    """Incompatible releases on the way are named once a tag."""
    rows = (row(tag=tag), row("terraform-applier", tag=tag))
    assert ended(test_release.test_breaking_release_ahead, fleet(rows=rows, releases=listed)) == expected


def test_breaking_ahead_says_which() -> None:
    """Marked ones first, then those to look at; the place is that of the tag's literal."""
    one = fleet(rows=(row(tag="v1.1.0"),), releases=marked(False, True, None))
    (judgement,) = judged(test_release.test_breaking_release_ahead, one).judgements
    assert judgement.message == "on the way from v1.1.0: incompatible: v1.2.0; to review: v1.3.0"
    assert judgement.subject.location == TAG_AT
    one = fleet(rows=(row(tag="v1.1.0"),), releases=marked(False, True, False))
    assert said(test_release.test_breaking_release_ahead, one) == "on the way from v1.1.0: incompatible: v1.2.0"


CATALOG = "git::https://github.com/gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"


@pytest.mark.parametrize(
    ("tag", "ref", "source", "expected"),
    [
        pytest.param("v0.50.12", "v0.95.0", CATALOG, "pass", id="just new enough"),
        pytest.param("v0.50.12", "v0.94.9", CATALOG, "fail", id="just too old"),
        pytest.param("v0.50.11", "v0.94.9", CATALOG, "not_applicable", id="before the barrier"),
        pytest.param("v1.3.0", "v0.95.0-acme", CATALOG, "pass", id="a fork's ref"),
        pytest.param("v1.3.0", "main", CATALOG, "not_applicable", id="a branch"),
        pytest.param("v1.3.0", None, CATALOG, "not_applicable", id="no ref"),
        pytest.param("v1.3.0", "v0.1.0", "git::https://example.com/own.git", "not_applicable", id="another module"),
        pytest.param("v1.3.0", "v0.1.0", None, "not_applicable", id="no source"),
        pytest.param("latest", "v0.1.0", CATALOG, "not_applicable", id="no version"),
        pytest.param(None, "v0.1.0", CATALOG, "unknown", id="tag unknown"),
    ],
)
def test_service_catalog(tag: str | None, ref: str | None, source: str | None, expected: str) -> None:
    """From v0.50.12 on the service catalog must be v0.95.0 or newer."""
    unit = view(rows=(row(tag=tag, module_ref=ref, module_source=source),))
    assert ended(test_release.test_service_catalog_ref_too_old, unit) == [expected]
