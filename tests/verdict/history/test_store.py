"""A store gives back what was written, once, whoever writes it and in whatever order; on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from audit.verdict.history import keep, lives, store
from audit.verdict.history.tables import FINDING, METADATA, RUN, SIGHTING, STANDING
from tests.reports import sample
from tests.verdict.history import nights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.verdict.history.lives import Past
    from audit.verdict.results import Results

FIRST_VERSION = Path(__file__).with_name("first_version.sql")
TABLES = (RUN, FINDING, SIGHTING, STANDING)


def counts(url: str) -> dict[str, int]:
    """Count the rows of each table."""
    with store.opened(keep.checked(url).url, write=False) as connection:
        return {t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in TABLES}


def told(past: Past) -> list[object]:
    """Give everything that a history says, to compare two of them."""
    steps = [(t.run.id, t.new, t.back, t.fixed, t.left, t.unread, t.escalated) for t in past.tallies]
    return [steps, sorted((id_, life.episodes, life.last_seen) for id_, life in past.lives.items())]


def write(url: str, results: Results) -> str | None:
    """Keep one run; give the note. At the top of a module, so that another process can call it."""
    return keep.keep(results, url).note


def fill(url: str, runs: Sequence[Results]) -> None:
    """Write several runs, in one transaction."""
    with store.opened(keep.checked(url).url, write=True) as connection:
        assert [store.record(connection, results) for results in runs] == [True] * len(runs)


def test_round_trip(url: str) -> None:
    """Runs come back as they were traced from results directly, with their standings."""
    thirty = nights.thirty()
    fill(url, thirty)
    with store.opened(keep.checked(url).url, write=False) as connection:
        runs = store.load(connection)
    assert [run.id for run in runs] == [results.run.id for results in thirty]
    assert runs[0].at == nights.at(1)
    assert runs[0].judged_at.tzinfo is not None
    assert {row.version for row in runs[0].standings} == {"v0.52.0"}
    assert {row.releases_behind for row in runs[0].standings} == {7}
    assert {(s.finding.check, s.outcome) for s in runs[11].sightings} == {
        ("declared-tag-behind", "fail"),
        ("declared-tag-behind", "unknown"),
        ("image-tag-drift", "unknown"),
    }


def test_a_run_counts_once(url: str) -> None:
    """The same run again changes nothing."""
    results = nights.thirty()[0]
    keep.keep(results, url)
    before = counts(url)
    keep.keep(replace(results, exit_code=0, findings=()), url)
    assert counts(url) == before
    assert before == {"run": 1, "finding": 1, "sighting": 1, "standing": 3}


def test_order_of_writing_does_not_matter(url: str) -> None:
    """Runs that are written in any order tell the same history."""
    thirty = list(nights.thirty())
    random.Random(7).shuffle(thirty)  # noqa: S311 -- a shuffle, not a secret
    fill(url, thirty)
    with store.opened(keep.checked(url).url, write=False) as connection:
        shuffled = lives.trace(store.load(connection))
    assert told(shuffled) == told(replay())


def replay() -> Past:
    """Trace the thirty nights out of a store in memory."""
    # Without a pool the connection is closed with the block: from Python 3.13 on an open one is complained about.
    engine = sa.create_engine("sqlite://", poolclass=sa.NullPool)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for results in nights.thirty():
            store.record(connection, results)
        return lives.trace(store.load(connection))


@pytest.mark.thorough
def test_two_writers_at_once(url: str) -> None:
    """Two processes that make the tables and write different and the same runs at once lose and double nothing."""
    thirty = nights.thirty()[:6]
    work = [results for results in thirty for _ in range(2)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert set(pool.map(write, [url] * len(work), work)) == {None}
    assert counts(url)["run"] == len(thirty)
    assert counts(url)["sighting"] == sum(len(results.findings) for results in thirty)


def test_hostile_text_is_kept_harmless(url: str) -> None:
    """NUL, lone surrogates and escapes from outside neither stop a run from being kept nor come back."""
    results = sample.hostile()
    kept = keep.keep(replace(results, run=replace(results.run, id="hostile")), url)
    assert kept.note is None
    with store.opened(keep.checked(url).url, write=False) as connection:
        (run,) = store.load(connection)
    assert "\x00" not in run.verdict + (run.sightings[0].declared or "")
    assert "\\x1b[31m" in (run.sightings[0].declared or "")


def test_migrations_make_the_tables(url: str) -> None:
    """What the migrations make is what the code expects."""
    with store.opened(keep.checked(url).url, write=True) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_first_version_is_read(tmp_path: Path) -> None:
    """A history that the first version wrote is brought up to date and tells what it told then."""
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST_VERSION.read_text("utf-8"))
    assert told(keep.read(f"sqlite:///{path}")) == told(replay())


def test_way_back(url: str) -> None:
    """The tables can be taken down again, and made anew."""
    address = keep.checked(url)
    with store.opened(address.url, write=True) as connection:
        store.migrate(connection, "base")
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}
    keep.keep(nights.thirty()[0], url)
    assert counts(url)["run"] == 1


@pytest.mark.parametrize("accounts", [300])
def test_a_run_is_small(tmp_path: Path, accounts: int) -> None:
    """A run of many units and checks costs kilobytes, not a row for each pair of check and unit."""
    path = tmp_path / "history.db"
    keep.keep(sample.large(accounts, drifting=30), f"sqlite:///{path}")
    assert path.stat().st_size < 1000 * accounts
