"""Advice on the waivers file: what ends, what is idle, what names nothing; and silence where nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen as Read
from audit.verdict import pairing
from audit.verdict.advice import Seen, advice, due
from tests.nouns import DEV, REGION, SHARED, TODAY, definition, observation, row, snapshot
from tests.verdict.findings import book, exclusion, found, waiver

if TYPE_CHECKING:
    from audit.look.exclusions import Exclusion
    from audit.verdict.waivers import Waiver

FLEET = pairing.views(snapshot(rows=(row(), row(account=SHARED))))
NAMES = frozenset({"dev", "shared", DEV.id, SHARED.id})


def seen(**changes: object) -> Seen:
    """See a fleet of two accounts with one waived finding."""
    made = Seen(
        today=TODAY,
        findings=(found("waived"),),
        fleet=FLEET,
        accounts=NAMES,
        checks=frozenset({"image-tag-drift"}),
        narrowed=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def on(days: int) -> Waiver:
    """Give the waiver an end so many days ahead."""
    return waiver(expires=TODAY + timedelta(days=days))


IDLE = {"findings": ()}


@pytest.mark.parametrize(
    ("one", "changes", "kinds", "words"),
    [
        pytest.param(on(15), {}, [], "", id="fifteen days"),
        pytest.param(on(14), {}, ["expires soon"], "expires in 14 days, on 2026-12-08", id="fourteen days"),
        pytest.param(on(1), {}, ["expires soon"], "expires in 1 day", id="tomorrow"),
        pytest.param(on(0), {}, ["expires soon"], "expires today", id="today"),
        pytest.param(on(-1), {"findings": (found(),)}, ["expired"], "1 finding of it came back", id="yesterday"),
        pytest.param(on(-1), IDLE, ["expired"], "nothing of it is left: remove it", id="expired and idle"),
        pytest.param(on(20), IDLE, ["unused"], "covers nothing", id="mended"),
        pytest.param(waiver(running="v0"), {}, ["unused"], "covers nothing", id="the facts changed"),
        pytest.param(on(20), {"findings": (found(account=SHARED),)}, ["unused"], "covers nothing", id="elsewhere"),
        pytest.param(on(20), {"findings": (found("unknown", container=None),)}, [], "", id="nobody could tell"),
        pytest.param(on(20), {**IDLE, "narrowed": True}, [], "", id="a part of the fleet"),
        pytest.param(on(20), {**IDLE, "checks": frozenset()}, [], "", id="its check did not run"),
        pytest.param(waiver(accounts=("dev", "prdo")), {}, ["matches nothing"], "account prdo", id="no such account"),
        pytest.param(
            waiver(regions=("us-west-9",)), IDLE, ["matches nothing"], "region us-west-9", id="no such region"
        ),
        pytest.param(waiver(containers=("planner",)), IDLE, ["matches nothing"], "container planner", id="no such one"),
        pytest.param(waiver(accounts=("prdo",)), {"narrowed": True}, [], "", id="nothing is known of the rest"),
    ],
)
def test_advice_on_a_waiver(one: Waiver, changes: dict[str, object], kinds: list[str], words: str) -> None:
    """Each state of a waiver has its words, and the place in the file."""
    told = advice(book(one), seen(**changes))
    assert [found.kind for found in told] == kinds
    assert all(words in found.message and found.message.startswith("waiver W-1: ") for found in told)
    assert all(str(found.location) == "waivers.yaml:3" for found in told)


@pytest.mark.parametrize(
    ("one", "kinds", "about"),
    [
        pytest.param(exclusion(), [], "", id="holds"),
        pytest.param(exclusion(expires=TODAY), ["expires soon"], "exclusion of dev", id="today"),
        pytest.param(exclusion(expires=TODAY - timedelta(days=1)), ["expired"], "exclusion of dev", id="expired"),
        pytest.param(
            exclusion(accounts=("x",), regions=(REGION,)),
            ["matches nothing"],
            f"exclusion of x in {REGION}",
            id="nobody",
        ),
    ],
)
def test_advice_on_an_exclusion(one: Exclusion, kinds: list[str], about: str) -> None:
    """An exclusion is named by what it leaves out."""
    told = advice(book(exclusions=(one,)), seen())
    assert [found.kind for found in told] == kinds
    assert all(found.about == about for found in told)
    days = due(book(exclusions=(one,)), TODAY)
    assert [found.kind for found in days] == [kind for kind in kinds if kind.startswith("expire")]


def test_a_container_that_nobody_declares_exists_too() -> None:
    """What runs undeclared can be waived: it is there."""
    families = Read(value=(definition("ecs-deploy-runner-ami-builder", "x/y:v1"),))
    fleet = pairing.views(snapshot(rows=(row(),), observations=(observation(families=families),)))
    told = advice(book(waiver(containers=("ami-builder",))), seen(fleet=fleet, findings=()))
    assert [found.kind for found in told] == ["unused"]


def test_the_order_is_that_of_the_file() -> None:
    """Waivers and exclusions as they stand, by their lines."""
    first = replace(exclusion(expires=TODAY), place=replace(waiver().place, line=2))
    told = advice(book(on(0), exclusions=(first,)), seen())
    assert [found.location.line for found in told] == [2, 3]
    assert [found.location.line for found in due(book(on(0), on(-2), exclusions=(first,)), TODAY)] == [2, 3, 3]
