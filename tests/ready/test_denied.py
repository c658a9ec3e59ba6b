"""What only readiness asks of AWS, denied: the blockers that rest on it are unknown, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.look import once
from audit.model import Unread
from audit.running.permissions import TABLE
from tests.aws import DEV, emulated_aws
from tests.overlay.faults import Rule, query_error
from tests.overlay.proxy import overlaid
from tests.ready.world import World, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

ONLY_READY = [call.name for call in TABLE if "ready" in call.asked_by]
# One finding tells of all the rights that are not known.
UNKNOWN = {"identity-may-not-invoke"}
SIMULATE, ROLE = "iam:SimulatePrincipalPolicy", "iam:GetRole"


def denied(call: str) -> Rule:
    """Deny a call in one account."""
    return Rule(fault=query_error("AccessDenied", 403), call=call, account=DEV)


def looked(seeded: str, world: World, *rules: Rule) -> World:
    """Look at the world through some faults."""

    def looks() -> Iterator[World]:
        with overlaid(seeded, *rules) as overlay:
            for _ in emulated_aws(overlay.url):
                yield replace(world, snapshot=once.look(world.settings, {}))

    return next(looks())


def test_what_only_readiness_asks() -> None:
    """A call that is added for readiness needs a line here."""
    assert set(ONLY_READY) == {SIMULATE, ROLE}


@pytest.mark.parametrize(
    ("rules", "permission"),
    [
        pytest.param([denied(SIMULATE)], SIMULATE, id=SIMULATE),
        pytest.param([denied(ROLE), Rule(fault=query_error("NoSuchEntity", 404), call=SIMULATE)], ROLE, id=ROLE),
    ],
)
def test_exactly_the_blockers_that_need_it_are_unknown(
    seeded: str, world: World, rules: list[Rule], permission: str
) -> None:
    """A denied action is a gap that names it; of a role that has a path, that is the one that would tell the path."""
    found = looked(seeded, world, *rules)
    blockers, _, unknown = judged(found)
    assert (blockers, unknown) == (set(), UNKNOWN)
    rights = {one.account.id: one.caller_rights for one in found.snapshot.running.observations}
    gap = rights[DEV]
    assert isinstance(gap, Unread)
    assert gap.gap.permission == permission


def test_a_role_without_a_path_need_not_be_shown(seeded: str, world: World) -> None:
    """Its ARN is known without asking: nothing is unknown for want of that one right."""
    blockers, _, unknown = judged(looked(seeded, world, denied(ROLE)))
    assert (blockers, unknown) == (set(), set())
