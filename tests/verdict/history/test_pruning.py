"""Pruning takes runs and keeps what they proved: lives, relapses and fixes are the same before and after it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.verdict.history import keep, store
from audit.verdict.history.pruning import Pruned
from audit.verdict.history.tables import RUN
from tests.verdict.history import nights
from tests.verdict.history.nights import PLANNER, found
from tests.verdict.history.test_store import counts, fill, replay, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from audit.verdict.history.lives import Past

DRIFT = "image-tag-drift"


def lived(past: Past) -> Sequence[object]:
    """Give all that is known of every finding."""
    return sorted(
        (id_, life.identity, life.scope, life.last, life.last_seen, life.episodes, life.unread)
        for id_, life in past.lives.items()
    )


def steps(past: Past, since: datetime) -> Sequence[object]:
    """Give what each run from a moment on changed."""
    return [
        (t.run.id, t.new, t.back, set(t.persisting), set(t.unread), t.fixed, t.left, t.escalated)
        for t in past.tallies
        if t.run.at >= since
    ]


@pytest.mark.parametrize("night", [2, 10, 16, 25, 30])
def test_lives_are_the_same_after_pruning(tmp_path: Path, night: int) -> None:
    """Wherever it cuts, also twice: every first day, age and relapse, and what each run that is left changed."""
    url = f"sqlite:///{tmp_path / 'history.db'}"
    fill(url, nights.thirty())
    whole, before = keep.read(url), nights.at(night)
    keep.prune(url, nights.at(max(night - 4, 1)))
    done = keep.prune(url, before)
    after = keep.read(url)
    assert (done.before, done.kept) == (before, 31 - night)
    assert lived(after) == lived(whole)
    assert steps(after, before) == steps(whole, before)
    assert after.pruned == before
    assert counts(url)["run"] == 31 - night


def test_pruning_removes_rows_and_tells_how_many(url: str) -> None:
    """Runs, what they saw and how units stood go; a finding stays one row."""
    fill(url, nights.thirty())
    full = counts(url)
    would = keep.prune(url, nights.at(21), dry=True)
    assert counts(url) == full
    assert keep.prune(url, nights.at(21)) == would == Pruned(before=nights.at(21), removed=20, kept=10, open=3)
    left = counts(url)
    assert (left["run"], left["standing"]) == (10, 24)
    assert left["sighting"] < full["sighting"]
    assert keep.prune(url, nights.at(21)).removed == 0


def test_newest_run_stays(url: str) -> None:
    """However old it is: the next run is compared with it."""
    fill(url, nights.thirty()[:3])
    assert keep.prune(url, nights.at(300)) == Pruned(before=nights.at(3), removed=2, kept=1, open=1)
    told = keep.keep(nights.thirty()[3], url).results
    assert told.history is not None
    assert told.history.previous_run == "night-03"
    assert [finding.first_seen for finding in told.findings if finding.check == DRIFT] == [nights.at(1)]


def test_empty_history_has_nothing_to_prune(url: str) -> None:
    """Tables without a run stay as they are."""
    fill(url, ())
    assert keep.prune(url, nights.at(1)).removed == 0


def test_run_from_before_is_not_kept(url: str) -> None:
    """One that is replayed, or comes too late, would be taken for news: it is left out, and that is said."""
    fill(url, nights.thirty()[:6])
    keep.prune(url, nights.at(5))
    for number in (2, 4):
        done = keep.keep(nights.thirty()[number - 1], url)
        assert done.results == nights.thirty()[number - 1]
        assert done.note is not None
        assert done.note.endswith("the snapshot is older than what pruning left, 2026-11-05 02:00 UTC on")
    assert counts(url)["run"] == 2


def test_renamed_check_keeps_its_findings(url: str) -> None:
    """What was carried on under an earlier id is known under that of today, renamed before pruning or after it."""
    fill(url, [nights.night(1, [found(DRIFT, "dev", PLANNER)])])
    fill(url, [nights.night(2, [found("tag-drift", "dev", PLANNER)]), nights.night(3)])
    for cut in (2, 3):
        keep.prune(url, nights.at(cut), {DRIFT: "tag-drift"} if cut == 3 else {})
        past = keep.read(url, {DRIFT: "tag-drift"})
        (life,) = past.lives.values()
        assert (life.identity.check, life.first_seen) == ("tag-drift", nights.at(1))


def test_writer_that_comes_too_late_is_not_counted(url: str) -> None:
    """A run that slips in from before the cut does not make a night of its own."""
    thirty = nights.thirty()
    fill(url, thirty[:4])
    keep.prune(url, nights.at(3))
    with store.opened(keep.checked(url).url, write=True) as connection:
        late = replace(thirty[0], snapshot_taken_at=nights.at(5), run=replace(thirty[0].run, id="late"))
        assert store.record(connection, late)
        connection.execute(RUN.update().where(RUN.c.id == "late").values(taken_at=nights.at(1)))
    assert [tally.run.id for tally in keep.read(url).tallies] == ["night-03", "night-04"]


def prune_or_write(url: str, number: int) -> None:
    """Write a night, or prune where there is none. At the top of a module, so that another process can call it."""
    if number:
        assert write(url, nights.thirty()[number - 1]) is None
    else:
        keep.prune(url, nights.at(10))


@pytest.mark.thorough
def test_pruning_while_others_write(url: str) -> None:
    """Two processes, one of which prunes again and again: no run is lost, and no first day."""
    thirty = nights.thirty()
    fill(url, thirty[:24])
    work = [number for night in range(25, 31) for number in (0, night)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(prune_or_write, [url] * len(work), work))
    assert counts(url)["run"] == 21
    assert lived(keep.read(url)) == lived(replay())


def test_file_gets_smaller(tmp_path: Path) -> None:
    """SQLite gives the room back; where somebody reads meanwhile, it stays for the runs to come."""
    path = tmp_path / "history.db"
    fill(f"sqlite:///{path}", nights.thirty())
    before = path.stat().st_size
    keep.prune(f"sqlite:///{path}", nights.at(29))
    assert path.stat().st_size < before
    assert write(f"sqlite:///{path}", nights.thirty()[29]) is None


def test_what_cannot_be_pruned(tmp_path: Path) -> None:
    """No history, or no database: wrong usage, in one line."""
    with pytest.raises(UsageError, match="no history there"):
        keep.prune(f"sqlite:///{tmp_path}/none.db", nights.at(1))
    (tmp_path / "text.db").write_text("this is no database, and long enough to be looked at as one " * 20)
    with pytest.raises(UsageError, match="the history cannot be pruned"):
        keep.prune(f"sqlite:///{tmp_path}/text.db", nights.at(1))
