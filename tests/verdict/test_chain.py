"""The chains: which link holds, which is broken, and which nobody could look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model import Seen
from audit.verdict.chain import chains
from audit.verdict.releases import Releases
from tests.nouns import RUNNER, STACK, TODAY, definition, observation, released, repository, row, unread, view

RULES = Releases(released=released(), today=TODAY, max_age_days=90)
PLANNER = f"{STACK}-terraform-planner"


def links(**facts: object) -> list[str]:
    """Say of each link of the only chain whether it holds."""
    (chain,) = chains((view(**{"rows": (row(),)} | facts),), RULES)
    assert [step.stage for step in chain.steps] == ["release", "declared", "image", "task definition"]
    return ["unread" if step.unread else "broken" if step.broken else "holds" for step in chain.steps]


def runs(image: str) -> tuple[object, ...]:
    """See one family that runs this image."""
    return (observation(families=Seen(value=(definition(PLANNER, image),))),)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, ["holds"] * 4, id="in sync"),
        pytest.param(
            {"rows": (row(tag="v1.2.5"),), "repositories": (repository(tags={"v1.2.5": None}),)},
            ["broken", "holds", "broken", "holds"],
            id="never released, never built",
        ),
        pytest.param(
            {"observations": runs(f"{RUNNER}:v1.2.0")}, ["holds", "holds", "holds", "broken"], id="never applied"
        ),
        pytest.param({"observations": (observation(),)}, ["holds", "holds", "holds", "broken"], id="no family"),
        pytest.param(
            {"observations": (observation(families=unread()),)}, ["holds", "holds", "holds", "unread"], id="no look"
        ),
        pytest.param(
            {"repositories": (replace(repository(), tags=unread("registry")),)},
            ["holds", "holds", "unread", "holds"],
            id="registry unread",
        ),
        pytest.param({"rows": (row(tag=None),), "observations": runs(f"{RUNNER}:v1.3.0")}, ["unread"] * 4, id="no tag"),
        pytest.param(
            {"rows": (row(tag="v1.3.0-acme"),), "repositories": ()},
            ["unread", "holds", "unread", "holds"],
            id="own build",
        ),
        pytest.param(
            {"rows": (row(image="docker.example.com/x"),)}, ["holds", "holds", "unread", "holds"], id="not in ECR"
        ),
        pytest.param(
            {"observations": (observation(families=Seen(value=(definition(PLANNER, "a/b:1", "c/d:1"),))),)},
            ["holds", "holds", "holds", "unread"],
            id="which container",
        ),
    ],
)
def test_links(facts: dict[str, object], expected: list[str]) -> None:
    """A link is broken only where it was looked at and does not hold."""
    assert links(**facts) == expected
