"""Whatever goes wrong on the way stops before the next account; mended, it goes on there, and does nothing twice."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.aws import REGION, seed_runner
from tests.overlay.faults import Reply, Rule, error
from tests.remedy.carried.child import Faults
from tests.remedy.carried.world import ACCOUNTS, LOOK, NEW, OLD, RUNNER, STACK, unit

if TYPE_CHECKING:
    from tests.overlay.proxy import Overlay
    from tests.remedy.carried.world import Make, World

MEANWHILE = f"""set -a
source "$CARRIED/profiles/your-dev"
aws ecs register-task-definition --family {STACK}-terraform-planner --region {REGION} \\
    --container-definitions '[{{"name":"runner","image":"{RUNNER}:{OLD}","memory":128}}]' --output text
"""


@pytest.mark.thorough
def test_faults_on_the_way(overlay: Overlay, make: Make) -> None:
    """A wrong profile, a failing apply, a session that expires in its middle: each stops, the rest is untouched.

    What somebody else changes meanwhile is seen by the look at the end.
    """
    world = make()
    sha = world.plan()
    world.profile("your-dev", ACCOUNTS["prod"])
    done = world.apply(sha)
    assert done.code == 13
    assert "credentials of account 444455556666, not of 345678901234" in done.err
    assert world.states() == [{(NEW, 2)}, {(OLD, 1)}, {(OLD, 1)}]

    world.profile("your-dev", ACCOUNTS["dev"])
    world.told("terragrunt.apply.your-dev", 7)
    done = world.apply(sha)
    assert done.code == 11
    assert "ended with exit code 7" in done.err
    assert world.applied() == ["shared", "dev"]
    world.told("terragrunt.apply.your-dev", None)

    expired = error("ExpiredTokenException")
    overlay.rules.append(Rule(fault=expired, call="ecs:RegisterTaskDefinition", account=ACCOUNTS["dev"], after=1))
    assert world.apply(sha).code == 11
    assert sorted(world.running("dev").values()) == [(OLD, 1), (NEW, 2)]
    assert world.states()[2] == {(OLD, 1)}
    overlay.rules.clear()

    (world.carried / "meanwhile.your-prod").write_text(MEANWHILE)
    done = world.apply(sha, *LOOK)
    assert done.code == 12, done.err
    assert "still drifting:\n  dev/us-west-2/mgmt/ecs-deploy-runner: image-tag-drift: terraform-planner" in done.out
    assert world.states() == [{(NEW, 2)}, {(OLD, 3), (NEW, 2)}, {(NEW, 2)}]
    assert world.applied() == ["shared", "dev", "dev", "dev", "prod"]


@pytest.mark.thorough
def test_an_apply_that_locks_out(make: Make) -> None:
    """An account that may not pull, or whose invoker does not answer, is the last that is touched."""
    world = make()
    sha = world.plan()
    world.let_pull("ecs-deploy-runner", ACCOUNTS["shared"], ACCOUNTS["prod"])
    done = world.apply(sha)
    assert done.code == 11
    assert "no longer lets 345678901234 pull" in done.err
    assert world.applied() == ["shared", "dev"]
    assert world.states()[2] == {(OLD, 1)}

    world.let_pull("ecs-deploy-runner", *ACCOUNTS.values())
    (world.carried / "breaks.your-prod").touch()
    done = world.apply(sha)
    assert done.code == 11
    assert "the invoker of prod/us-west-2 does not answer" in done.err
    assert world.applied() == ["shared", "dev", "prod"]
    assert "unproved" in [one["event"] for one in world.journal(sha)]
    assert world.apply(sha).code == 11
    assert world.applied() == ["shared", "dev", "prod"]


@pytest.mark.thorough
def test_refused_before_anything_is_started(overlay: Overlay, make: Make) -> None:
    """From inside, as the pipeline, with a session about to end, beside a run, on changed ground: nothing starts."""
    world = make()
    sha = world.plan()
    shared = ACCOUNTS["shared"]
    world.environment["ECS_CONTAINER_METADATA_URI_V4"] = "http://169.254.170.2/v4/x"
    refused(world, sha, 13, "never applied from inside")
    del world.environment["ECS_CONTAINER_METADATA_URI_V4"]
    world.profile("your-shared", shared, role="ecs-deploy-runner-terraform-applier")
    refused(world, sha, 13, "role/ecs-deploy-runner-terraform-applier is the pipeline's own identity")
    world.profile("your-shared", shared, expires=(datetime.now(UTC) + timedelta(minutes=5)).isoformat())
    refused(world, sha, 13, "needs about 12 min")
    world.profile("your-shared", shared)
    busy = Reply(body=json.dumps({"taskArns": ["arn:aws:ecs:us-west-2:1:task/x"]}).encode())
    overlay.rules.append(Rule(fault=busy, call="ecs:ListTasks", account=shared))
    refused(world, sha, 13, "tasks of ecs-deploy-runner are in flight")
    overlay.rules.clear()
    refused(world, sha, 4, "--max-age 0h", "--max-age", "0m")
    seed_runner(overlay.url, ACCOUNTS["dev"], REGION, STACK, {"terraform-planner": f"{RUNNER}:v1.1.0"}, None)
    refused(world, sha, 4, "ran .*:v1.2.0 when the plan was made", *LOOK)
    path = world.live / unit("prod") / "terragrunt.hcl"
    path.write_text(f"# mine\n{path.read_text()}")
    refused(world, sha, 4, "prod/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl has changes that are in no commit")
    assert world.calls("terragrunt") == []
    assert overlay.count("ecs:RegisterTaskDefinition") == 1


def refused(world: World, sha: str, code: int, reason: str, *words: str) -> None:
    """Demand that a run is refused with this code, for this reason."""
    done = world.apply(sha, *words)
    assert done.code == code, done.err
    assert all(part in done.err for part in reason.split(".*")), done.err


@pytest.mark.thorough
def test_images_and_pushes_that_fail(make: Make) -> None:
    """Without its images nothing is edited; a push that is refused is tried again, and nothing is committed twice."""
    world = make(declared=OLD, pushed=(OLD,))
    sha = world.plan("--to", NEW, "--account", "shared")
    before = world.git("rev-parse", "HEAD")
    world.told("infrastructure-deployer.build", 9)
    done = world.apply(sha)
    assert (done.code, "ended with exit code 9" in done.err) == (11, True), done.err
    world.told("infrastructure-deployer.build", None)
    (world.carried / "no-image").touch()
    done = world.apply(sha, faults=Faults(mode="patient"))
    assert (done.code, "ECR does not show v1.3.0 after 300 s" in done.err) == (11, True), done.err
    assert (world.git("rev-parse", "HEAD"), world.git("status", "--porcelain")) == (before, "")
    (world.carried / "no-image").unlink()

    hook = world.folder / "remote.git" / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = world.apply(sha)
    assert (done.code, "not on a Friday" in done.err) == (11, True), done.err
    hook.unlink()
    done = world.apply(sha)
    assert (done.code, "waits for people" in done.err) == (13, True), done.err
    assert world.git("rev-list", "--count", f"{before}..origin/main") == "0"
    assert world.git("ls-remote", "origin", "pipelines-audit/v1.3.0").split()[0] == world.git("rev-parse", "HEAD")
    assert world.git("rev-list", "--count", f"{before}..HEAD") == "1"
    assert world.calls("terragrunt") == []


@pytest.mark.thorough
def test_two_runs_at_once(overlay: Overlay, make: Make) -> None:
    """A second run is refused, also while only a command of a killed one goes on; then it finds what that has done."""
    world = make()
    sha = world.plan("--account", "dev")
    gate = world.carried / "gate"
    os.mkfifo(gate)
    first = world.start("apply", str(world.folder / "plan.json"), "--approve", sha, name="first")
    while not world.applied():
        assert first.process.is_alive(), first.done().err
        time.sleep(0.02)
    second = world.start("apply", str(world.folder / "plan.json"), "--approve", sha).done()
    assert second.code == 13
    assert f"process {first.process.pid}, carries out plan {sha}" in second.err
    first.kill()
    assert first.done().code == -9
    third = world.start("apply", str(world.folder / "plan.json"), "--approve", sha).done()
    assert (third.code, "a command that it started is still at work" in third.err) == (13, True), third.err
    assert world.applied() == ["dev"]
    gate.write_text("go on\n")
    world.settle()
    gate.unlink()
    done = world.apply(sha)
    assert done.code == 0, done.err
    assert world.applied() == ["dev"]
    assert overlay.count("ecs:RegisterTaskDefinition") == 2
    assert [one["found"] for one in world.journal(sha) if one["event"] == "effect"] == ["seen"]
