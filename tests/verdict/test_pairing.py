"""Pairing and coverage: which family belongs to what, what was seen, and which cells may be green."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model import Gap, Seen
from audit.running.model.invoker import StackInvoker
from audit.verdict import coverage, matrix
from audit.verdict.pairing import Matched, Missing, Orphan, longest_stack, views
from tests.nouns import (
    DEV,
    RUNNER,
    SHARED,
    STACK,
    definition,
    families,
    gap,
    null,
    observation,
    repository,
    row,
    snapshot,
    unread,
    view,
)


@pytest.mark.parametrize(
    ("family", "stack"),
    [
        ("ecs-deploy-runner-terraform-planner", "ecs-deploy-runner"),
        ("ecs-deploy-runner-eu-terraform-planner", "ecs-deploy-runner-eu"),
        ("ecs-deploy-runner", None),
        ("other-family", None),
    ],
)
def test_longest_stack(family: str, stack: str | None) -> None:
    """A family goes to the longest stack name that it continues."""
    assert longest_stack(family, ("ecs-deploy-runner", "ecs-deploy-runner-eu")) == stack


def test_pairs_of_each_kind() -> None:
    """Declared and there, declared and not there, there and not declared; null ones are neither."""
    rows = (row("terraform-planner"), row("terraform-applier"), null("ami-builder"))
    facts = (*families(rows[:1]), definition(f"{STACK}-extra", "x/y:1"))
    (only,) = view(rows=rows, observations=(observation(families=Seen(value=facts)),)).stacks
    assert isinstance(only.pairs, Seen)
    assert [type(pair) for pair in only.pairs.value] == [Matched, Missing, Orphan]
    assert [one.container for one in only.deployed] == ["terraform-planner", "terraform-applier"]


def test_units_come_in_deploy_order() -> None:
    """Shared before dev; a unit without a place comes last under its path."""
    lost = replace(row(account=DEV), unit="x/lost", account_id=None)
    found = views(snapshot(rows=(row(account=DEV), row(account=SHARED), lost)))
    assert [one.key for one in found] == ["shared/us-west-2", "dev/us-west-2", "x/lost"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "complete", id="all"),
        pytest.param({"families": unread()}, "partial", id="families unread"),
        pytest.param({"invokers": (StackInvoker(stack=STACK, invoker=unread("invoker")),)}, "partial", id="no invoker"),
        pytest.param(
            {"families": unread(), "invokers": (StackInvoker(stack=STACK, invoker=unread("invoker")),)},
            "unread",
            id="nothing but who",
        ),
        pytest.param({"identity": unread("identity")}, "unread", id="not even who"),
    ],
)
def test_extent(changes: dict[str, object], expected: str) -> None:
    """A unit is read as far as its facts are."""
    assert coverage.extent(view(observations=(replace(observation(), **changes),))) == expected  # type: ignore[arg-type]  # one fact each


def test_extent_counts_declaration_and_registry() -> None:
    """An unknown tag or an unread registry makes a unit partial; no look at all makes it unread."""
    assert coverage.extent(view(rows=(row(tag=None, unknown={"tag": "an output"}),))) == "partial"
    dark = replace(repository(), tags=unread("registry"))
    assert coverage.extent(view(repositories=(dark,))) == "partial"
    assert coverage.extent(view(observations=())) == "unread"


def test_coverage_counts_each_gap_once() -> None:
    """One denied role is one gap though three facts lack it; a unit that could not be parsed is expected and unread."""
    same = unread("account")
    dark = observation(DEV, identity=same, families=same, invokers=(StackInvoker(stack=STACK, invoker=same),))
    seen = observation(SHARED, families=Seen(value=families((row(account=SHARED),))))
    broken = Gap(what="declaration", unit="prod/us-west-2/mgmt/ecs-deploy-runner", message="does not parse")
    facts = snapshot(rows=(row(account=DEV), row(account=SHARED)), observations=(dark, seen), declared_gaps=(broken,))
    covered = coverage.coverage(facts, views(facts))
    assert (covered.expected, covered.complete, covered.partial, covered.unread, covered.read) == (3, 1, 0, 2, 1)
    assert covered.gaps == (broken, same.gap)


def states(**facts: object) -> dict[str, str]:
    """Give the state of each cell of the only unit."""
    (only,) = matrix.rows((view(**facts),), ())
    return {cell.container: cell.state for cell in only.cells}


def test_cells_follow_the_facts() -> None:
    """A cell is green only where image and tag were seen to agree, whichever checks were selected."""
    rows = (
        row("terraform-planner"),
        row("terraform-applier"),
        null("ami-builder"),
        row("docker-image-builder", tag=None),
    )
    facts = (
        definition(f"{STACK}-terraform-planner", f"{RUNNER}:v1.2.0"),
        definition(f"{STACK}-docker-image-builder", "x/y:1"),
        definition(f"{STACK}-extra", "x/y:1"),
    )
    assert states(rows=rows, observations=(observation(families=Seen(value=facts)),)) == {
        "terraform-planner": "drift",
        "terraform-applier": "missing",
        "ami-builder": "not deployed",
        "docker-image-builder": "unknown",
        "extra": "drift",
    }
    assert set(states().values()) == {"in sync"}
    assert set(states(observations=(observation(families=unread()),)).values()) == {"unknown"}


def test_a_foreign_repository_is_shown_beside_its_tag() -> None:
    """The same tag of another repository does not look like the same image."""
    facts = (definition(f"{STACK}-terraform-planner", "example.com/deploy-runner:v1.3.0"),)
    (only,) = matrix.rows((view(rows=(row(),), observations=(observation(families=Seen(value=facts)),)),), ())
    (cell,) = only.cells
    assert (cell.state, cell.declared, cell.running) == (
        "drift",
        "ecs-deploy-runner:v1.3.0",
        "deploy-runner:v1.3.0",
    )


def test_a_null_container_that_runs_is_drift() -> None:
    """What runs though it is declared null stands in its own column."""
    rows = (null("ami-builder"), row())
    facts = (*families(rows), definition(f"{STACK}-ami-builder", f"{RUNNER}:v1.0.0"))
    assert states(rows=rows, observations=(observation(families=Seen(value=facts)),))["ami-builder"] == "drift"


def test_gap_of_a_unit_is_its_own() -> None:
    """A gap of the declaration stands beside the unit it names."""
    found = view(declared_gaps=(gap("file", unit="dev/us-west-2/mgmt/ecs-deploy-runner"), gap("file", unit="other")))
    assert [one.unit for one in found.gaps] == ["dev/us-west-2/mgmt/ecs-deploy-runner"]
