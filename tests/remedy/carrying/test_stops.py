"""What stops a run in its middle, what is untouched then, and how the next run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.errors import StepFailedError
from audit.remedy.carrying.doing import Hands
from audit.remedy.carrying.opening import opened
from audit.remedy.carrying.run import run
from tests.remedy.carrying.carrier import TOKEN, Carrier, applied, carrier, drifted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audit.remedy.carrying.run import Answer
    from audit.remedy.steps import Step


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
