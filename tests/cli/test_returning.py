"""The command of the way back: from a plan and the repository a plan, a page or a script."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.remedy import edit
from audit.remedy.carrying.journal import Journal, home
from audit.remedy.document import sha256, to_json
from audit.remedy.steps import EditPin
from tests.remedy.scenarios import SCENARIOS, committed

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.plan import Plan

MAKE = {one.name: one.make for one in SCENARIOS}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Make an upgrade, and its edits, in a repository with one commit."""
    live = tmp_path / "live"
    made = MAKE["upgrade"](live)
    committed(live)
    (tmp_path / "plan.json").write_text(to_json(made))
    for step in made.steps:
        if isinstance(step.action, EditPin):
            edit.apply(live, step.action.edits)
    return made


def back(tmp_path: Path, *words: str) -> int:
    """Ask for the way back."""
    return main(["rollback", str(tmp_path / "plan.json"), "--infra-live", str(tmp_path / "live"), *words])


def test_the_way_back_in_all_forms(tmp_path: Path, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a journal all of the plan is taken back: as text, as data for apply, as a script."""
    assert back(tmp_path) == 0
    text = capsys.readouterr().out
    assert "what ran before" in text
    assert f"it takes back plan {sha256(plan)}" in text
    file = tmp_path / "back.json"
    assert back(tmp_path, "-o", str(file)) == 0
    assert json.loads(file.read_text())["goal"] == "rollback"
    assert main(["apply", str(file), "--infra-live", str(tmp_path / "live"), "--approve", "0" * 64]) == 13
    script = tmp_path / "back.sh"
    assert back(tmp_path, "-o", str(script)) == 0
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert main(["apply", str(tmp_path / "plan.json"), "--approve", "x"]) == 13
    assert main(["rollback", str(script)]) == 4


def test_only_what_the_journal_knows(tmp_path: Path, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    """With a journal only what was begun is applied back."""
    last = plan.steps[-2]
    with Journal(home(tmp_path / "live") / f"{sha256(plan)}.jsonl") as journal:
        journal.add("started", last.number)
    assert back(tmp_path, "--format", "json") == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [step["account"] for step in steps if step["action"]["kind"] == "ApplyUnit"] == [last.account]


def test_nothing_to_take_back(tmp_path: Path, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing was begun, and the checkout has none of the edits, there is no way back."""
    subprocess.run(["git", "-C", tmp_path / "live", "checkout", "-q", "."], check=True)
    Journal(home(tmp_path / "live") / f"{sha256(plan)}.jsonl").close()
    assert back(tmp_path) == 13
    assert "nothing to take back" in capsys.readouterr().err
