"""A kept run learns what the history knows; a history that cannot be reached costs one line and nothing else."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.verdict.finding import OUTCOMES
from audit.verdict.history import keep
from audit.verdict.results import Escalated, History, from_json, to_json
from tests.verdict.history import nights
from tests.verdict.history.nights import APPLIER, PLANNER, found

if TYPE_CHECKING:
    from pathlib import Path

    from audit.verdict.results import Results

DRIFT = "image-tag-drift"
DEV, PROD = found(DRIFT, "dev", PLANNER).id, found(DRIFT, "prod", PLANNER).id


def kept(results: Results, url: str) -> Results:
    """Keep a run that can be kept."""
    done = keep.keep(results, url)
    assert done.note is None
    return done.results


def test_first_run_has_nothing_to_compare_with(url: str) -> None:
    """It is the only point of its trend."""
    results = kept(nights.thirty()[0], url)
    assert results.history is None
    assert [(point.open, point.new, point.units_read) for point in results.trend] == [(1, 1, 3)]


def test_results_learn_from_the_history(url: str) -> None:
    """State and first day of each finding, what is fixed, unread, worse, and the trend; and they survive JSON."""
    thirty = nights.thirty()
    for results in thirty[:14]:
        kept(results, url)
    fifteenth = kept(thirty[14], url)
    states = {f.id: (f.state, f.first_seen) for f in fifteenth.findings}
    assert states[DEV] == ("new", nights.at(15))
    assert states[PROD] == ("persisting", nights.at(8))
    assert fifteenth.history is not None
    assert fifteenth.history.previous_run == "night-14"
    assert fifteenth.history.escalated == (Escalated(id=PROD, was="waived"),)
    assert [point.open for point in fifteenth.trend] == [1, 1, 2, 2, 3, 3, 3, 4, 4, 3, 3, 3, 3, 3, 4]
    assert from_json(to_json(fifteenth), name="results") == fifteenth


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "exit 10: 3 findings ≥ low, 1 of 3 units unread (selection: --check x)",
            "exit 10: 3 findings ≥ low, 1 of 3 units unread (selection: --check x)",
        ),
        ("{} (selection: --check x)", "{}, 2 new since the last run, 1 fixed (selection: --check x)"),
    ],
    ids=["of another release", "of this release"],
)
def test_verdict_counts_what_the_history_knows(url: str, said: str, expected: str) -> None:
    """What is new and fixed is in the words, as with ``--previous``; words that are not ours stay as they are."""
    for results in nights.thirty()[:3]:
        kept(results, url)
    behind = found("declared-tag-behind", "dev", PLANNER, severity="medium")
    tonight = nights.night(4, [behind, *(found(DRIFT, "prod", container) for container in (PLANNER, APPLIER))])
    tonight = replace(tonight, summary={**dict.fromkeys(OUTCOMES, 0), "fail": 3, "pass": 3})
    told = kept(replace(tonight, verdict=said.format("exit 1: 3 findings ≥ low")), url)
    assert told.verdict == expected.format("exit 1: 3 findings ≥ low")


def test_fixed_and_unread_are_remembered(url: str) -> None:
    """What ended and what nobody could judge, with the name that the account had."""
    thirty = nights.thirty()
    for results in thirty[:9]:
        kept(results, url)
    tenth, _, twelfth = (kept(results, url) for results in thirty[9:12])
    assert tenth.history is not None
    assert twelfth.history is not None
    assert [(gone.id, gone.account, gone.first_seen) for gone in tenth.history.fixed] == [(DEV, "dev", nights.at(1))]
    assert {gone.id for gone in twelfth.history.unread} == {found(DRIFT, "prod", APPLIER).id, PROD}
    assert twelfth.history.fixed == ()
    unknown = [finding for finding in twelfth.findings if finding.outcome == "unknown"]
    assert {finding.state for finding in unknown} == {"new"}


def test_unread_twice_is_new_once(url: str) -> None:
    """A place that could not be read the night before either is no news."""
    kept(nights.night(1, unread=["prod"]), url)
    second = kept(nights.night(2, unread=["prod"]), url)
    assert {finding.state for finding in second.findings} == {"persisting"}


def test_renamed_check_keeps_its_findings(url: str) -> None:
    """What a check found under an earlier id is persisting, and fixed, under the id that it has today."""
    kept(nights.night(1, [found(DRIFT, "dev", PLANNER), found(DRIFT, "prod", PLANNER)]), url)
    second = nights.night(2, [found("tag-drift", "prod", PLANNER)])
    note = replace(second.checks[0], id="tag-drift", aliases=(DRIFT,))
    passes = tuple(replace(p, check="tag-drift" if p.check == DRIFT else p.check) for p in second.passes)
    told = kept(replace(second, checks=(note,), passes=passes), url)
    (finding,) = told.findings
    assert (finding.state, finding.first_seen) == ("persisting", nights.at(1))
    assert told.history is not None
    assert [(gone.check, gone.account) for gone in told.history.fixed] == [("tag-drift", "dev")]
    past = keep.read(url, {DRIFT: "tag-drift"})
    assert {life.identity.check for life in past.lives.values()} == {"tag-drift"}


def test_previous_results_win(url: str) -> None:
    """What ``--previous`` told stays; the history adds the trend."""
    kept(nights.thirty()[0], url)
    told = History(previous_run="artefact", previous_at=nights.at(1))
    second = kept(replace(nights.thirty()[1], history=told), url)
    assert second.history == told
    assert len(second.trend) == 2


def test_replay_of_an_old_run_is_not_compared(url: str) -> None:
    """A run that is not the newest of the history gets its part of the trend alone."""
    thirty = nights.thirty()
    for results in (thirty[0], thirty[2]):
        kept(results, url)
    second = kept(thirty[1], url)
    assert second.history is None
    assert len(second.trend) == 2


def broken(tmp_path: Path) -> dict[str, str]:
    """Make histories that cannot be used, each for another reason."""
    (tmp_path / "text.db").write_text("this is no database, and long enough to be looked at as one " * 20)
    newer = tmp_path / "newer.db"
    with closing(sqlite3.connect(newer)) as database:
        database.executescript(
            "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('9999');"
        )
    return {
        "no folder": f"sqlite:///{tmp_path}/missing/history.db",
        "no database": f"sqlite:///{tmp_path}/text.db",
        "newer": f"sqlite:///{newer}",
        "no server": f"postgresql+psycopg://audit:very-secret@/history?host={tmp_path}",
        "no host": "postgresql+psycopg://audit:very-secret@127.0.0.1:9/history?sslcert=very-secret",
    }


@pytest.mark.parametrize("kind", ["no folder", "no database", "newer", "no server", "no host"])
def test_unreachable_history_is_one_line(kind: str, tmp_path: Path) -> None:
    """The results stay as they are, and the line has the reason but no secret."""
    results = nights.thirty()[0]
    done = keep.keep(results, broken(tmp_path)[kind])
    assert done.results == results
    assert done.note is not None
    assert done.note.startswith("history not kept in ")
    assert done.note.endswith("the verdict stands without it")
    assert "\n" not in done.note
    assert "secret" not in done.note


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("very-secret", "not an address of a database"),
        ("postgresql://u:very-secret@h/d", "SQLite or PostgreSQL (by psycopg)"),
        ("mysql+pymysql://u:very-secret@h/d", "SQLite or PostgreSQL (by psycopg)"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("sqlite:///file:very-secret?uri=true", "name a file"),
        ("postgresql+psycopg://u:very-secret@h:port/d", "not an address of a database"),
    ],
)
def test_addresses_that_cannot_be_one(url: str, words: str) -> None:
    """Each is refused before any work, and not quoted."""
    with pytest.raises(UsageError) as refused:
        keep.checked(url)
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("missing", ["sqlalchemy", "alembic", "psycopg"])
def test_without_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is said with the way to install it."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match=r"install pipelines-audit\[history\] from where"):
        keep.checked("postgresql+psycopg://audit@localhost/history")


def test_reading_where_nothing_is(tmp_path: Path) -> None:
    """A history that was never begun is wrong usage, and no file is made for it."""
    with pytest.raises(UsageError, match="no history there"):
        keep.read(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_reading_what_cannot_be_read(tmp_path: Path) -> None:
    """Nor is one that is no database."""
    with pytest.raises(UsageError, match="the history cannot be read"):
        keep.read(broken(tmp_path)["no database"])
