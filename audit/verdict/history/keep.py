"""Keeping a run: it is written to the history, and its results learn from it what is new, since when, and the trend.

A history is a record beside the verdict, never a part of it: where it cannot be reached, the results stay as they are
and one line says so.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.errors import UsageError
from audit.verdict.conclusion import retold
from audit.verdict.history import lives
from audit.verdict.results import Escalated, History, Remembered, Results, TrendPoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from audit.verdict.finding import Finding
    from audit.verdict.history.address import Address
    from audit.verdict.history.lives import Life, Past, Tally
    from audit.verdict.history.pruning import Pruned

TREND_RUNS: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The results with what the history knows of them; ``note`` says why that could not be had, None if it could."""

    results: Results
    note: str | None = None


def checked(url: str) -> Address:
    """Check an address before any work is done; UsageError, which never quotes it, where no history can be there."""
    if find_spec("sqlalchemy") is None or find_spec("alembic") is None:
        raise UsageError(
            "--history needs the extra 'history': install pipelines-audit[history] from where this one came from"
        )
    from audit.verdict.history import address  # noqa: PLC0415 -- an extra: only where a history is kept

    return address.parse(url)


def keep(results: Results, url: str) -> Kept:
    """Write a run and compare it with those before; UsageError only for an address that can't be one."""
    place = checked(url)
    renamed = {alias: note.id for note in results.checks for alias in note.aliases}
    from audit.verdict.history import pruning, store  # noqa: PLC0415 -- as above

    try:
        with store.opened(place.url, write=True) as connection:
            store.record(connection, results)
            past = pruning.past(connection, renamed, standings=False)
    except store.FAILURES as error:
        note = f"history not kept in {place.shown}: {place.reason(error)}; the verdict stands without it"
        return Kept(results=results, note=note)
    if past.pruned is not None and results.snapshot_taken_at < past.pruned:
        note = (
            f"history not kept in {place.shown}: the snapshot is older than what pruning left, {_day(past.pruned)} on"
        )
        return Kept(results=results, note=note)
    return Kept(results=informed(results, past))


def read(url: str, renamed: Mapping[str, str] = MappingProxyType({})) -> Past:
    """Read a whole history, old ids of checks under those of today; UsageError where there is none."""
    place = checked(url)
    from audit.verdict.history import pruning, store  # noqa: PLC0415 -- as above

    _demand_begun(place)
    try:
        with store.opened(place.url, write=False) as connection:
            return pruning.past(connection, renamed)
    except store.FAILURES as error:
        raise UsageError(_unreadable(place, error)) from None


def prune(
    url: str, before: datetime, renamed: Mapping[str, str] = MappingProxyType({}), *, dry: bool = False
) -> Pruned:
    """Remove the runs before a moment, but for the newest; UsageError where there is no history, or it is busy."""
    place = checked(url)
    from audit.verdict.history import pruning, store  # noqa: PLC0415 -- as above

    _demand_begun(place)
    try:
        with store.opened(place.url, write=not dry) as connection:
            done = pruning.prune(connection, before, renamed, dry=dry)
    except store.FAILURES as error:
        raise UsageError(f"{place.shown}: the history cannot be pruned: {place.reason(error)}") from None
    if done.removed and not dry:
        with suppress(sqlite3.OperationalError):  # somebody reads it: the room is used by the runs to come
            store.shrink(place.url)
    return done


def _demand_begun(place: Address) -> None:
    if place.file is not None and not place.file.is_file():
        raise UsageError(f"{place.shown}: no history there; check --history sqlite:///FILE begins one")


def informed(results: Results, past: Past) -> Results:
    """Tell results what the runs up to theirs say: the trend, and, unless ``--previous`` told it, what is new."""
    at = next((index for index, tally in enumerate(past.tallies) if tally.run.id == results.run.id), None)
    if at is None:
        return results
    trend = tuple(_point(tally) for tally in past.tallies[max(at + 1 - TREND_RUNS, 0) : at + 1])
    if results.history is not None or at == 0 or at != len(past.tallies) - 1:
        return replace(results, trend=trend)
    tally, before = past.tallies[at], past.tallies[at - 1]
    findings = tuple(_aged(found, past, at) for found in results.findings)
    history = History(
        previous_run=before.run.id,
        previous_at=before.run.judged_at,
        fixed=tuple(_remembered(past.lives[id_]) for id_ in (*tally.fixed, *tally.left)),
        unread=tuple(_remembered(past.lives[id_]) for id_ in tally.unread),
        escalated=tuple(Escalated(id=id_, was=was) for id_, was in tally.escalated),
    )
    verdict = retold(results, findings, history)
    return replace(results, trend=trend, findings=findings, history=history, verdict=verdict)


def _aged(found: Finding, past: Past, at: int) -> Finding:
    """Say whether a finding is new; one that nobody could judge is, unless the run before could not either."""
    life, tally = past.lives.get(found.id), past.tallies[at]
    if found.outcome not in lives.THERE:
        before = past.tallies[at - 1].run.sightings
        dark = any(seen.finding.id == found.id and seen.outcome not in lives.THERE for seen in before)
        return replace(found, state="persisting" if dark else "new")
    if life is None or not life.open:
        return found
    new = found.id in tally.new or found.id in tally.back
    return replace(found, state="new" if new else "persisting", first_seen=life.since)


def _remembered(life: Life) -> Remembered:
    known = life.identity
    return Remembered(
        id=known.id,
        check=known.check,
        severity=life.last.severity,
        account=known.account,
        account_id=known.account_id,
        region=known.region,
        unit=known.unit,
        stack=known.stack,
        container=known.container,
        subject=known.subject,
        kind=known.kind,
        first_seen=life.since,
        last_seen=life.last_seen,
    )


def _point(tally: Tally) -> TrendPoint:
    return TrendPoint(
        run=tally.run.id,
        taken_at=tally.run.at,
        exit_code=tally.run.exit_code,
        open=tally.open,
        new=len(tally.new) + len(tally.back),
        fixed=len(tally.fixed) + len(tally.left),
        unread=len(tally.unread),
        units_expected=tally.run.expected,
        units_read=tally.run.read,
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _unreadable(place: Address, error: Exception) -> str:
    return f"{place.shown}: the history cannot be read: {place.reason(error)}"
