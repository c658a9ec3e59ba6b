"""Ages, fixes, relapses and unread nights of thirty nights equal a table made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.verdict import judged
from audit.verdict.history import lives, store
from audit.verdict.history.tables import METADATA
from tests.verdict.history import nights
from tests.verdict.history.nights import APPLIER, PLANNER, found, night

if TYPE_CHECKING:
    from audit.verdict.history.lives import Past
    from audit.verdict.results import Results

DRIFT, BEHIND = "image-tag-drift", "declared-tag-behind"
DEV = found(DRIFT, "dev", PLANNER).id
DEV_BEHIND = found(BEHIND, "dev", PLANNER).id
APPLY = found(DRIFT, "prod", APPLIER).id
WAIVED = found(DRIFT, "prod", PLANNER).id
STAGE = found(DRIFT, "stage", PLANNER).id


def traced(*results: Results) -> Past:
    """Trace results through a store in memory."""
    import sqlalchemy as sa

    # Without a pool the connection is closed with the block: from Python 3.13 on an open one is complained about.
    with sa.create_engine("sqlite://", poolclass=sa.NullPool).begin() as connection:
        METADATA.create_all(connection)
        for one in results:
            store.record(connection, one)
        return lives.trace(store.load(connection))


@pytest.fixture(scope="module")
def past() -> Past:
    """Give the thirty nights."""
    return traced(*nights.thirty())


# id: open, first seen on night, there since night, last seen on night, age in days, times back, unread nights since
BY_HAND = {
    DEV: (False, 1, 15, 17, 3, 1, 0),
    DEV_BEHIND: (True, 3, 3, 30, 27, 0, 0),
    APPLY: (True, 5, 5, 29, 25, 0, 1),
    WAIVED: (True, 8, 8, 29, 22, 0, 1),
    STAGE: (False, 22, 22, 24, 3, 0, 0),
}


@pytest.mark.parametrize("id_", BY_HAND, ids=["dev drift", "dev behind", "prod drift", "prod waived", "stage gone"])
def test_ages_equal_the_table(past: Past, id_: str) -> None:
    """Every finding's life is as it was worked out by hand."""
    is_open, first, since, last, age, returns, unread = BY_HAND[id_]
    life = past.lives[id_]
    assert life.open is is_open
    assert (life.first_seen, life.since, life.last_seen) == (nights.at(first), nights.at(since), nights.at(last))
    assert (life.age(nights.at(30)).days, life.returns, life.unread) == (age, returns, unread)


def test_no_other_lives(past: Past) -> None:
    """What nobody could tell begins no life."""
    assert past.lives.keys() == BY_HAND.keys()


def test_renamed_account_keeps_its_finding(past: Past) -> None:
    """The name is the one it had last; the age is that of the account."""
    assert past.lives[DEV_BEHIND].identity.account == "development"


# night: new, back, persisting, unread, fixed, left
STEPS = {
    1: ([DEV], [], [], [], [], []),
    2: ([], [], [DEV], [], [], []),
    3: ([DEV_BEHIND], [], [DEV], [], [], []),
    8: ([WAIVED], [], [APPLY, DEV, DEV_BEHIND], [], [], []),
    10: ([], [], [APPLY, DEV_BEHIND, WAIVED], [], [DEV], []),
    12: ([], [], [DEV_BEHIND], [APPLY, WAIVED], [], []),
    13: ([], [], [APPLY, DEV_BEHIND, WAIVED], [], [], []),
    15: ([], [DEV], [APPLY, DEV_BEHIND, WAIVED], [], [], []),
    18: ([], [], [APPLY, DEV_BEHIND, WAIVED], [], [DEV], []),
    22: ([STAGE], [], [APPLY, DEV_BEHIND, WAIVED], [], [], []),
    25: ([], [], [APPLY, DEV_BEHIND, WAIVED], [], [], [STAGE]),
    30: ([], [], [DEV_BEHIND], [APPLY, WAIVED], [], []),
}


@pytest.mark.parametrize("number", STEPS)
def test_steps_equal_the_table(past: Past, number: int) -> None:
    """Each night brought and ended what was worked out by hand."""
    tally = past.tallies[number - 1]
    steps = (tally.new, tally.back, tally.persisting, tally.unread, tally.fixed, tally.left)
    assert tuple(map(sorted, steps)) == tuple(map(sorted, STEPS[number]))


def test_end_of_a_waiver_escalates(past: Past) -> None:
    """What was waived and fails now got worse, once."""
    assert [(t.run.id, t.escalated) for t in past.tallies if t.escalated] == [("night-15", ((WAIVED, "waived"),))]


def test_higher_severity_escalates() -> None:
    """So did what is more severe than before; what is less severe did not."""
    past = traced(
        night(1, [found(DRIFT, "dev", PLANNER, severity="low")]),
        night(2, [found(DRIFT, "dev", PLANNER, severity="critical")]),
        night(3, [found(DRIFT, "dev", PLANNER, severity="medium")]),
    )
    assert [tally.escalated for tally in past.tallies] == [(), ((DEV, "low"),), ()]


def test_judged_survives_writing() -> None:
    """What a run judged comes back as it was, for every night."""
    for results in nights.thirty():
        plain = judged.of(results)
        assert judged.from_plain(judged.to_plain(plain)) == plain


def test_another_part_of_the_repository_ends_nothing() -> None:
    """A whole run over another folder does not declare the unit, and says nothing about it."""
    elsewhere = night(2, accounts=["prod"])
    past = traced(
        night(1, [found(DRIFT, "dev", PLANNER)]), replace(elsewhere, run=replace(elsewhere.run, scope="live/prod"))
    )
    assert past.lives[DEV].open
    assert past.tallies[1].unread == (DEV,)
