"""Killed at every event, and between each effect and its line: gone on with, each effect is there exactly once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.remedy.carried.child import Faults
from tests.remedy.carried.test_upgrade import merge
from tests.remedy.carried.world import NEW, OLD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.overlay.proxy import Overlay
    from tests.remedy.carried.child import Done
    from tests.remedy.carried.world import Make, World

BRANCH = "pipelines-audit/v1.3.0"
MOST_RUNS = 80


def sorts(world: World) -> dict[int, str]:
    """Map the steps of the plan, and (0) the run itself, to their sort."""
    steps = json.loads((world.folder / "plan.json").read_text())["steps"]
    return {0: "run"} | {step["number"]: step["action"]["kind"] for step in steps}


def until_it_ends(world: World, sha: str, faults: Faults) -> list[Done]:
    """Carry the plan out again and again, until a run is not struck."""
    done = []
    for _ in range(MOST_RUNS):
        done.append(world.apply(sha, faults=faults))
        text = (world.live / "common.hcl").read_text()
        assert text.count(OLD) + text.count(NEW) == 2
        assert text.count(OLD) in (0, 2)
        if done[-1].code in (0, 13):
            return done
        # Terraform's state, and the lock of the tool, are free again: nothing of the run before goes on.
        assert not list((world.carried / "units").rglob("*.lock.info"))
    raise AssertionError(done[-1].err)


@pytest.mark.thorough
def test_killed_at_every_event(tmp_path: Path, overlay: Overlay, make: Make) -> None:
    """Killed wherever it can be, the tool goes on to the end, and nothing is there twice or half."""
    world = make(declared=OLD, pushed=(OLD,))
    sha = world.plan("--to", NEW, "--account", "shared")
    (world.carried / "killed").mkdir()
    faults = Faults(mode="kill", struck=tmp_path / "struck", sorts=sorts(world))
    first = until_it_ends(world, sha, faults)
    assert (first[-1].code, {done.code for done in first[:-1]}) == (13, {-9}), first[-1].err
    assert "waits for people" in first[-1].err
    assert overlay.count("ecr:PutImage") == 2
    assert world.git("ls-remote", "origin").count(f"refs/heads/{BRANCH}") == 1
    assert world.git("rev-list", "--count", f"main..{BRANCH}") == "1"

    merge(world, BRANCH)
    second = until_it_ends(world, sha, faults)
    assert (second[-1].code, {done.code for done in second[:-1]}) == (0, {-9}), second[-1].err
    assert world.states() == [{(NEW, 2)}, {(OLD, 1)}, {(OLD, 1)}]
    assert overlay.count("ecs:RegisterTaskDefinition") == 4
    assert overlay.count("ecr:PutImage") == 2
    state = json.loads((world.carried / "units" / "your-shared" / "terraform.tfstate").read_text())
    assert len(state["resources"][0]["instances"]) == 4

    struck = set((tmp_path / "struck").read_text().splitlines())
    for kind in ("BuildImage", "ApplyUnit"):
        assert {f"{kind} {event}" for event in ("started", "command", "ended", "done")} <= struck
    assert {"EditPin started", "Commit started", "OpenPullRequest waiting", "ApplyUnit evidence"} <= struck
    killed = {path.name for path in (world.carried / "killed").iterdir()}
    assert killed == {"infrastructure-deployer.build", "terragrunt.apply"}
    assert world.git("status", "--porcelain") == ""


@pytest.mark.thorough
def test_disk_full_while_the_journal_is_written(tmp_path: Path, make: Make) -> None:
    """A journal that cannot be written ends the run before anything else begins, and nothing is lost or done twice."""
    world = make()
    sha = world.plan("--account", "dev")
    faults = Faults(mode="full", struck=tmp_path / "struck", sorts={1: "ApplyUnit"})
    done = until_it_ends(world, sha, faults)
    assert (done[-1].code, {one.code for one in done[:-1]}) == (0, {3}), done[-1].err
    assert "No space left on device; make room, then apply again" in done[0].err
    assert world.running("dev") == {"terraform-planner": (NEW, 2), "terraform-applier": (NEW, 2)}
    assert {"ApplyUnit started", "ApplyUnit ended", "ApplyUnit evidence"} <= set(
        (tmp_path / "struck").read_text().splitlines()
    )
