"""Stale plans: whatever has changed since a plan was made is told, and what the plan did itself is no change."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.errors import UsageError
from audit.look.once import declared
from audit.model import Seen
from audit.remedy import edit
from audit.remedy.carrying import stale
from audit.remedy.steps import ApplyUnit, EditPin
from tests.remedy.fleet import APPLIER, NOW, PLANNER, RUNNER, seen
from tests.remedy.scenarios import SCENARIOS, committed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from audit.remedy.plan import Plan
    from audit.snapshot import Snapshot

MAKE = {one.name: one.make for one in SCENARIOS}
UNIT = "prod/us-west-2/mgmt/ecs-deploy-runner"


def made(name: str, live: Path) -> Plan:
    """Make one of the sample plans in a repository with one commit."""
    plan = MAKE[name](live)
    committed(live)
    return plan


def demand(plan: Plan, live: Path, **changes: object) -> None:
    """Demand that the plan is not stale, a minute after it was made."""
    now = stale.Found(
        root=live, now=NOW + timedelta(minutes=1), declared=declared(Settings(infra_live=live)), seen=None
    )
    stale.demand_current(plan, replace(now, **changes), name="plan.json")  # type: ignore[arg-type]  # fields of Found


def write(file: str, old: str, new: str) -> Callable[[Path], object]:
    """Give a change of a file."""
    return lambda live: (live / file).write_text((live / file).read_text().replace(old, new))


@pytest.mark.parametrize("name", ["converge-one-account", "upgrade", "upgrade-across-barrier", "standalone"])
def test_fresh_plans_and_what_they_do_themselves(tmp_path: Path, name: str) -> None:
    """Before, between and after its own edits, committed or not, a plan is as good as it was."""
    live = tmp_path / "live"
    plan = made(name, live)
    demand(plan, live)
    for step in plan.steps:
        if isinstance(step.action, EditPin):
            edit.apply(live, step.action.edits)
            demand(plan, live)
    (live / "plan.json").write_text("{}")
    (live / ".terraform.lock.hcl").write_text("")
    if plan.files:
        subprocess.run(
            ["git", "-C", live, "-c", "user.name=a", "-c", "user.email=a@x", "commit", "-qam", "x"], check=True
        )
    demand(plan, live)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("upgrade", write("common.hcl", "v0.57.3", "v0.57.4"), "common.hcl has changed: its literals"),
        ("upgrade", lambda live: (live / "common.hcl").unlink(), "common.hcl has changed"),
        ("upgrade", write("prod/account.hcl", "", "# x\n"), "prod/account.hcl has changes that are in no commit"),
        ("upgrade", lambda live: (live / "x.hcl").write_text(""), "x.hcl is in no commit"),
        ("converge-one-account", write("common.hcl", "v1.3.0", "v1.2.0"), f"{UNIT} declares .*:v1.2.0 for .*planner"),
        (
            "converge-one-account",
            lambda live: (live / UNIT / "terragrunt.hcl").unlink(),
            f"{UNIT} is not declared any more",
        ),
        (
            "converge-one-account",
            write("accounts.json", "444455556666", "111122223333"),
            f"{UNIT} is declared for 1111",
        ),
    ],
    ids=["literal", "file", "dirty", "untracked", "tag", "unit", "account"],
)
def test_changed_repositories(tmp_path: Path, name: str, change: Callable[[Path], object], reason: str) -> None:
    """A repository that is no longer what the plan was made from makes it stale, with what has changed."""
    live = tmp_path / "live"
    plan = made(name, live)
    change(live)
    with pytest.raises(UsageError, match=rf"^plan\.json: stale: .*{reason}.*; make a new plan$") as found:
        demand(plan, live)
    assert found.value.exit_code == 4


def test_old_plans(tmp_path: Path) -> None:
    """A plan that has expired, or rests on an old snapshot, is stale."""
    live = tmp_path / "live"
    plan = made("converge-one-account", live)
    with pytest.raises(UsageError, match=r"it expired at 2026-11-25 07:00 UTC; its snapshot is 25.0 h old"):
        demand(plan, live, now=NOW + timedelta(hours=25))
    older = replace(plan, snapshot_taken_at=NOW - timedelta(hours=3))
    with pytest.raises(UsageError, match=r"its snapshot is 3.0 h old \(--max-age 2h\)"):
        stale.demand_current(
            older,
            stale.Found(root=live, now=NOW, declared=declared(Settings(infra_live=live))),
            name="x",
            max_age=stale.age("2h"),
        )
    (live / ".git").rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="whether the working tree is clean is not known"):
        demand(plan, live)


@pytest.mark.parametrize(
    ("running", "reason"),
    [
        ({PLANNER: f"{RUNNER}:v1.2.0", APPLIER: f"{RUNNER}:v1.2.0"}, None),
        ({}, None),
        (
            {PLANNER: f"{RUNNER}:v1.1.0", APPLIER: f"{RUNNER}:v1.2.0"},
            "planner of .* runs .*:v1.1.0 now, and ran .*:v1.2",
        ),
        ({PLANNER: ""}, "planner of .* runs nothing now"),
        (None, "is not known now: prod: ecs:ListTaskDefinitionFamilies was denied"),
    ],
    ids=["same", "mended", "other", "gone", "unread"],
)
def test_changed_facts(tmp_path: Path, running: Mapping[str, str] | None, reason: str | None) -> None:
    """What runs is as it was when the plan was made, or as the plan will have it; anything else makes it stale."""
    live = tmp_path / "live"
    plan = made("converge-one-account", live)
    now = seen(live, running={"prod": running or {}}, unread=() if running is not None else ("prod",))
    if running and not running[PLANNER]:
        now = without_family(now)
    if reason is None:
        demand(plan, live, seen=now)
        return
    with pytest.raises(UsageError, match=reason):
        demand(plan, live, seen=now)


def without_family(snapshot: Snapshot) -> Snapshot:
    """Take the planner of prod out of a snapshot."""
    seen_there = []
    for one in snapshot.running.observations:
        families = one.families.value if one.families.kind == "seen" else ()
        kept = tuple(each for each in families if not (one.account.name == "prod" and each.family.endswith(PLANNER)))
        seen_there.append(replace(one, families=Seen(value=kept)))
    return replace(snapshot, running=replace(snapshot.running, observations=tuple(seen_there)))


def test_right_before_an_apply(tmp_path: Path) -> None:
    """Right before its apply a unit runs what it ran, or what it will run."""
    plan = made("converge-one-account", tmp_path / "live")
    action = plan.steps[0].action
    assert isinstance(action, ApplyUnit)
    stale.demand_same(plan, action, dict(action.before))
    stale.demand_same(plan, action, {})
    for now in (f"{RUNNER}:v1.1.0", None):
        with pytest.raises(UsageError, match=r"planner of .* the plan is stale"):
            stale.demand_same(plan, action, {f"ecs-deploy-runner-{PLANNER}": now})
    stale.demand_same(plan, replace(action, before=()), {f"ecs-deploy-runner-{PLANNER}": "x"})


def test_many_changes_are_cut(tmp_path: Path) -> None:
    """A long list of changes is cut."""
    live = tmp_path / "live"
    plan = made("upgrade", live)
    for number in range(30):
        (live / f"{number}.hcl").write_text("")
    with pytest.raises(UsageError, match="and 10 more changes; make a new plan"):
        demand(plan, live)


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("24h", 24), ("2d", 48)])
def test_ages(text: str, hours: float) -> None:
    """Ages are numbers of minutes, hours or days."""
    assert stale.age(text) == timedelta(hours=hours)
    for wrong in ("", "24", "-1h", "1w", "1.5h"):
        with pytest.raises(UsageError, match="--max-age"):
            stale.age(wrong)
