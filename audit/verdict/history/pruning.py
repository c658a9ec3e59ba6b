"""Pruning: old runs go, and what they proved stays: each finding's life up to then is carried on in one row.

So first days, ages, relapses and times to remediate are after it what they were before; gone are the runs themselves,
with what each saw and how far units lagged behind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from audit.verdict.history import lives, store
from audit.verdict.history.lives import Episode, Identity, Life, Past, Sighting
from audit.verdict.history.tables import CARRIED, FINDING, PRUNED, RUN, SIGHTING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, RowMapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """What was removed, or would be: runs whose snapshot was taken ``before``; ``open`` findings keep their days."""

    before: datetime
    removed: int
    kept: int
    open: int


def past(connection: Connection, renamed: Mapping[str, str] = MappingProxyType({}), *, standings: bool = True) -> Past:
    """Trace the whole history: from where pruning left off, through every run that is still there."""
    before = store.pruned_before(connection)
    runs = store.load(connection, renamed, standings=standings)
    return lives.trace(runs, _carried(connection, renamed), before)


def prune(connection: Connection, before: datetime, renamed: Mapping[str, str], *, dry: bool = False) -> Pruned:
    """Remove the runs before a moment, never the newest; ``dry``: only say what would be removed."""
    if not dry:
        store.keep_writers_out(connection)
    runs = store.load(connection, renamed, standings=False)
    if not runs:
        return Pruned(before=before, removed=0, kept=0, open=0)
    before = min(before, runs[-1].at)
    old = [run for run in runs if run.at < before]
    ended = lives.trace(old, _carried(connection, renamed)).lives
    if old and not dry:
        _carry(connection, ended)
        connection.execute(sa.delete(RUN).where(RUN.c.taken_at < before))
        connection.execute(sa.delete(PRUNED))
        connection.execute(sa.insert(PRUNED).values(before=before))
        seen = sa.union(sa.select(SIGHTING.c.finding_id), sa.select(CARRIED.c.finding_id))
        connection.execute(sa.delete(FINDING).where(FINDING.c.id.not_in(seen)))
    return Pruned(
        before=before,
        removed=len(old),
        kept=len(runs) - len(old),
        open=sum(life.open for life in ended.values()),
    )


def _carry(connection: Connection, found: Mapping[str, Life]) -> None:
    """Write the lives in place of those that were carried before; a finding may have a new id since."""
    connection.execute(sa.delete(CARRIED))
    store.insert(connection, FINDING, [store.identity(life.identity) for life in found.values()])
    store.insert(connection, CARRIED, [_row(life) for life in found.values()])


def _carried(connection: Connection, renamed: Mapping[str, str]) -> dict[str, Life]:
    joined = sa.select(CARRIED, *(FINDING.c[name] for name in store.PARTS)).join_from(CARRIED, FINDING)
    rows = connection.execute(joined.order_by(CARRIED.c.last_seen, CARRIED.c.finding_id)).mappings()
    found = [_life(row, store.known({**row, "id": row["finding_id"]}, renamed)) for row in rows]
    return {life.identity.id: life for life in found}


def _row(life: Life) -> dict[str, Any]:
    known, last = life.identity, life.last
    return {
        "finding_id": known.id,
        "scope": life.scope,
        "episodes": json.dumps([_plain(episode) for episode in life.episodes], separators=(",", ":")),
        "last_seen": life.last_seen,
        "unread": life.unread,
        **{name: getattr(known, name) for name in ("account", "unit", "subject")},
        **{name: getattr(last, name) for name in ("outcome", "severity", "declared", "running", "released")},
    }


def _life(row: RowMapping, finding: Identity) -> Life:
    last: Sighting = store.seen(row, finding)
    return Life(
        identity=last.finding,
        scope=row["scope"],
        last=last,
        last_seen=row["last_seen"],
        episodes=[_episode(plain) for plain in json.loads(row["episodes"])],
        unread=row["unread"],
    )


def _plain(episode: Episode) -> list[str | None]:
    end = episode.end.isoformat() if episode.end else None
    return [episode.start.isoformat(), end, episode.ending, episode.severity]


def _episode(plain: list[Any]) -> Episode:
    start, end, ending, severity = plain
    return Episode(
        start=datetime.fromisoformat(start),
        end=datetime.fromisoformat(end) if end else None,
        ending=ending,
        severity=severity,
    )
