"""Plans, carried out to their end, stopped, and gone on with; against programs that have the effect of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.remedy.carrier import UNITS, Carrier
from tests.remedy.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

MAKE = {scenario.name: scenario.make for scenario in SCENARIOS}


def carrier(folder: Path, name: str) -> Carrier:
    """Make the plan of a scenario, ready to be carried out."""
    return Carrier.of(folder, MAKE[name](folder / "live"))


def test_converges_one_account_and_verifies_it(tmp_path: Path) -> None:
    """What is declared and does not run is applied once, by the plan that was shown, and verified."""
    one = carrier(tmp_path, "converge-one-account")
    done = one.run()
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "exit 0: 2 steps done"
    assert done.stdout.startswith("Apply what is declared and does not run\n")
    words = [argv[1] for _, argv in one.stubs.calls("terragrunt")]
    assert words == ["plan", "show", "apply"]
    assert one.effects("prod") == 1
    assert [event["event"] for event in one.events() if event.get("step") == 2] == ["caller", "done"]


def test_does_nothing_twice(tmp_path: Path) -> None:
    """Applied again, a plan is verified once more, and nothing of it is done again."""
    one = carrier(tmp_path, "converge-one-account")
    assert one.run().returncode == 0
    before = len(one.stubs.calls("terragrunt"))
    again = one.run()
    assert (again.returncode, len(one.stubs.calls("terragrunt"))) == (0, before)
    assert one.effects("prod") == 1
    verified = [argv for _, argv in one.stubs.calls("aws") if "describe-task-definition" in argv]
    assert len(verified) == 2 + 2 + 2  # before the apply, after it, and once more


def test_drifted_fleet_in_waves(tmp_path: Path) -> None:
    """The accounts come one after another, in the plan's order."""
    one = carrier(tmp_path, "converge-drifted")
    done = one.run(GITHUB_OAUTH_TOKEN="x")
    assert done.returncode == 0, done.stderr
    applied = [argv[2] for _, argv in one.stubs.calls("aws-vault") if argv[4:6] == ["terragrunt", "apply"]]
    assert applied == [f"your-{name}" for name in UNITS if one.effects(name)]
    assert len(applied) == 3
