"""The way back: what ran is declared again, applied in the reverse order, and verified; else it is left to people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.errors import RefusedError
from audit.look.once import declared
from audit.remedy import edit
from audit.remedy.document import from_json, sha256, to_json
from audit.remedy.rollback import reverse
from audit.remedy.steps import ApplyUnit, EditPin, VerifyUnit
from tests.remedy.fleet import APPLIER, BUILDER, KANIKO, NEWEST, NOW, PACKER, PLANNER, REGISTRY, RUNNER, plan, seen
from tests.remedy.scenarios import SCENARIOS, fleet

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from audit.remedy.plan import Plan

MAKE = {one.name: one.make for one in SCENARIOS}


def back(made: Plan, live: Path, begun: Collection[int] | None = None) -> Plan:
    """Take a plan back, by what the repository says now."""
    texts = {
        path.relative_to(live).as_posix(): path.read_bytes().decode() for path in live.rglob("*.*") if path.is_file()
    }
    return reverse(made, declared(Settings(infra_live=live)), texts, now=NOW + timedelta(hours=1), begun=begun)


def carry_out_edits(made: Plan, live: Path) -> None:
    """Make the edits of a plan, hop by hop."""
    for step in made.steps:
        if isinstance(step.action, EditPin) and step.waits is None:
            edit.apply(live, step.action.edits)


@pytest.mark.parametrize("name", ["upgrade", "upgrade-across-barrier", "standalone", "fork"])
def test_an_upgrade_and_back(tmp_path: Path, name: str) -> None:
    """After an upgrade the way back has every file as it was, and every unit run what it ran, in the reverse order."""
    live = tmp_path / "live"
    made = MAKE[name](live)
    before = {path: path.read_bytes() for path in live.rglob("*") if path.is_file()}
    carry_out_edits(made, live)
    way = back(made, live)
    assert from_json(to_json(way), name="x") == way
    assert [step.waits for step in way.steps] == [None] * len(way.steps)
    carry_out_edits(way, live)
    assert {path: path.read_bytes() for path in before} == before
    assert [name for wave in way.waves for name in wave] == [
        name for wave in reversed(made.waves) for name in reversed(wave)
    ]
    first: dict[str, dict[str, str | None]] = {}
    for step in made.steps:
        if isinstance(step.action, ApplyUnit):
            first.setdefault(step.action.unit, dict(step.action.before))
    verified = {step.action.unit: dict(step.action.images) for step in way.steps if isinstance(step.action, VerifyUnit)}
    assert verified == first
    for step in way.steps:
        if isinstance(step.action, VerifyUnit):
            assert [command.expect for command in step.commands] == [image for _, image in step.action.images]
    assert (way.goal, way.notes[-1]) == ("rollback", f"it takes back plan {sha256(made)}")


def test_what_was_looked_at_is_looked_at_on_the_way_back(tmp_path: Path) -> None:
    """The way back asks ECR for what ran, and all else that the plan's own apply asks."""
    live = tmp_path / "live"
    made = MAKE["upgrade"](live)
    carry_out_edits(made, live)
    apply = next(step for step in back(made, live).steps if isinstance(step.action, ApplyUnit))
    asked = [command for command in apply.guards if "batch-get-image" in command.argv]
    assert {command.expect for command in asked} == {"v0.57.3"}
    assert all("imageTag=v0.57.3" in command.argv and command.argv[0] == "aws-vault" for command in asked)
    assert any("list-tasks" in command.argv for command in apply.guards)
    assert any("--describe-containers" in command.argv for command in apply.evidence)


def test_only_what_was_begun(tmp_path: Path) -> None:
    """Units that were never begun are not applied back; where nothing was, there is nothing to take back."""
    live = tmp_path / "live"
    made = MAKE["upgrade"](live)
    carry_out_edits(made, live)
    first = next(step for step in made.steps if isinstance(step.action, ApplyUnit))
    way = back(made, live, begun={first.number})
    assert [step.account for step in way.steps if isinstance(step.action, ApplyUnit)] == [first.account]
    carry_out_edits(way, live)
    with pytest.raises(RefusedError, match="nothing to take back"):
        back(made, live, begun=())


def test_a_drift_that_was_mended(tmp_path: Path) -> None:
    """Where something else ran than was declared, what ran is declared, if the literal decides for nobody else."""
    live = fleet(tmp_path / "live", NEWEST)
    every = ("logs", "shared", "security", "dev", "stage", "prod")
    old = dict.fromkeys((PLANNER, APPLIER, PACKER), f"{RUNNER}:v1.2.0") | {BUILDER: f"{KANIKO}:v1.2.0"}
    running = dict.fromkeys(every, old)
    way = back(plan(live, seen(live, running=running)), live)
    edits = [step.action for step in way.steps if isinstance(step.action, EditPin)]
    assert {(one.old, one.new) for action in edits for one in action.edits} == {(NEWEST, "v1.2.0")}
    carry_out_edits(way, live)
    assert {row.tag for row in declared(Settings(infra_live=live)).containers if row.deployed} == {"v1.2.0"}


def test_literals_that_decide_for_others(tmp_path: Path) -> None:
    """A literal that decides for units that ran something else is left to people, with what to do."""
    live = tmp_path / "live"
    made = MAKE["converge-one-account"](live)
    way = back(made, live)
    (hand,) = (step for step in way.steps if isinstance(step.action, EditPin))
    assert hand.waits is not None
    assert "decides for units that ran v1.2.0 and v1.3.0: declare v1.2.0 nearer to prod/us-west-2" in hand.waits
    assert not any(step.action.kind == "Commit" for step in way.steps)


def test_what_cannot_be_taken_back(tmp_path: Path) -> None:
    """Another repository, a changed script, a family that is new, a unit of which nobody knows what ran."""
    live = tmp_path / "live"
    made = MAKE["upgrade"](live)
    carry_out_edits(made, live)
    script = next(live.rglob("build_kaniko_image.sh"))
    script.write_text(script.read_text().replace("v0.60.0", "v0.60.1"))
    apply = next(step for step in made.steps if isinstance(step.action, ApplyUnit) and step.account == "prod")
    assert isinstance(apply.action, ApplyUnit)
    family = apply.action.before[0][0]
    elsewhere = ((family, f"{REGISTRY}/deploy-runner:v0.1.0"), (apply.action.before[1][0], None))
    changed = replace(apply, action=replace(apply.action, before=elsewhere))
    steps = tuple(changed if step is apply else step for step in made.steps)
    way = back(replace(made, steps=steps), live)
    waits = " ".join(step.waits or "" for step in way.steps)
    assert "says something else than the plan had it say" in waits
    assert "which is no tag of" in waits
    assert "did not run before: it stays" in way.notes[0]
    unknown = replace(apply, action=replace(apply.action, before=()))
    with pytest.raises(RefusedError, match=r"prod.*is not in the plan: take it back by hand"):
        back(replace(made, steps=tuple(unknown if step is apply else step for step in made.steps)), live)
