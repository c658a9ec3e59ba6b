"""Plans, carried out to their end, stopped, and gone on with; against programs that have the effect of real ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from audit.errors import StepFailedError
from audit.remedy.document import to_json
from audit.remedy.doing import Hands
from audit.remedy.opening import opened
from audit.remedy.run import run
from audit.remedy.steps import ApplyUnit
from tests.remedy.carrier import UNITS, Carrier
from tests.remedy.hub import serve
from tests.remedy.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audit.remedy.plan import Plan
    from audit.remedy.run import Answer
    from audit.remedy.steps import Step

MAKE = {scenario.name: scenario.make for scenario in SCENARIOS}
DRIFTED = ("shared", "security", "stage")
"""The accounts that the drifted fleet's plan applies, in its order."""


@cache
def made(above: Path, name: str) -> Plan:
    """Make the repository of a scenario and its plan, once for all tests."""
    return MAKE[name](above / f"live-{name}")


def carrier(folder: Path, name: str) -> Carrier:
    """Make the plan of a scenario, ready to be carried out."""
    plan = made(folder.parent, name)
    shutil.copytree(folder.parent / f"live-{name}", folder / "live")
    return Carrier.of(folder, plan)


def applied(one: Carrier) -> list[str]:
    """Name the accounts that terragrunt was told to apply, in that order, also where it failed."""
    calls = [argv for _, argv in one.stubs.calls("aws-vault") if argv[4:6] == ["terragrunt", "apply"]]
    return [argv[2].removeprefix("your-") for argv in calls]


def drifted(folder: Path) -> Carrier:
    """Make the plan of the drifted fleet, its images built already: what is left are three accounts."""
    one = carrier(folder, "converge-drifted")
    for image in ("kaniko:v0.52.1", "ecs-deploy-runner:v0.59.9"):
        (one.stubs.folder / "ecr" / image).touch()
    return one


TOKEN = {"GITHUB_OAUTH_TOKEN": "x"}


def test_converges_one_account_and_verifies_it(tmp_path: Path) -> None:
    """What is declared and does not run is applied once, by the plan that was shown, and verified."""
    one = carrier(tmp_path, "converge-one-account")
    done = one.do()
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "exit 0: 2 steps done"
    assert done.stdout.startswith("Apply what is declared and does not run\n")
    assert [argv[1] for _, argv in one.stubs.calls("terragrunt")] == ["plan", "show", "apply"]
    assert one.effects("prod") == 1
    assert [event["event"] for event in one.events() if event.get("step") == 2] == ["caller", "done"]
    assert "$ aws-vault exec your-prod -- terragrunt apply" in (one.home / one.digest / "step-1.log").read_text()


def test_does_nothing_twice(tmp_path: Path) -> None:
    """Applied again, a plan is verified once more, and nothing of it is done again."""
    one = carrier(tmp_path, "converge-one-account")
    assert one.do().returncode == 0
    before = len(one.stubs.calls("terragrunt"))
    again = one.do()
    assert (again.returncode, len(one.stubs.calls("terragrunt"))) == (0, before)
    assert one.effects("prod") == 1
    verified = [argv for _, argv in one.stubs.calls("aws") if "describe-task-definition" in argv]
    assert len(verified) == 2 + 2 + 2  # before the apply, after it, and once more


def test_accounts_come_in_the_plans_order(tmp_path: Path) -> None:
    """Images first, then one account after another."""
    one = carrier(tmp_path, "converge-drifted")
    done = one.do(environment=TOKEN)
    assert done.returncode == 0, done.stderr
    assert tuple(applied(one)) == DRIFTED
    assert [argv[1:2] for _, argv in one.stubs.calls("docker")].count(["push"]) == 2
    log = (one.home / one.digest / "step-1.log").read_text()
    assert "docker login" in log
    assert "\nsecret\n" not in log


def test_plain_terraform(tmp_path: Path) -> None:
    """A standalone root is applied by the plan file that was shown, once its edits are merged."""
    one = carrier(tmp_path, "standalone")
    assert one.do().returncode == 13
    merge(one, "pipelines-audit/v1.3.0")
    done = one.do()
    assert done.returncode == 0, done.stderr
    assert [argv[1] for _, argv in one.stubs.calls("terraform")] == ["init", "plan", "show", "apply"]


@pytest.mark.parametrize("name", ["nothing-to-do"])
def test_nothing_to_do(tmp_path: Path, name: str) -> None:
    """A plan without steps ends well."""
    one = carrier(tmp_path, name)
    done = one.do()
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "exit 0: 0 steps done")


# What is refused before anything is started (rows 58, 67 to 71, 78 to 80).


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


# What stops a run in its middle (rows 61 to 63, 72).


def fail_in_security(one: Carrier) -> None:
    """Have terragrunt fail in the second account."""
    one.then("terragrunt.apply", '[[ $profile != your-security ]] || { rm "$here/applied/$profile"; exit 1; }')


def leave_drift_in_security(one: Carrier) -> None:
    """Have the apply of the second account end well without an effect."""
    one.then("terragrunt.apply", '[[ $profile != your-security ]] || rm "$here/applied/$profile"')


def deafen_security(one: Carrier) -> None:
    """Have the invoker of the second account answer no more once it is applied."""
    one.then("terragrunt.apply", '[[ $profile != your-security ]] || touch "$here/deaf/$profile"')


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (fail_in_security, "terragrunt apply '{plan_file}' ended with exit code 1"),
        (leave_drift_in_security, "Verify security/us-west-2"),
        (deafen_security, "--describe-containers"),
    ],
)
def test_stops_before_the_next_account(tmp_path: Path, fault: object, said: str) -> None:
    """After a fault in the second account the third is untouched; mended, the run goes on there, in order."""
    one = drifted(tmp_path)
    assert callable(fault)
    fault(one)
    done = one.do(environment=TOKEN)
    assert done.returncode == 11, done.stderr
    assert said in done.stderr
    assert "apply this plan again" in done.stderr
    assert applied(one) == ["shared", "security"]
    one.then("terragrunt.apply", "")
    (one.stubs.folder / "deaf" / "your-security").unlink(missing_ok=True)
    (one.stubs.folder / "applied" / "your-security").touch()
    verified = len(one.stubs.calls("aws"))
    again = one.do(environment=TOKEN)
    assert again.returncode == 0, again.stderr
    assert one.effects("shared") == one.effects("stage") == 1
    assert applied(one)[-1] == "stage"
    asked = [argv for _, argv in one.stubs.calls("aws-vault") if "describe-task-definition" in argv]
    assert asked
    # the accounts that were done before are looked at again first
    later = [argv[2] for _, argv in one.stubs.calls("aws-vault")[verified:] if "describe-task-definition" in argv]
    assert later[0] == "your-shared" or "your-shared" in later


def test_evidence_is_asked_for_again_and_nothing_else(tmp_path: Path) -> None:
    """Where an apply ended well and the invoker did not answer, the next run asks it again, and applies no more."""
    one = carrier(tmp_path, "converge-one-account")
    (one.stubs.folder / "deaf" / "your-prod").touch()
    for _ in range(2):
        assert one.do().returncode == 11
    (one.stubs.folder / "deaf" / "your-prod").unlink()
    assert one.do().returncode == 0
    assert one.effects("prod") == 1
    assert [event["by"] for event in one.events() if event["event"] == "done" and event["step"] == 1] == [
        "its commands' end"
    ]


def test_apply_without_an_effect_is_not_done(tmp_path: Path) -> None:
    """What ended well and left other images running is applied again, once people agree to it again."""
    one = carrier(tmp_path, "converge-one-account")
    one.then("terragrunt.apply", 'rm "$here/applied/$profile"')
    assert one.do().returncode == 11
    one.then("terragrunt.apply", "")
    again = one.do()
    assert again.returncode == 0, again.stderr
    assert (applied(one), again.stderr.splitlines()[-1]) == (["prod", "prod"], "exit 0: 2 steps done")


class Unasked:
    """Agrees to every wave, and to nothing else."""

    def wave(self, _title: str, _steps: Sequence[Step]) -> bool:
        """Agree."""
        return True

    def doubt(self, _step: Step, _told: str) -> Answer:
        """Stop."""
        return "stop"

    def by_hand(self, _step: Step) -> bool:
        """Say no."""
        return False


def test_tag_that_never_appears(tmp_path: Path) -> None:
    """A build that ends well without its tag in ECR is waited for, fails, and nothing comes after it."""
    one = carrier(tmp_path, "upgrade")
    one.then("infrastructure-deployer.", 'rm -f "$here/ecr/ecs-deploy-runner:v0.60.0"')
    told: list[str] = []
    hands = Hands(agree=lambda _: True, hand_in=lambda _step, _plan: "", image_wait=0.2, image_pause=0.05)
    with (
        opened(one.plan, one.live, one.environment, parallel=2, say=told.append, show=told.append) as bench,
        pytest.raises(StepFailedError, match=r"ECR does not show v0\.60\.0 after 0 s"),
    ):
        run(one.plan, bench, hands=hands, approver=Unasked())
    assert "waiting for ECR to show v0.60.0" in told
    assert "v0.57.3" in (one.live / "common.hcl").read_text()
    assert len(one.stubs.built()) == 1


def test_build_that_was_cut_off_is_not_started_twice(tmp_path: Path) -> None:
    """A build goes on in ECS without its caller: as long as its task is in flight it is not started again."""
    one = carrier(tmp_path, "upgrade")
    one.then("infrastructure-deployer.", 'rm -f "$here/ecr/ecs-deploy-runner:v0.60.0"; kill -9 $$')
    assert one.do().returncode == 11
    (one.stubs.folder / "flying" / "your-shared").write_text("arn:aws:ecs:us-west-2:234567890123:task/x\n")
    for _ in range(2):
        done = one.do()
        assert (done.returncode, "whether it has done its work cannot be told" in done.stderr) == (13, True)
    assert len(one.stubs.built()) == 1
    (one.stubs.folder / "flying" / "your-shared").unlink()
    one.then("infrastructure-deployer.", "")
    assert "have it merged" in one.do().stderr
    assert len(one.stubs.built()) == 1 + 2


def test_build_that_fails_edits_nothing(tmp_path: Path) -> None:
    """Without its images an upgrade changes no literal and applies nothing."""
    one = carrier(tmp_path, "upgrade")
    before = (one.live / "common.hcl").read_bytes()
    one.stubs.fail("infrastructure-deployer", 1)
    done = one.do()
    assert (done.returncode, "infrastructure-deployer" in done.stderr) == (11, True)
    assert (one.live / "common.hcl").read_bytes() == before
    assert one.stubs.calls("terragrunt") == []


# An upgrade, with its review.


def merge(one: Carrier, branch: str) -> None:
    """Merge the branch on the remote, as people do, and pull it."""
    git = ["git", "-C", str(one.live), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (
        ("switch", "--quiet", "main"),
        ("fetch", "--quiet", "origin", branch),
        ("merge", "--quiet", "--squash", "FETCH_HEAD"),
        ("commit", "--quiet", "--message", "merged"),
    ):
        subprocess.run([*git, *words], check=True, capture_output=True)


def pushed(one: Carrier, branch: str) -> str:
    """Give the subject of what the remote has under a branch's name."""
    command = ["git", "-C", str(one.live.parent / "remote.git"), "log", "-1", "--format=%s", branch]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


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


# Parts of a plan, and what waits.


def test_until_and_only(tmp_path: Path) -> None:
    """A part of the steps ends well, and says that there is more."""
    one = drifted(tmp_path)
    first = next(step.number for step in one.plan.steps if isinstance(step.action, ApplyUnit))
    done = one.do("--until", str(first + 1), environment=TOKEN)
    assert (done.returncode, applied(one)) == (0, ["shared"])
    assert done.stderr.splitlines()[-1].endswith("left out; apply this plan again for the steps that were left out")
    assert one.do("--only", str(first + 4), "--only", str(first + 5), environment=TOKEN).returncode == 0
    assert applied(one) == ["shared", "stage"]


def test_what_waits_is_passed_over_and_told(tmp_path: Path) -> None:
    """An account that could not be read is left alone; the others go on, and the run does not end with 0."""
    one = carrier(tmp_path, "one-unread-account")
    assert one.do().returncode == 13
    merge(one, "pipelines-audit/v1.3.0")
    done = one.do()
    assert done.returncode == 13, done.stderr
    assert "waiting" in done.stderr.splitlines()[-1]
    assert [path.name for path in sorted((one.stubs.folder / "applied").iterdir())] == [
        f"your-{name}" for name in sorted(UNITS) if name != "dev"
    ]


def test_edit_by_hand(tmp_path: Path) -> None:
    """A literal that no rule can edit is left to people; once it is edited and committed the plan goes on."""
    one = carrier(tmp_path, "upgrade")
    file = ".github/workflows/pipeline.yml"
    number = next(step.number for step in one.plan.steps if file in step.title)
    steps = tuple(
        replace(step, waits="it is computed; edit it by hand") if step.number == number else step
        for step in one.plan.steps
    )
    files = {name: digest for name, digest in one.plan.files.items() if name != file}
    one = one.instead(replace(one.plan, steps=steps, files=files))
    done = one.do()
    said = (
        f"step {number} waits for people: it is computed; edit it by hand; do that and commit it, then apply this plan"
    )
    assert (done.returncode, said in done.stderr) == (13, True), done.stderr
    (one.live / file).write_text((one.live / file).read_text().replace("v0.57.3", "v0.60.0"))
    git = ["git", "-C", str(one.live), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "commit", "--quiet", "--message", "by hand", "--", file], check=True)
    done = one.do()
    assert "have it merged" in done.stderr, done.stderr
    assert {event.get("by") for event in one.events() if event["event"] == "done" and event["step"] == number} == {
        "hand"
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("branch", "pipelines-audit/v0.60.0", "main"), "a branch named 'pipelines-audit/v0.60.0' already exists"),
        (("push", "--quiet", "origin", "HEAD~0:refs/heads/pipelines-audit/v0.60.0"), "the remote has another branch"),
    ],
    ids=["here", "on the remote"],
)
def test_branch_that_is_there_already(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """A branch of the same name that holds something else is not written over."""
    one = carrier(tmp_path, "upgrade")
    subprocess.run(["git", "-C", str(one.live), *words], check=True, capture_output=True)
    done = one.do()
    assert (done.returncode, said in done.stderr + done.stdout) == (11, True), done.stderr


def one_wave(folder: Path) -> Carrier:
    """Make the plan of the drifted fleet with all its accounts in one wave."""
    one = drifted(folder)
    steps = tuple(replace(step, wave=1) if step.wave else step for step in one.plan.steps)
    return one.instead(replace(one.plan, steps=steps, waves=(DRIFTED,)))


def test_wave_side_by_side(tmp_path: Path) -> None:
    """Accounts of a wave go on at once where that is asked for; each line says whose it is, the last one goes alone."""
    one = one_wave(tmp_path)
    # each of the two waits for the other: one after the other they would never end
    meet = 'touch "$here/at.$profile"; for ((i = 0; i < 2000; i++)); do'
    both = "[[ $profile == your-stage || -e $here/at.your-shared && -e $here/at.your-security ]]"
    one.then("terragrunt.plan", f"{meet} {both} && break; sleep 0.01; done")
    done = one.do("--max-parallel", "2", environment=TOKEN)
    assert done.returncode == 0, done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines() if "Plan: 1 to add" in line} == {
        f"[{name}]" for name in DRIFTED
    }
    assert applied(one)[-1] == "stage"


def test_failure_beside_others(tmp_path: Path) -> None:
    """After one account of a wave fails, those that run come to their end and no other one is started."""
    one = one_wave(tmp_path)
    one.then("terragrunt.plan", "[[ $profile != your-shared ]] || exit 1")
    done = one.do("--max-parallel", "2", environment=TOKEN)
    assert done.returncode == 11, done.stderr
    assert "stage" not in applied(one)


def test_permissions_are_told_before_the_apply(tmp_path: Path) -> None:
    """What terragrunt's plan changes of the pipeline's permissions is said."""
    one = carrier(tmp_path, "converge-one-account")
    change = {
        "type": "aws_iam_role_policy",
        "address": "aws_iam_role_policy.invoker",
        "change": {"actions": ["update"], "before": {}, "after": {}},
    }
    (one.stubs.folder / "shown").write_text(json.dumps({"format_version": "1.2", "resource_changes": [change]}))
    done = one.do()
    assert done.returncode == 0
    assert "WARNING: this plan touches the pipeline's permissions: update aws_iam_role_policy.invoker" in done.stderr


def test_plan_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Where it is not known what a plan touches, that is said."""
    one = carrier(tmp_path, "converge-one-account")
    (one.stubs.folder / "shown").write_text("no plan")
    done = one.do()
    assert (done.returncode, "what it would change of permissions is not known" in done.stderr) == (0, True)
