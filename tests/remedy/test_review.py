"""Upgrades with their review: images, edits, commit and push, and after the merge the applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.remedy.steps import ApplyUnit
from tests.remedy.carrying.carrier import TOKEN, UNITS, applied, carrier, merge, pushed
from tests.remedy.hub import serve

if TYPE_CHECKING:
    from pathlib import Path


def test_upgrade_waits_for_its_review(tmp_path: Path) -> None:
    """Images, edits, commit and push; then it waits for the merge, and applies when that is pulled."""
    one = carrier(tmp_path, "upgrade")
    branch = "pipelines-audit/v0.60.0"
    for time in range(2):
        first = one.do()
        assert first.returncode == 13, first.stderr
        assert f"branch {branch} is pushed; open the pull request by hand" in first.stderr
        assert "have it merged, check out the default branch and pull it, then apply this plan again" in first.stderr
        assert len(one.stubs.built()) == 2, time
        assert pushed(one, branch) == "Move the ECS Deploy Runner to v0.60.0"
        assert one.stubs.calls("terragrunt") == []
    merge(one, branch)
    done = one.do()
    assert done.returncode == 0, done.stderr
    assert applied(one) == list(UNITS)
    assert "exit 0: " in done.stderr.splitlines()[-1]


def test_upgrade_opens_one_pull_request(tmp_path: Path) -> None:
    """Where GitHub may be asked it gets one request, with the plan as its body."""
    one = carrier(tmp_path, "upgrade")
    with serve() as hub:
        given = ("--github-url", hub.url, "--infra-live-repo", "example/infrastructure-live")
        for _ in range(2):
            done = one.do(*given, environment={"GITHUB_TOKEN": "good"})
            assert done.returncode == 13, done.stderr
            assert "https://git.example.com/example/infrastructure-live/pull/1" in done.stderr
        (pull,) = hub.pulls
    assert f"Plan `{one.digest}`" in pull["body"]


def test_push_that_is_refused(tmp_path: Path) -> None:
    """A remote that refuses the branch fails the step; with its leave the run goes on from there."""
    one = carrier(tmp_path, "upgrade")
    hook = tmp_path / "remote.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    hook.chmod(0o755)
    done = one.do()
    assert (done.returncode, "git push failed" in done.stderr) == (11, True), done.stderr
    hook.unlink()
    assert one.do().returncode == 13
    assert pushed(one, "pipelines-audit/v0.60.0") == "Move the ECS Deploy Runner to v0.60.0"


def test_apply_needs_the_edits_in_the_checkout(tmp_path: Path) -> None:
    """From a checkout that does not have the merged edits nothing is applied."""
    one = carrier(tmp_path, "upgrade")
    number = next(step.number for step in one.plan.steps if isinstance(step.action, ApplyUnit))
    for image in ("kaniko:v0.60.0", "ecs-deploy-runner:v0.60.0"):
        (one.stubs.folder / "ecr" / image).touch()
    done = one.do("--only", str(number))
    assert (done.returncode, "this checkout does not say what the plan's edits say" in done.stderr) == (13, True)
    assert one.stubs.calls("terragrunt") == []


def test_across_a_barrier(tmp_path: Path) -> None:
    """Hop by hop: each has its own images, review and applies, in this order."""
    one = carrier(tmp_path, "upgrade-across-barrier")
    for hop in one.plan.hops:
        done = one.do(environment=TOKEN)
        assert (done.returncode, "have it merged" in done.stderr) == (13, True), done.stderr
        merge(one, f"pipelines-audit/{hop.to}")
    done = one.do(environment=TOKEN)
    assert done.returncode == 0, done.stderr
    assert applied(one) == [*UNITS] * len(one.plan.hops)
