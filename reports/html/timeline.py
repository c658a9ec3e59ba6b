"""The version timeline: releases by date, the breaking ones marked, and where the fleet stands on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from audit.text import counted, one_line
from reports.lines import some

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from audit.verdict.results import ReleaseNote, Results, UnitRow

WIDTH = 1000
_LEFT, _RIGHT = 24, 976
_LABEL = 74  # a label of a release needs that much room
_ROW = 30
_MOST = 12  # versions in use that get a row
_NAMED = 24  # accounts that are named beside a version in the table


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A release on the axis; ``label`` is empty where there is no room for it."""

    x: float
    css: str
    label: str
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stand:
    """A version in use: where its mark stands, its words, and on which side of the mark they have room."""

    x: float
    y: int
    tag: str
    words: str
    anchor: str
    text_x: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Users:
    """Who runs a version: the names of the accounts, and how many containers of how many units."""

    accounts: tuple[str, ...]
    counts: str

    def words(self, most: int) -> str:
        """Count them and name some."""
        return f"{self.counts}: {some(self.accounts, most)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """Everything drawn; ``table`` says the same in words, ``strangers`` are versions that no release explains."""

    height: int
    years: tuple[tuple[float, str], ...]
    ticks: tuple[Tick, ...]
    stands: tuple[Stand, ...]
    table: tuple[tuple[str, str, str], ...]
    strangers: tuple[tuple[str, str], ...]


def timeline(results: Results) -> Timeline | None:
    """Draw from the oldest version in use to the newest release; None where the results hold no releases."""
    published = {note.tag: note for note in results.releases}
    users = _users(results, published)
    known = sorted((tag for tag in users if tag in published), key=lambda tag: (published[tag].published, tag))
    if not known:
        return None
    first = published[known[0]].published
    shown = sorted((n for n in results.releases if n.published >= first), key=lambda n: (n.published, n.tag))
    axis = _Axis(first=first, last=shown[-1].published)
    strangers = tuple((one_line(tag, 80), users[tag].words(_NAMED)) for tag in sorted(users) if tag not in published)
    return Timeline(
        height=96 + _ROW * min(len(known), _MOST),
        years=tuple((axis.x(date(y, 1, 1)), str(y)) for y in range(first.year + 1, axis.last.year + 1)),
        ticks=_ticks(shown, axis),
        stands=tuple(_stand(published[tag], users[tag], axis, row) for row, tag in enumerate(known[:_MOST])),
        table=tuple((tag, published[tag].published.isoformat(), users[tag].words(_NAMED)) for tag in known),
        strangers=strangers,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Axis:
    first: date
    last: date

    def x(self, day: date) -> float:
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)


def _users(results: Results, published: Collection[str]) -> dict[str, Users]:
    """Say for each tag who runs it; what is only declared, or could not be read, stands nowhere."""
    containers: defaultdict[str, list[UnitRow]] = defaultdict(list)
    for row in results.units:
        for cell in row.cells:
            if cell.running:
                containers[_tag(cell.running, published)].append(row)
    return {tag: _user(rows) for tag, rows in containers.items()}


def _user(rows: Sequence[UnitRow]) -> Users:
    units = {row.unit for row in rows}
    accounts = dict.fromkeys(row.account or row.account_id or row.unit for row in rows)
    counts = f"{counted(len(rows), 'container')} in {counted(len(units), 'unit')}"
    return Users(accounts=tuple(accounts), counts=counts)


def _tag(text: str, published: Collection[str]) -> str:
    """Take the tag of a foreign image (``other-repository:v1.2.3``), which the matrix shows as a whole."""
    tag = text.rpartition(":")[2]
    return tag if tag in published else text


def _ticks(shown: Sequence[ReleaseNote], axis: _Axis) -> tuple[Tick, ...]:
    """Mark every release; label the newest and the breaking ones, from the newest on, where there is room."""
    ticks: list[Tick] = []
    free = float(WIDTH)
    for note in reversed(shown):
        x = axis.x(note.published)
        newest = note is shown[-1]
        has_room = (newest or note.breaking) and x <= free
        if has_room:
            free = x - _LABEL
        kind = "breaking" if note.breaking else "review" if note.breaking is None else "plain"
        word = {"breaking": ", breaking", "review": ", to be reviewed", "plain": ""}[kind]
        label = one_line(note.tag, 14) if has_room else ""
        ticks.append(Tick(x=x, css=kind, label=label, title=f"{note.tag}, {note.published}{word}"))
    return tuple(reversed(ticks))


def _stand(note: ReleaseNote, users: Users, axis: _Axis, row: int) -> Stand:
    x = axis.x(note.published)
    right = x < WIDTH / 2
    return Stand(
        x=x,
        y=92 + _ROW * row,
        tag=one_line(note.tag, 40),
        words=some(users.accounts),
        anchor="start" if right else "end",
        text_x=x + 12 if right else x - 12,
    )
