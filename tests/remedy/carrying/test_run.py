"""Plans, carried out to their end, in whole and in part; against programs that have the effect of real ones."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.remedy.steps import ApplyUnit
from tests.remedy.carrying.carrier import DRIFTED, TOKEN, UNITS, Carrier, applied, carrier, drifted, merge

if TYPE_CHECKING:
    from pathlib import Path


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
    assert len(verified) == 2 + 2 + 2 + 2 + 2  # before the apply, after it, at the end; and the last two once more


def test_what_moved_is_told_at_the_end(tmp_path: Path) -> None:
    """Without a way in of its own it looks again by the plan's commands."""
    one = carrier(tmp_path, "converge-one-account")
    said = one.do().stdout
    assert "looked again: 2 facts moved" in said
    assert "prod/us-west-2 family ecs-deploy-runner-terraform-planner image: " in said
    assert said.splitlines()[-1] == "everything that this plan applied runs as declared"


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        pytest.param('echo a/b:v0.1.0 >"{family}"', 12, "terraform-planner runs a/b:v0.1.0", id="drift"),
        pytest.param('echo >"{family}"', 12, "terraform-planner runs nothing", id="gone"),
        pytest.param('echo 254 >"$here/fail.aws"', 10, "could not be read: exit code 254", id="unread"),
    ],
)
def test_what_somebody_undoes_meanwhile_is_told_at_the_end(tmp_path: Path, script: str, code: int, says: str) -> None:
    """Verified, and still not as declared when the last wave is over: never a silent 0."""
    one = carrier(tmp_path, "converge-one-account")
    family = "$here/images/your-prod/ecs-deploy-runner-terraform-planner"
    one.then("aws.ecs", f'(($(grep -c describe-task-definition "$here/log") < 9)) || {script.format(family=family)}')
    done = one.do()
    assert done.returncode == code, done.stderr
    assert says in done.stdout
    assert done.stderr.splitlines()[-1] == f"exit {code}: 2 steps done"


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
