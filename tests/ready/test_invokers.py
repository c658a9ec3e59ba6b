"""Invokers that would turn a build away: each is a blocker of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.model import Seen
from tests.aws import SHARED
from tests.ready import spoil
from tests.ready.test_situations import MILD
from tests.ready.world import OPTIONS, World, judged, rules

if TYPE_CHECKING:
    from collections.abc import Callable

TURNED_AWAY = [
    pytest.param(
        lambda w: spoil.runs(w, "v0.50.4", "docker-image-builder", SHARED),
        {"kaniko-too-old"},
        {*MILD, "apply-outstanding"},
        id="kaniko too old",
    ),
    pytest.param(
        lambda w: spoil.invoker(w, rules(allowed_options=[one for one in OPTIONS if one != "--env-secret"])),
        {"invoker-refuses-env-secret"},
        MILD,
        id="--env-secret refused",
    ),
    pytest.param(
        lambda w: spoil.invoker(w, rules(restricted_options_regex={"--repo": "^https://git.example.com/fork.git$"})),
        {"invoker-refuses-repository"},
        MILD,
        id="repository not allowed",
    ),
    pytest.param(
        lambda w: spoil.invoker(w, rules(restricted_options_regex={"ref": "^(main|origin/main)$"})),
        {"invoker-refuses-ref"},
        MILD,
        id="git ref refused",
    ),
    pytest.param(
        lambda w: spoil.invoker(w, rules(restricted_options_regex={"--ref": "^v(1|2"})),
        {"invoker-pattern-broken"},
        MILD,
        id="a regex that does not compile",
    ),
    pytest.param(
        lambda w: spoil.invoker(w, rules(restricted_options=["build-arg"])),
        {"invoker-refuses-option"},
        MILD,
        id="another option refused",
    ),
]


@pytest.mark.parametrize(("spoilt", "blockers", "warnings"), TURNED_AWAY)
def test_each_has_its_own_blocker(
    world: World, spoilt: Callable[[World], World], blockers: set[str], warnings: set[str]
) -> None:
    """One reason, one blocker; it is the builder's invoker alone that counts."""
    assert judged(spoilt(world)) == (blockers, warnings, set())


@pytest.mark.parametrize(("spoilt", "_blockers", "_warnings"), TURNED_AWAY)
def test_where_nothing_is_built_none_matters(
    world: World, spoilt: Callable[[World], World], _blockers: set[str], _warnings: set[str]
) -> None:
    """With the images in ECR already, no build has to pass the invoker."""
    blockers, _, unknown = judged(spoil.built(spoilt(world)))
    assert (blockers, unknown) == (set(), set())


@pytest.mark.parametrize(
    ("spoilt", "unknown"),
    [
        pytest.param(lambda w: spoil.invoker(w, {"x": 1}), {"invoker-pattern-broken"}, id="says nothing of builds"),
        pytest.param(lambda w: spoil.invoker(w, "not a mapping"), {"invoker-pattern-broken"}, id="says nothing at all"),
        pytest.param(
            lambda w: spoil.invoker(w, rules(restricted_options_regex={"--ref": "^(?!v0).*$"})),
            {"invoker-refuses-ref"},
            id="an expression that can't be tried in safety",
        ),
    ],
)
def test_what_cannot_be_told_is_unknown(world: World, spoilt: Callable[[World], World], unknown: set[str]) -> None:
    """Neither let through nor turned away."""
    assert judged(spoilt(world)) == (set(), MILD, unknown)


def test_no_invoker_is_unknown(world: World) -> None:
    """Without a function nobody knows what it would let through."""
    assert judged(spoil.invoker_fact(world, Seen(value=None)))[2] == {"invoker-pattern-broken"}
