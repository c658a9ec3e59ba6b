"""Checks of images: what passes, fails, ends unknown, or has nothing to judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen
from audit.running.model.ecr import PlatformImage, Repository, TagImage
from audit.verdict.digests import Earlier
from audit.verdict.results import TagDigest
from checks import test_images, test_runner
from tests.checks.judging import DIGEST, PLANNER, ended, judged, outcomes, planner_runs, said
from tests.nouns import (
    DEV,
    KANIKO,
    NOW,
    REGION,
    RUNNER,
    SHARED,
    STACK,
    clustered,
    definition,
    families,
    fleet,
    gap,
    null,
    observation,
    pulled,
    repository,
    row,
    task,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.declared.model import DeclaredContainer
    from audit.running.model.ecs import Task
    from audit.verdict.pairing import UnitView


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


def test_repository_drift_says_what_runs() -> None:
    """The subject names the repository that runs, nothing where which container it is cannot be told."""
    (judgement,) = judged(test_images.test_image_repository_drift, planner_runs("x.example.com/y:1")).judgements
    assert (judgement.outcome, judgement.subject.running) == ("fail", "x.example.com/y")
    several = definition(PLANNER, "a/b:1", "c/d:2")
    unit = view(rows=(row(),), observations=(observation(families=Seen(value=(several,))),))
    (judgement,) = judged(test_images.test_image_repository_drift, unit).judgements
    assert (judgement.outcome, judgement.subject.running) == ("unknown", None)


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


LATER = NOW + timedelta(seconds=1)
OTHER = "sha256:" + "e" * 64


def tagged(**changes: object) -> tuple[Repository, ...]:
    """Hold v1.3.0 with these facts."""
    image = TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW)
    return (replace(repository(), tags=Seen(value=(replace(image, **changes),))),)  # type: ignore[arg-type]  # one fact each


def drifted(
    image: str = f"{RUNNER}:v1.3.0",
    tasks: tuple[Task, ...] = (),
    tag: dict[str, object] | None = None,
    **changes: object,
) -> UnitView:
    """Give a unit whose planner runs an image, with tasks that ran and facts of the tag."""
    one = replace(definition(PLANNER, image), **changes)  # type: ignore[arg-type]  # tests name what they change
    seen = observation(families=Seen(value=(one,)), clusters=(clustered(*tasks),))
    return view(rows=(row(),), observations=(seen,), repositories=tagged(**(tag or {})))


@pytest.mark.parametrize(
    ("unit", "outcome"),
    [
        pytest.param(drifted(), "pass", id="pushed when it was registered"),
        pytest.param(drifted(tag={"pushed_at": LATER}), "fail", id="pushed a second later"),
        pytest.param(drifted(tag={"pushed_at": None}), "not_applicable", id="push time unknown"),
        pytest.param(
            drifted(tag={"pushed_at": LATER}, registered_at=None), "not_applicable", id="registration time unknown"
        ),
        pytest.param(
            drifted(tasks=(task(containers=pulled(DIGEST)),), registered_at=None),
            "pass",
            id="registration time unknown, but pulled",
        ),
        pytest.param(drifted(tasks=(task(containers=pulled(DIGEST)),)), "pass", id="the last run pulled it"),
        pytest.param(
            drifted(tasks=(task(containers=pulled(DIGEST)),), tag={"pushed_at": LATER}), "pass", id="same digest again"
        ),
        pytest.param(drifted(tasks=(task(containers=pulled(OTHER)),)), "fail", id="the last run pulled another"),
        pytest.param(
            drifted(tasks=(task(containers=pulled(OTHER), definition=f"{PLANNER}:6"),)), "pass", id="an older revision"
        ),
        pytest.param(
            drifted(tasks=(task(containers=pulled(OTHER, "public.ecr.aws/x/sidecar:9")),)), "pass", id="a sidecar"
        ),
        pytest.param(drifted(tasks=(task(containers=pulled(None)),)), "pass", id="no digest yet"),
        pytest.param(
            drifted(
                tasks=(
                    task("old", containers=pulled(OTHER), started_at=NOW - timedelta(hours=2)),
                    task("new", containers=pulled(DIGEST), started_at=NOW - timedelta(hours=1)),
                )
            ),
            "pass",
            id="the last run counts",
        ),
        pytest.param(
            drifted(
                tasks=(
                    task("new", containers=pulled(DIGEST)),
                    task("pending", containers=pulled(OTHER), started_at=None),
                )
            ),
            "pass",
            id="one that has not started is no last run",
        ),
        pytest.param(
            drifted(
                tasks=(task(containers=pulled(OTHER)),), tag={"images": (PlatformImage(digest=OTHER, platform=None),)}
            ),
            "pass",
            id="a platform of the index",
        ),
        pytest.param(drifted(f"{RUNNER}:v1.3.0@{DIGEST}"), "pass", id="tag and its digest"),
        pytest.param(drifted(f"{RUNNER}:v1.3.0@{OTHER}"), "fail", id="tag and another digest"),
        pytest.param(drifted(f"{RUNNER}@{OTHER}"), "not_applicable", id="digest alone"),
        pytest.param(drifted(tag={"digest": None}), "not_applicable", id="tag is gone"),
        pytest.param(drifted(RUNNER), "unknown", id="latest, not asked for"),
        pytest.param(drifted("docker.example.com/x:1"), "not_applicable", id="not in ECR"),
        pytest.param(drifted(RUNNER.replace("ecs-", "") + ":v1"), "not_applicable", id="another repository"),
        pytest.param(
            view(rows=(row(),), repositories=(replace(repository(), tags=unread("registry")),)), "unknown", id="no ECR"
        ),
        pytest.param(
            view(
                rows=(row(),),
                observations=(
                    observation(
                        families=Seen(value=families((row(),))),
                        clusters=(replace(clustered(), tasks=unread("tasks")),),
                    ),
                ),
            ),
            "unknown",
            id="tasks unread",
        ),
    ],
)
def test_digest_drift(unit: UnitView, outcome: str) -> None:
    """A tag means another image than the one that was pulled, pinned, or there when the revision was made."""
    assert ended(test_images.test_image_digest_drift, unit, fleet()) == [outcome]


def test_digest_drift_rests_on_what_was_asked() -> None:
    """The task that pulled is evidence where there is one."""
    for tasks, expected in (
        ((), False),
        ((task(containers=pulled(DIGEST)),), True),
        ((task(definition="x:1"),), False),
    ):
        (one,) = judged(test_images.test_image_digest_drift, drifted(tasks=tasks), fleet()).judgements
        assert ("DescribeTasks" in {found.operation for found in one.subject.evidence}) is expected


def test_digest_drift_says_which() -> None:
    """Both digests are named, and how the running one is known."""
    unit = drifted(tasks=(task(containers=pulled(OTHER)),))
    assert said(test_images.test_image_digest_drift, unit, fleet()) == (
        f"v1.3.0 means {DIGEST} now, pulled by the last run is {OTHER}"
    )
    unit = drifted(tag={"pushed_at": LATER})
    assert said(test_images.test_image_digest_drift, unit, fleet()) == f"v1.3.0 was pushed after {PLANNER} took it up"


def before(digest: str, taken_at: datetime = NOW, **changes: str) -> Earlier:
    """Give what the runner's tag meant at the look before."""
    tag = TagDigest(registry_id="234567890123", region=REGION, repository=STACK, tag="v1.3.0", digest=digest)
    return Earlier.of(taken_at, (replace(tag, **changes),))


@pytest.mark.parametrize(
    ("unit", "earlier", "outcome"),
    [
        pytest.param(drifted(), before(DIGEST), "pass", id="the same"),
        pytest.param(drifted(), before(OTHER), "fail", id="moved"),
        pytest.param(drifted(RUNNER, tag={"tag": "latest"}), before(OTHER, tag="latest"), "fail", id="latest moved"),
        pytest.param(drifted(tasks=(task(containers=pulled(DIGEST)),)), before(OTHER), "fail", id="moved and pulled"),
        pytest.param(
            drifted(tag={"images": (PlatformImage(digest=OTHER, platform=None),)}), before(OTHER), "pass", id="index"
        ),
        pytest.param(drifted(registered_at=LATER), before(OTHER), "pass", id="deployed since"),
        pytest.param(drifted(registered_at=NOW), before(OTHER), "fail", id="deployed just before"),
        pytest.param(drifted(registered_at=None), before(OTHER), "fail", id="registration time unknown"),
        pytest.param(drifted(registered_at=None), before(DIGEST), "pass", id="registration time unknown, not moved"),
        pytest.param(drifted(), before(OTHER, tag="v1.2.0"), "pass", id="another tag moved"),
        pytest.param(drifted(), before(OTHER, repository="kaniko"), "pass", id="another repository"),
        pytest.param(drifted(), before(OTHER, region="us-east-1"), "pass", id="another region"),
        pytest.param(drifted(), before(OTHER, registry_id="111122223333"), "pass", id="another registry"),
        pytest.param(drifted(f"{RUNNER}@{OTHER}"), before(OTHER), "not_applicable", id="digest alone"),
    ],
)
def test_digest_drift_since_the_look_before(unit: UnitView, earlier: Earlier, outcome: str) -> None:
    """A tag that meant another image when it was last looked at has moved, whoever has pulled it since."""
    assert ended(test_images.test_image_digest_drift, unit, replace(fleet(), earlier=earlier)) == [outcome]


def test_digest_drift_since_the_look_before_says_which() -> None:
    """Both digests are named; a move that is known is one, though the tasks could not be read."""
    seen = observation(families=Seen(value=families((row(),))), clusters=(replace(clustered(), tasks=unread("tasks")),))
    unit = view(rows=(row(),), observations=(seen,))
    assert said(test_images.test_image_digest_drift, unit, replace(fleet(), earlier=before(OTHER))) == (
        f"v1.3.0 means sha256:{'a' * 64} now, at the look before it was {OTHER}"
    )


@pytest.mark.parametrize(
    ("unit", "outcome"),
    [
        pytest.param(drifted(), "pass", id="there"),
        pytest.param(drifted(tag={"digest": None}), "fail", id="gone"),
        pytest.param(drifted(f"{RUNNER}:v1.3.0@{DIGEST}", tag={"digest": None}), "fail", id="gone, with a digest"),
        pytest.param(drifted(f"{RUNNER}@{DIGEST}"), "not_applicable", id="digest alone"),
        pytest.param(drifted("docker.example.com/x:1"), "not_applicable", id="not in ECR"),
        pytest.param(drifted(f"{RUNNER}:v9"), "unknown", id="not asked for"),
        pytest.param(drifted(f"{KANIKO}x:v9"), "not_applicable", id="another repository"),
    ],
)
def test_running_tag_gone(unit: UnitView, outcome: str) -> None:
    """What runs must still be in its repository, or the next run can't start."""
    assert ended(test_images.test_running_tag_not_in_registry, unit) == [outcome]


def test_running_tag_gone_says_which() -> None:
    """The sentence names container, tag and repository."""
    unit = drifted(tag={"digest": None})
    assert said(test_images.test_running_tag_not_in_registry, unit) == (
        f"terraform-planner runs v1.3.0, which {RUNNER} does not have"
    )


@pytest.mark.parametrize(
    ("tag", "outcome"),
    [
        ("v1.3.0", "pass"),
        ("v1", "pass"),
        ("deploy-runner-v1", "pass"),
        ("v0.107.5-gwrc", "pass"),
        ("0f5a9c1", "pass"),
        ("main-0f5a9c1d", "pass"),
        ("20261124", "pass"),
        ("latest", "fail"),
        ("main", "fail"),
        ("feature-x", "fail"),
        ("deadbeef", "fail"),
        (None, "unknown"),
    ],
)
def test_floating(tag: str | None, outcome: str) -> None:
    """A version, a commit or a date stays; a word moves."""
    assert ended(test_images.test_floating_tag, view(rows=(row(tag=tag),))) == [outcome]


@pytest.mark.parametrize(
    ("platforms", "architecture", "outcome"),
    [
        pytest.param(("linux/amd64", "linux/arm64/v8"), None, "pass", id="both"),
        pytest.param(("linux/amd64",), "X86_64", "pass", id="x86-64"),
        pytest.param(("linux/arm64/v8", "unknown/unknown"), None, "fail", id="built on a Mac"),
        pytest.param(("linux/arm64",), "ARM64", "pass", id="ARM for ARM"),
        pytest.param(("linux/amd64",), "ARM64", "fail", id="x86-64 for ARM"),
        pytest.param((), None, "not_applicable", id="one platform"),
        pytest.param((None,), None, "not_applicable", id="unnamed platform"),
    ],
)
def test_architecture(platforms: tuple[str | None, ...], architecture: str | None, outcome: str) -> None:
    """An index must hold an image for the task's own architecture."""
    images = tuple(PlatformImage(digest=f"sha256:{index:064}", platform=one) for index, one in enumerate(platforms))
    unit = drifted(tag={"images": images}, architecture=architecture)
    assert ended(test_images.test_image_architecture_differs, unit) == [outcome]


@pytest.mark.parametrize(
    ("unit", "outcome"),
    [
        pytest.param(drifted(f"{RUNNER}@{DIGEST}"), "not_applicable", id="digest alone"),
        pytest.param(drifted(tag={"digest": None}), "not_applicable", id="tag is gone"),
        pytest.param(drifted(f"{RUNNER}:v9"), "unknown", id="not asked for"),
    ],
)
def test_architecture_of_what_was_not_seen(unit: UnitView, outcome: str) -> None:
    """Without the tag's manifest there is nothing to compare."""
    assert ended(test_images.test_image_architecture_differs, unit) == [outcome]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param((row(account=DEV), row(account=SHARED)), ["pass"], id="the same"),
        pytest.param((row(account=DEV), row(account=SHARED, tag="v1.2.0")), ["fail"], id="apart"),
        pytest.param(
            (row(account=DEV), row(account=SHARED, image=KANIKO, tag="v1")), ["pass", "pass"], id="two images"
        ),
        pytest.param((row(account=DEV), row(account=SHARED, tag=None)), ["unknown"], id="one unknown"),
        pytest.param(
            (row(account=DEV), row(account=SHARED, tag="v1"), row("ami-builder", tag=None)), ["fail"], id="apart anyway"
        ),
        pytest.param((row(account=DEV), row("x", image=KANIKO, tag=None)), ["pass"], id="unknown of another image"),
        pytest.param((null("ami-builder"),), [], id="nothing deployed"),
        pytest.param((row(image="docker.example.com/x"),), ["pass"], id="not in ECR"),
    ],
)
def test_skew(rows: tuple[DeclaredContainer, ...], expected: list[str]) -> None:
    """Each image has one tag in the whole fleet."""
    assert ended(test_images.test_fleet_tag_skew, fleet(rows=rows)) == expected


def test_skew_of_what_was_not_read() -> None:
    """What is not known, an image or a whole unit, may be of any tag: so far each image has one."""
    hidden = fleet(rows=(row(account=DEV), row(account=SHARED, image=None)))
    assert ended(test_images.test_fleet_tag_skew, hidden) == ["pass", "unknown"]
    part = fleet(rows=(row(account=DEV),), declared_gaps=(gap("declaration", SHARED),))
    assert ended(test_images.test_fleet_tag_skew, part) == ["pass", "unknown"]


def test_skew_says_who() -> None:
    """The sentence lists the accounts by tag."""
    rows = (row(account=DEV), row(account=SHARED, tag="v1.2.0"))
    assert said(test_images.test_fleet_tag_skew, fleet(rows=rows)) == (
        "ecs-deploy-runner is declared v1.2.0 in shared; v1.3.0 in dev"
    )
