"""What is refused before anything is started: plans, callers, credentials, programs, grounds that have changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.remedy.document import to_json
from tests.remedy.carrying.carrier import Carrier, carrier

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 13, "not approved: start this at a terminal, or give --approve "),
        (("--approve", "0" * 64), 13, f"--approve {'0' * 64} is of another plan: this one is "),
        (("--approve", "{}", "--only", "9"), 4, "--only 9: the plan has 2 steps"),
        (("--approve", "{}", "--max-age", "soon"), 4, "--max-age 'soon'"),
    ],
    ids=["no approval", "of another plan", "no such step", "no age"],
)
def test_is_not_begun(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Without an approval of this very plan nothing is started; the plan is printed all the same."""
    one = carrier(tmp_path, "converge-one-account")
    done = one.do(*(word.replace("{}", one.digest) for word in arguments), approve=False)
    assert done.returncode == code
    assert said in done.stderr
    assert one.stubs.calls("aws-vault") == []
    assert not one.home.exists()


def test_expired_and_damaged_plans(tmp_path: Path) -> None:
    """A plan that is over, or was changed, is refused with 4."""
    one = carrier(tmp_path, "converge-one-account")
    one.file.write_text(one.file.read_text().replace("your-prod", "your-dev"))
    assert "damaged or changed since it was made" in one.do().stderr
    then = datetime.now(UTC) - timedelta(hours=1)
    one.file.write_text(to_json(replace(one.plan, expires_at=then)))
    done = one.do()
    assert (done.returncode, "expired at" in done.stderr) == (4, True)
    assert one.stubs.calls("aws-vault") == []


def test_edited_file_makes_the_plan_stale(tmp_path: Path) -> None:
    """Where a literal is no longer as planned, the file stays as it is, with 4."""
    one = carrier(tmp_path, "upgrade")
    common = one.live / "common.hcl"
    common.write_text(common.read_text().replace("v0.57.3", "v0.57.4"))
    done = one.do()
    assert (done.returncode, "common.hcl has changed" in done.stderr) == (4, True), done.stderr
    assert one.stubs.calls("infrastructure-deployer") == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4"}, "the runner is never applied from inside"),
        ({"CODEBUILD_BUILD_ID": "x:1"}, "the runner is never applied from inside"),
        ({"ROLE": "ecs-deploy-runner-terraform-applier"}, "is the pipeline's own identity"),
        ({"ROLE": "allow-auto-deploy-from-other-accounts"}, "is the pipeline's own identity"),
    ],
    ids=["in a task", "in a build", "as the applier", "as the invokers' role"],
)
def test_pipeline_does_not_apply_itself(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    """Neither from inside of it nor as one of its own identities."""
    one = carrier(tmp_path, "converge-one-account")
    machines = ("role/ecs-deploy-runner-terraform-applier", "role/allow-auto-deploy-from-other-accounts")
    one = one.instead(replace(one.plan, machines=machines))
    done = one.do(environment=environment)
    assert (done.returncode, said in done.stderr) == (13, True), done.stderr
    assert one.stubs.calls("terragrunt") == []


def break_profile(one: Carrier) -> None:
    """Let the profile lead into another account."""
    (one.stubs.folder / "accounts" / "your-prod").write_text("111122223333\n")


def break_session(one: Carrier) -> None:
    """Let the credentials be refused."""
    (one.stubs.folder / "accounts" / "your-prod").unlink()


def shorten_session(one: Carrier) -> None:
    """Let the session end before an apply could."""
    (one.stubs.folder / "expiry").write_text(f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}\n")


def fly(one: Carrier) -> None:
    """Have a task of the runner in flight."""
    (one.stubs.folder / "flying" / "your-prod").write_text("arn:aws:ecs:us-west-2:444455556666:task/x\n")


def take_image(one: Carrier) -> None:
    """Take the declared image out of ECR."""
    for image in (one.stubs.folder / "ecr").iterdir():
        image.unlink()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (break_profile, "credentials of account 111122223333, not of 444455556666 (prod)"),
        (break_session, "whose credentials these are cannot be told"),
        (shorten_session, "the credentials end in 1 min"),
        (fly, "tasks of ecs-deploy-runner are in flight: wait until they have ended ("),
        (take_image, "v1.3.0"),
    ],
)
def test_guard_holds_a_step_back(tmp_path: Path, fault: object, said: str) -> None:
    """What does not hold before a step is told; nothing is started, and once it holds the plan goes on."""
    one = carrier(tmp_path, "converge-one-account")
    kept = {path: path.read_text() for name in ("accounts", "ecr") for path in (one.stubs.folder / name).iterdir()}
    assert callable(fault)
    fault(one)
    done = one.do()
    assert done.returncode == 13, done.stderr
    assert "was not started" in done.stderr
    assert said in done.stderr
    assert one.stubs.calls("terragrunt") == []
    for path, text in kept.items():
        path.write_text(text)
    for name in ("expiry", "flying/your-prod"):
        (one.stubs.folder / name).unlink(missing_ok=True)
    assert one.do().returncode == 0


def test_variable_that_is_not_set(tmp_path: Path) -> None:
    """A token that a build needs is asked for before anything else."""
    one = carrier(tmp_path, "converge-drifted")
    done = one.do()
    assert (done.returncode, "GITHUB_OAUTH_TOKEN is not set: export it" in done.stderr) == (13, True)
    assert one.stubs.calls("docker") == []


def test_programs_of_the_repository_are_not_used(tmp_path: Path) -> None:
    """A terragrunt in the repository is passed over though it comes first on PATH."""
    one = carrier(tmp_path, "converge-one-account")
    bad = one.live / "terragrunt"
    bad.write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
    bad.chmod(0o755)
    done = one.do(environment={"PATH": f".:{one.live}:{one.environment['PATH']}"})
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "canary").exists()


def test_children_get_a_scrubbed_environment(tmp_path: Path) -> None:
    """Started under aws-vault, the tool does not nest it, and nothing makes terragrunt answer by itself."""
    one = carrier(tmp_path, "converge-one-account")
    given = {"AWS_VAULT": "x", "AWS_ACCESS_KEY_ID": "x", "AWS_SESSION_TOKEN": "x", "TG_NON_INTERACTIVE": "true"}
    assert one.do(environment=given).returncode == 0
    names = set((one.stubs.folder / "environment").read_text().split())
    assert not names & set(given)
    assert not any("non-interactive" in word for _, argv in one.stubs.calls() for word in argv)


def test_offer_of_a_state_bucket_is_not_taken(tmp_path: Path) -> None:
    """What terragrunt asks without a terminal is answered by the end of its input."""
    one = carrier(tmp_path, "converge-one-account")
    one.then("terragrunt.plan", 'echo -n "create the bucket? (y/n) "; read -r answer && touch "$here/bucket"; true')
    assert one.do().returncode == 0
    assert not (one.stubs.folder / "bucket").exists()


def test_plan_file_is_private_and_does_not_stay(tmp_path: Path) -> None:
    """It has an absolute path outside of the repository, nobody else reads it, and it is taken away."""
    one = carrier(tmp_path, "converge-one-account")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert one.do(environment={"TMPDIR": str(temporary)}).returncode == 0
    mode, _, path = (one.stubs.folder / "plans").read_text().strip().partition(" ")
    assert (mode, path.startswith("/"), str(one.live) in path) == ("600", True, False)
    assert list(temporary.iterdir()) == []
