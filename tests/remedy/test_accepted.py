"""Accepted drift: what a waiver covers is not applied, and never without a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.model import Location, Seen
from audit.remedy.steps import ApplyUnit, BuildImage, EditPin
from audit.verdict.waivers import Waiver
from tests.remedy.fleet import APPLIER, NEWEST, PLANNER, RUNNER, plan, seen
from tests.remedy.scenarios import fleet

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.plan import Plan

OLD = f"{RUNNER}:v1.2.0"
FREEZE = Waiver(
    id="W-2026-007",
    checks=("image-tag-drift",),
    accounts=("prod",),
    regions=(),
    containers=(),
    declared=None,
    running=None,
    reason="change freeze until release 14",
    owner="platform@example.com",
    ticket=None,
    created=None,
    expires=date(2026, 12, 15),
    place=Location(file="waivers.yaml", line=3, column=5),
)


def applied(made: Plan) -> list[str]:
    """Name the accounts that are applied, without those that wait."""
    return [step.account or "" for step in made.steps if isinstance(step.action, ApplyUnit) and step.waits is None]


def drifted(live: Path, *waivers: Waiver, to: str | None = None) -> Plan:
    """Plan for a fleet in which dev and prod run an older release."""
    fleet(live, NEWEST)
    running = {name: {PLANNER: OLD, APPLIER: OLD} for name in ("dev", "prod")}
    return plan(live, seen(live, running=running), to, waivers=waivers)


def test_waived_drift_is_left_alone(tmp_path: Path) -> None:
    """An account whose drift is accepted is not applied; who accepted it, why and until when is said."""
    made = drifted(tmp_path, FREEZE)
    assert applied(made) == ["dev"]
    assert [step.account for step in made.steps] == ["dev", "dev"]
    assert made.waves == (("dev",),)
    assert [
        f"prod/us-west-2: image-tag-drift: {name} runs v1.2.0, v1.3.0 is declared: waiver W-2026-007 of "
        "platform@example.com accepts that until 2026-12-15 (change freeze until release 14)"
        for name in (APPLIER, PLANNER)
    ] == list(made.notes)


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, None),
        ({"containers": (APPLIER,)}, "an apply would change what a waiver accepts as well"),
        ({"accounts": ("444455556666",)}, None),
        ({"declared": NEWEST, "running": "v1.2.0"}, None),
    ],
    ids=["all", "one container", "by id", "for these facts"],
)
def test_what_is_accepted_in_part_waits(tmp_path: Path, changes: dict[str, object], waits: str | None) -> None:
    """Where an apply would mend what nobody accepted too, somebody has to decide."""
    made = drifted(tmp_path, replace(FREEZE, **changes))  # type: ignore[arg-type]  # fields of a waiver
    assert applied(made) == ["dev"]
    found = [step.waits for step in made.steps if step.account == "prod"]
    assert found[:1] == [] if waits is None else (found[0] or "").startswith(waits)


@pytest.mark.parametrize(
    "changes",
    [{"checks": ("family-missing",)}, {"accounts": ("stage",)}, {"running": "v1.1.0"}, {"regions": ("eu-west-1",)}],
    ids=["other check", "other account", "other facts", "other region"],
)
def test_other_drift_is_applied(tmp_path: Path, changes: dict[str, object]) -> None:
    """A waiver that speaks of something else changes nothing."""
    made = drifted(tmp_path, replace(FREEZE, **changes))  # type: ignore[arg-type]  # fields of a waiver
    assert applied(made) == ["dev", "prod"]
    assert not any("waiver" in note for note in made.notes)


@pytest.mark.parametrize(
    ("checks", "steps"),
    [(("image-repository-drift",), ["prod", "prod"]), (("image-repository-drift", "image-tag-drift"), [])],
    ids=["one of two", "both"],
)
def test_each_finding_is_accepted_by_itself(tmp_path: Path, checks: tuple[str, ...], steps: list[str]) -> None:
    """An image from elsewhere at another tag is two findings: both have to be accepted, or the apply waits."""
    fleet(tmp_path, NEWEST)
    other = RUNNER.replace("ecs-deploy-runner", "deploy-runner") + ":v1.2.0"
    facts = seen(tmp_path, running={"prod": {PLANNER: other, APPLIER: other}})
    made = plan(tmp_path, facts, waivers=(replace(FREEZE, checks=checks),))
    assert applied(made) == []
    assert [step.account for step in made.steps] == steps


def test_runner_that_an_account_does_without(tmp_path: Path) -> None:
    """A stack of which nothing runs is one finding, and accepted as that."""
    fleet(tmp_path, NEWEST)
    facts = seen(tmp_path, bare=("prod",))
    nothing = tuple(
        replace(one, families=Seen(value=())) if one.account.name == "prod" else one
        for one in facts.running.observations
    )
    facts = replace(facts, running=replace(facts.running, observations=nothing))
    made = plan(tmp_path, facts)
    assert made.steps[0].why == "stack-missing: nothing of ecs-deploy-runner runs"
    left = plan(tmp_path, facts, waivers=(replace(FREEZE, checks=("stack-missing",)),))
    assert left.steps == ()
    assert "waiver W-2026-007" in left.notes[0]


def test_upgrade_leaves_it_alone_too(tmp_path: Path) -> None:
    """What is declared for all is edited and built; the account that is accepted as it is stays, hop by hop."""
    live = fleet(tmp_path, "v0.57.3")
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST, waivers=(FREEZE,))
    assert applied(made) == ["logs", "shared", "security", "dev", "stage"]
    assert {"EditPin", "BuildImage"} <= {step.action.kind for step in made.steps}
    matched = plan(live, seen(live, asked=(NEWEST,)), NEWEST, waivers=(replace(FREEZE, declared="v0.57.3"),))
    assert applied(matched)[-1] == "prod"  # given for other facts than the upgrade makes


def test_builder_that_stays_builds_nothing_newer(tmp_path: Path) -> None:
    """Where the runner that builds stays behind a barrier, what only its successor can build waits, with the reason."""
    live = fleet(tmp_path, "v0.38.10")
    made = plan(live, seen(live, asked=(NEWEST,)), NEWEST, waivers=(replace(FREEZE, accounts=("shared",)),))
    builds = [step for step in made.steps if isinstance(step.action, BuildImage) and step.hop == 2]
    assert builds
    for step in builds:
        assert "the runner that builds" in (step.waits or "")
        assert "waiver W-2026-007" in (step.waits or "")
    assert not any(isinstance(step.action, ApplyUnit) and step.waits is None and step.hop == 2 for step in made.steps)
    assert any(isinstance(step.action, EditPin) for step in made.steps)


def test_digest_that_a_waiver_names(tmp_path: Path) -> None:
    """What runs by digest is held against a waiver as findings show it."""
    digest = "sha256:" + "b" * 64
    fleet(tmp_path, NEWEST)
    running = {"prod": {PLANNER: f"{RUNNER}@{digest}", APPLIER: f"{RUNNER}@{digest}"}}
    made = plan(tmp_path, seen(tmp_path, running=running), waivers=(replace(FREEZE, running=digest),))
    assert made.steps == ()
    assert f"terraform-planner runs {digest}, {NEWEST} is declared" in " ".join(made.notes)
