"""The chains: which link holds, which is broken, and which nobody could look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen
from audit.verdict.chain import chains
from audit.verdict.releases import Releases
from tests.nouns import (
    NOW,
    RUNNER,
    STACK,
    TODAY,
    clustered,
    definition,
    observation,
    pin,
    pulled,
    released,
    repository,
    row,
    task,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.running.model.ecs import StackCluster, Task
    from audit.verdict.results import ChainStep

RULES = Releases(released=released(), today=TODAY, max_age_days=90)
PLANNER = f"{STACK}-terraform-planner"


def steps(*pins: object, **facts: object) -> dict[str, ChainStep]:
    """Give the links of the only chain by their stage."""
    (chain,) = chains((view(**{"rows": (row(),)} | facts),), RULES, pins)  # type: ignore[arg-type]  # pins of the tests
    return {step.stage: step for step in chain.steps}


def state(step: ChainStep) -> str:
    """Say of a link whether it holds."""
    return "unread" if step.unread else "broken" if step.broken else "holds"


def links(**facts: object) -> list[str]:
    """Say of each link from release to task definition whether it holds; there is no script, and nothing ran."""
    found = steps(**facts)
    assert list(found) == ["release", "declared", "ECR tag", "digest", "task definition", "last run"]
    return [state(step) for step in found.values()][:-1]


def runs(image: str) -> tuple[object, ...]:
    """See one family that runs this image."""
    return (observation(families=Seen(value=(definition(PLANNER, image),))),)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, ["holds"] * 5, id="in sync"),
        pytest.param(
            {"rows": (row(tag="v1.2.5"),), "repositories": (repository(tags={"v1.2.5": None}),)},
            ["broken", "holds", "broken", "holds", "holds"],
            id="never released, never built",
        ),
        pytest.param({"observations": runs(f"{RUNNER}:v1.2.0")}, ["holds"] * 4 + ["broken"], id="never applied"),
        pytest.param({"observations": (observation(),)}, ["holds"] * 4 + ["broken"], id="no family"),
        pytest.param({"observations": (observation(families=unread()),)}, ["holds"] * 4 + ["unread"], id="no look"),
        pytest.param(
            {"repositories": (replace(repository(), tags=unread("registry")),)},
            ["holds", "holds", "unread", "unread", "holds"],
            id="registry unread",
        ),
        pytest.param({"rows": (row(tag=None),), "observations": runs(f"{RUNNER}:v1.3.0")}, ["unread"] * 5, id="no tag"),
        pytest.param(
            {"rows": (row(tag="v1.3.0-acme"),), "repositories": ()},
            ["unread", "holds", "unread", "unread", "holds"],
            id="own build",
        ),
        pytest.param(
            {"rows": (row(image="docker.example.com/x"),)},
            ["holds", "holds", "unread", "unread", "holds"],
            id="not in ECR",
        ),
        pytest.param(
            {"observations": (observation(families=Seen(value=(definition(PLANNER, "a/b:1", "c/d:1"),))),)},
            ["holds"] * 4 + ["unread"],
            id="which container",
        ),
    ],
)
def test_links(facts: dict[str, object], expected: list[str]) -> None:
    """A link is broken only where it was looked at and does not hold."""
    assert links(**facts) == expected


def test_values_and_places() -> None:
    """Each link says what it is and where that was seen; what differs by account alone is not in the value."""
    found = steps(observations=runs(f"{RUNNER}:v1.3.0"))
    assert (found["ECR tag"].value, found["digest"].value) == ("v1.3.0", repository().tags.value[0].digest)  # type: ignore[union-attr,index]  # it was seen
    assert (found["task definition"].value, found["task definition"].source) == ("v1.3.0", f"{PLANNER}:7")
    assert found["declared"].place is not None


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param((("v1.3.0", "deploy-runner"),), ("v1.3.0", "holds"), id="same"),
        pytest.param((("v1.3.0-acme", "deploy-runner"),), ("v1.3.0-acme", "holds"), id="own build of it"),
        pytest.param((("v1.2.0", "deploy-runner"),), ("v1.2.0", "broken"), id="another"),
        pytest.param((("v1.3.0", "deploy-runner"), ("v1.2.0", "deploy-runner")), ("v1.2.0", "broken"), id="one of two"),
        pytest.param((("v1.2.0", "kaniko"), ("v1.2.0", None)), None, id="of other images"),
    ],
)
def test_build_script(pins: tuple[tuple[str, str | None], ...], expected: tuple[str, str] | None) -> None:
    """The script that builds the container's image stands between release and declaration, where there is one."""
    found = steps(*(pin("build-ref", "REF", value, subject=subject) for value, subject in pins))
    step = found.get("build script")
    assert (step and (step.value, state(step))) == expected
    assert step is None or list(found)[:3] == ["release", "build script", "declared"]


DIGEST = "sha256:" + "d" * 64


def ended(**changes: object) -> Task:
    """Make a task that ended five minutes ago."""
    return replace(task(status="STOPPED", stopped_at=NOW - timedelta(minutes=5)), **changes)  # type: ignore[arg-type]  # tests name the fields that they change


@pytest.mark.parametrize(
    ("cluster", "expected", "value", "source"),
    [
        pytest.param(clustered(), "holds", None, "ecs:DescribeTasks", id="none"),
        pytest.param(clustered(task(container="ami-builder")), "holds", None, "ecs:DescribeTasks", id="of another"),
        pytest.param(
            clustered(ended(containers=pulled(None)), task(containers=pulled(None, f"{RUNNER}:v1.0.0"))),
            "holds",
            "v1.3.0",
            f"{PLANNER}:7 ended 2026-11-24 05:55 UTC",
            id="newest counts",
        ),
        pytest.param(
            clustered(task(containers=pulled(None, f"{RUNNER}:v1.0.0"))),
            "broken",
            "v1.0.0",
            f"{PLANNER}:7 runs since 2026-11-24 05:00 UTC",
            id="another tag",
        ),
        pytest.param(
            clustered(ended(containers=pulled(DIGEST))),
            "broken",
            "v1.3.0",
            f"{PLANNER}:7 ended 2026-11-24 05:55 UTC",
            id="another digest",
        ),
        pytest.param(
            clustered(ended(stop_code="TaskFailedToStart")),
            "broken",
            None,
            f"{PLANNER}:7 did not start, 2026-11-24 05:55 UTC",
            id="did not start",
        ),
        pytest.param(clustered(task(started_at=None)), "holds", None, f"{PLANNER}:7 begins", id="begins"),
        pytest.param(replace(clustered(), tasks=unread("tasks")), "unread", None, "ecs:DescribeTasks", id="unread"),
    ],
)
def test_last_run(cluster: StackCluster, expected: str, value: str | None, source: str) -> None:
    """What the newest task pulled closes the chain; that nothing ran lately is no fault."""
    seen = replace(observation(families=Seen(value=(definition(PLANNER, f"{RUNNER}:v1.3.0"),))), clusters=(cluster,))
    step = steps(observations=(seen,))["last run"]
    assert (state(step), step.value, step.source) == (expected, value, source)
