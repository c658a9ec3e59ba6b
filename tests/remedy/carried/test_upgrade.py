"""An upgrade and the way back, end to end: images, edits, review, waves in order; drift before, none after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.remedy.carried.world import KANIKO, LOOK, NEW, OLD, RUNNER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.overlay.proxy import Overlay
    from tests.remedy.carried.world import Make, World


def drift(world: World) -> int:
    """Give the exit code of the nightly job, for drift of tags alone."""
    place = ("--infra-live", ".", *LOOK, "--offline")
    return world.tool("check", *place, "--check", "image-tag-drift", "--report", "terminal=-").code


def merge(world: World, branch: str) -> None:
    """Merge a branch at the remote, as people do, and pull the default branch."""
    world.git("fetch", "-q", "origin")
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "merged", f"origin/{branch}")
    world.git("push", "-q", "origin", "main")


@pytest.mark.thorough
def test_an_upgrade_and_the_way_back(tmp_path: Path, overlay: Overlay, make: Make) -> None:
    """Nothing without approval; then images first, edits, a review, and the accounts, each proved before the next."""
    world = make(declared=OLD, pushed=(OLD,))
    world.environment.update(AWS_VAULT="somebody", TG_NON_INTERACTIVE="true", TF_CLI_ARGS_apply="-refresh=false")
    sha = world.plan("--to", NEW)
    refused = world.tool("apply", str(tmp_path / "plan.json"))
    assert (refused.code, world.calls("aws-vault", "aws", "git")) == (13, [])
    assert f"--approve {sha}" in refused.err
    assert world.apply("0" * 64).code == 13

    first = world.apply(sha, *LOOK)
    assert first.code == 13, first.err
    assert "waits for people" in first.err
    built = world.calls("infrastructure-deployer")
    images = [words[words.index("--docker-image-tag") + 1] for words in built]
    assert images == [f"{RUNNER}:{NEW}", f"{KANIKO}:{NEW}"]
    assert overlay.count("ecr:PutImage") == 2
    assert world.git("diff", "--stat", "main", "pipelines-audit/v1.3.0", "--", "common.hcl").endswith("2 deletions(-)")
    assert world.calls("terragrunt") == []

    merge(world, "pipelines-audit/v1.3.0")
    assert drift(world) == 1
    second = world.apply(sha, *LOOK)
    assert second.code == 0, second.err
    assert drift(world) == 0
    assert world.applied() == ["shared", "dev", "prod"]
    assert world.states() == [{(NEW, 2)}] * 3
    assert overlay.count("ecr:PutImage") == 2
    assert overlay.count("ecs:RegisterTaskDefinition") == 8
    assert "dev/us-west-2 family ecs-deploy-runner-terraform-planner" in second.out
    proved(world, sha)

    assert world.apply(sha, *LOOK).code == 0
    assert overlay.count("ecs:RegisterTaskDefinition") == 8
    back(world)


def proved(world: World, sha: str) -> None:
    """Demand that who is asked before each change, the invoker after it, and that no secret is left anywhere."""
    calls = [words for words in world.calls("aws", "terragrunt", "infrastructure-deployer") if words[0] != "-"]
    for at, words in enumerate(calls):
        changes = words[1:3] == ["terragrunt", "apply"] or "build-docker-image" in words
        if changes:
            asked = [one for one in calls[:at] if one[2:4] == ["sts", "get-caller-identity"]]
            assert asked[-1][0] == words[0]
        if words[1:3] == ["terragrunt", "apply"]:
            later = [one for one in calls[at:] if one[1] == "infrastructure-deployer"]
            assert later[0] == [
                words[0],
                "infrastructure-deployer",
                "--aws-region",
                "us-west-2",
                "--describe-containers",
            ]
    order = [int(str(one["step"])) for one in world.journal(sha) if one["event"] in ("done", "started")]
    assert order == sorted(order)
    seen = set((world.carried / "environment").read_text().split())
    assert not {"TG_NON_INTERACTIVE", "TF_CLI_ARGS_apply"} & seen
    folder = world.live / ".git" / "pipelines-audit"
    kept = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    profiles = [path.read_text().split() for path in (world.carried / "profiles").iterdir()]
    keys = [line.partition("=")[2] for lines in profiles for line in lines]
    assert not [key for key in keys if key in kept]
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}


def back(world: World) -> None:
    """Go the way back, which is a plan like any other, through the same hands."""
    plan = world.folder / "back.json"
    done = world.tool("rollback", str(world.folder / "plan.json"), "-o", str(plan))
    assert done.code == 0, done.err
    made = json.loads(plan.read_text())
    sha, branches = made["sha256"], {step["action"].get("branch") for step in made["steps"]}
    assert world.apply(sha, *LOOK, name="back.json").code == 13
    merge(world, next(branch for branch in branches if branch))
    done = world.apply(sha, *LOOK, name="back.json")
    assert done.code == 0, done.err
    assert world.states() == [{(OLD, 3)}] * 3
    assert world.applied()[3:] == ["prod", "dev", "shared"]
    assert world.git("status", "--porcelain") == ""
