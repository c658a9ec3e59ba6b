"""Every check in every outcome: it passes, fails, is unknown, is waived, has nothing to judge; each in its world."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from audit.verdict.judging import conclude, waive
from checks.catalogue import catalogue
from tests.checks.judging import judged
from tests.checks.worlds import NEVER, WORLDS
from tests.nouns import TODAY
from tests.verdict.findings import book, waiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verdict.check import Check
    from audit.verdict.judging import Verdict

CHECKS = {one.check.id: one for one in catalogue()}
OUTCOMES = ("pass", "fail", "unknown", "waived", "not_applicable")


def _function(id_: str) -> object:
    module = import_module(f"checks.test_{CHECKS[id_].subject}")
    return getattr(module, f"test_{id_.replace('-', '_')}")


def _verdict(id_: str, outcome: str) -> Verdict:
    nouns = WORLDS[id_].nouns(outcome)
    assert nouns is not None
    return conclude(_record(id_), "unit", tuple(judged(_function(id_), *nouns).judgements))


def _record(id_: str) -> Check:
    return CHECKS[id_].check


def _possible() -> Iterator[tuple[str, str]]:
    for id_ in CHECKS:
        for outcome in OUTCOMES:
            if (id_, "fail" if outcome == "waived" else outcome) not in NEVER:
                yield id_, outcome


def test_every_check_has_a_world_for_every_outcome() -> None:
    """A check without one, or an outcome that is missing without a reason, is not proven."""
    assert WORLDS.keys() == CHECKS.keys()
    missing = {
        (id_, outcome)
        for id_, world in WORLDS.items()
        for outcome in OUTCOMES
        if outcome != "waived" and world.nouns(outcome) is None
    }
    assert missing == NEVER.keys()


@pytest.mark.parametrize(("id_", "outcome"), [pair for pair in _possible() if pair[1] != "waived"])
def test_outcome(id_: str, outcome: str) -> None:
    """The check, called with the nouns of that world, ends so."""
    assert _verdict(id_, outcome).outcome == outcome


@pytest.mark.parametrize("id_", [id_ for id_, outcome in _possible() if outcome == "waived"])
def test_waived(id_: str) -> None:
    """What fails can be accepted by its id for a time: it is waived, stays there, and comes back when time is over."""
    failed = _verdict(id_, "fail")
    accepted = waiver(checks=(id_,), accounts=())
    after = waive(failed, book(accepted), TODAY)
    assert after.outcome == "waived"
    assert [one.id for one in after.findings] == [one.id for one in failed.findings]
    assert {one.waiver.id for one in after.findings if one.waiver} == {accepted.id}
    assert waive(failed, book(accepted), accepted.expires + timedelta(days=1)).outcome == "fail"
    assert waive(failed, book(waiver(checks=("another",), accounts=())), TODAY) == failed


@pytest.mark.parametrize("id_", [id_ for id_, outcome in _possible() if outcome == "unknown"])
def test_unknown_cannot_be_waived(id_: str) -> None:
    """What nobody saw cannot be accepted."""
    unknown = _verdict(id_, "unknown")
    assert waive(unknown, book(waiver(checks=(id_,), accounts=())), TODAY) == unknown
