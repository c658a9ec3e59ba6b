"""The aftermath: what moved between two looks is told, and what still drifts or is not known decides how it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.remedy.carrying.aftermath import aftermath, text
from tests.remedy.fleet import APPLIER, NEWEST, PLANNER, RUNNER, seen
from tests.remedy.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAKE = {one.name: one.make for one in SCENARIOS}
OLD = f"{RUNNER}:v1.2.0"
BEFORE = {"prod": {PLANNER: OLD, APPLIER: OLD}}


@pytest.mark.parametrize(
    ("running", "unread", "code", "words"),
    [
        ({}, (), 0, "everything that this plan applied runs as declared"),
        ({"prod": {PLANNER: OLD}}, (), 12, "still drifting:\n  prod/us-west-2/mgmt/ecs-deploy-runner: image-tag-drift"),
        ({"dev": {PLANNER: OLD}}, (), 0, "everything that this plan applied runs as declared"),
        ({}, ("prod",), 10, "not known:\n  prod/us-west-2/mgmt/ecs-deploy-runner: prod: ecs:"),
        ({}, ("dev",), 0, "everything that this plan applied runs as declared"),
    ],
    ids=["in-sync", "drifting", "another", "unread", "another-unread"],
)
def test_how_it_ended(
    tmp_path: Path, running: Mapping[str, Mapping[str, str]], unread: tuple[str, ...], code: int, words: str
) -> None:
    """The units of the plan decide; what moved anywhere is told."""
    live = tmp_path / "live"
    plan = MAKE["converge-one-account"](live)
    found = aftermath(plan, seen(live, running=BEFORE), seen(live, running=running, unread=unread))
    said = text(found)
    assert (found.exit_code, words in said) == (code, True), said
    moved = f"prod/us-west-2 family ecs-deploy-runner-{APPLIER} c0 image: {OLD} -> {RUNNER}:{NEWEST}"
    assert (moved in said) is ("prod" not in unread)


def test_without_a_look_before(tmp_path: Path) -> None:
    """Without a look before nothing is known to have moved; long lists are cut, and hostile names shown harmless."""
    live = tmp_path / "live"
    plan = MAKE["converge-one-account"](live)
    found = aftermath(plan, None, seen(live, running=BEFORE))
    assert text(found).startswith("looked again: nothing moved\nstill drifting:\n")
    many = replace(found, drifting=("\x1b[2J",) * 70)
    assert text(many).endswith("\\x1b[2J\n  and 10 more lines\n")
