"""Builds, and what they wait for: what no step of a plan changes has to be changed by people first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.remedy.steps import BuildImage, Commit, EditPin
from tests.remedy.fleet import BUILDER, KANIKO, NEWEST, plan, seen
from tests.remedy.scenarios import fleet

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.plan import Plan

MODULE = "_envcommon/mgmt/ecs-deploy-runner.hcl"


def with_module(live: Path, ref: str, tag: str) -> Path:
    """Declare the module of the runner by another ref."""
    fleet(live, tag)
    path = live / MODULE
    assert "v0.116.1" in path.read_text()
    path.write_text(path.read_text().replace("v0.116.1", ref))
    return live


def waiting(made: Plan, hop: int) -> dict[str, set[str | None]]:
    """Map the kinds of steps of a hop to what they wait for."""
    found: dict[str, set[str | None]] = {}
    for step in made.steps:
        if step.hop == hop:
            found.setdefault(step.action.kind, set()).add(step.waits)
    return found


@pytest.mark.parametrize("tag", ["v0.38.10", "v0.57.3"], ids=["behind the barrier", "beyond it"])
def test_module_that_is_too_old_is_raised_first(tmp_path: Path, tag: str) -> None:
    """A module that passes no secret builds nothing newer: builds and applies of that hop say so, and wait."""
    live = with_module(tmp_path, "v0.90.2", tag)
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST)
    reason = (
        "the runner cannot build {}: the module ref of the runner that builds is v0.90.2, older than v0.95.0: "
        "move the module's ref to v0.95.0 of the service catalog or newer, apply that, then plan anew"
    )
    last = waiting(made, len(made.hops))
    assert last["BuildImage"] == {
        reason.format(f"{image}:{NEWEST}") for image in (KANIKO, KANIKO.replace("kaniko", "ecs-deploy-runner"))
    }
    assert all((why or "").startswith("needs ") for why in last["ApplyUnit"])
    first = [step for step in made.steps if step.hop == 1]
    assert not any(step.waits for step in first)


def test_module_that_is_new_enough_waits_for_nothing(tmp_path: Path) -> None:
    """From v0.95.0 of the service catalog on the runner builds by itself."""
    live = with_module(tmp_path, "v0.95.0", "v0.57.3")
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST)
    assert len(made.hops) == 1
    assert not any(step.waits for step in made.steps)


def test_barriers_of_the_module_are_told_apart(tmp_path: Path) -> None:
    """What comes with the module is named as such: this plan does not move its ref."""
    live = fleet(tmp_path, "v0.57.3")
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST)
    assert (
        "what these ask for comes with the module, whose ref a plan does not move: v1.0.0 (provider), v1.1.0 (provider)"
        in (made.notes)
    )


def test_images_that_only_an_accepted_account_declares_are_built(tmp_path: Path) -> None:
    """What is edited must be there for whoever declares it, applied now or not."""
    live = fleet(tmp_path, "v0.57.3")
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST)
    guards = [step.guards for step in made.steps if isinstance(step.action, EditPin)]
    assert [len(one) for one in guards] == [2, *[0] * (len(guards) - 1)]
    assert {one.expect for one in guards[0]} == {NEWEST}
    assert [step.guards for step in made.steps if isinstance(step.action, Commit)] == [()]


def test_runner_of_another_name_builds_by_its_own_invoker(tmp_path: Path) -> None:
    """infrastructure-deployer is told whom to ask where the stack has not the usual name."""
    live = fleet(tmp_path, "v0.57.3")
    path = live / MODULE
    text = path.read_text()
    assert '= "ecs-deploy-runner"' in text
    path.write_text(text.replace('= "ecs-deploy-runner"', '= "runner-eu"', 1))
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST)
    (first, *_) = [step.commands[0].argv for step in made.steps if isinstance(step.action, BuildImage)]
    assert first[4:10] == (
        *("infrastructure-deployer", "--aws-region", "us-west-2"),
        *("--invoker-function-id", "runner-eu-invoker", "--"),
    )


def test_doubt_about_the_module_waits_where_it_matters(tmp_path: Path) -> None:
    """Local Docker needs nothing of the runner; whether its successor can build is to be found out before that."""
    live = with_module(tmp_path, "main", "v0.38.10")
    made = plan(live, seen(live, running={"shared": {BUILDER: f"{KANIKO}:v0.38.10"}}, asked=(NEWEST,)), NEWEST)
    assert waiting(made, 1)["BootstrapImage"] == {None}
    doubt = "is not known: the module ref of the runner that builds is main, v0.95.0 is needed; look again"
    assert all(doubt in (why or "") for why in waiting(made, 2)["BuildImage"])
