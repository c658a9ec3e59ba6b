"""The checklist before an upgrade on the page: its lines by section, and the way up of each unit, drawn and said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from audit.released.hops import Barrier
from audit.text import counted, one_line
from reports.lines import some
from reports.readiness import told_once
from reports.ways import BUILDS, by_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from audit.released.hops import Hop
    from audit.verdict.results import Results, RouteNote
    from reports.html.cards import Card
    from reports.readiness import Item, State, Told

WIDTH = 1000
_LEFT, _RIGHT = 44, 956
_MANY = 12  # places of one line that are told one by one: the findings below have them all
_UNITS = 12  # units of one way that are named
_WAYS = 100  # ways that are drawn: a fleet has as many as it has versions, but each unread account has its own reason
_MARKS: Final[Mapping[State, tuple[str, str, str]]] = {
    "no-go": ("d", "✗", "NO-GO"),
    "error": ("u", "✗", "check failed"),
    "unknown": ("u", "?", "unknown"),
    "warning": ("b", "!", "warning"),
    "waived": ("w", "~", "waived"),
    "go": ("s", "✓", "GO"),
    "not applicable": ("n", "–", "not applicable"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """What is to be done, and the places that it is for; ``more`` of them are not named."""

    places: tuple[str, ...]
    more: int
    words: str
    command: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the checklist; ``anchor`` is that of its first card, ``again`` what is told under another line."""

    what: str
    css: str
    symbol: str
    word: str
    seen: str
    mends: tuple[Mend, ...]
    again: tuple[str, ...]
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A release on the way up: a stop that is built, declared and applied, or one that asks for more on the way."""

    x: float
    css: str
    label: str
    title: str
    row: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One hop in words, with what it asks for beyond that."""

    start: str
    to: str
    build: str
    barriers: tuple[Barrier, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """The way up of some units; without steps ``words`` say why."""

    units: str
    words: str
    steps: tuple[Step, ...]
    marks: tuple[Mark, ...]
    height: int
    review: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """All of it; ``legend`` counts the lines by state, ``hidden`` the ways that are not drawn."""

    to: str
    legend: tuple[tuple[str, str, str, int], ...]
    sections: tuple[tuple[str, tuple[Row, ...]], ...]
    ways: tuple[Way, ...]
    hidden: int


def checklist(results: Results, cards: Sequence[Card]) -> Checklist | None:
    """Prepare it; None where the run was no check of readiness."""
    if results.readiness is None:
        return None
    anchors: dict[str, str] = {}
    for card in cards:
        anchors.setdefault(card.lead.check, card.anchor)
    told = list(told_once(results))
    states = Counter(one.line.state for one in told)
    found = list(by_way(results))
    sections = groupby(told, key=lambda one: one.line.section)
    return Checklist(
        to=results.readiness.to,
        legend=tuple((*mark, states[state]) for state, mark in _MARKS.items() if states[state]),
        sections=tuple((name, tuple(_row(one, anchors) for one in group)) for name, group in sections),
        ways=tuple(_way(units, note) for units, note in found[:_WAYS]),
        hidden=max(len(found) - _WAYS, 0),
    )


def _row(told: Told, anchors: Mapping[str, str]) -> Row:
    css, symbol, word = _MARKS[told.line.state]
    return Row(
        what=told.line.what,
        css=css,
        symbol=symbol,
        word=word,
        seen=told.line.seen,
        mends=tuple(_mend(items) for items in told.mends),
        again=tuple(f'{_named(items)}: see "{above}"' for above, items in told.again),
        anchor=anchors.get(told.line.check, ""),
    )


def _mend(items: Sequence[Item]) -> Mend:
    first = items[0]
    return Mend(
        places=tuple(item.sentence for item in items[:_MANY]),
        more=max(len(items) - _MANY, 0),
        words="" if first.state == "unknown" else first.mend,  # its message says it already
        command=first.command,
    )


def _named(items: Iterable[Item]) -> str:
    return some(tuple(dict.fromkeys(one_line(item.where or item.subject, 80) for item in items)), _MANY)


def _way(units: Sequence[str], note: RouteNote) -> Way:
    route = note.route
    hops = route.hops if route else ()
    marks = tuple(_marks(hops))
    return Way(
        units=f"{counted(len(units), 'unit')}: {some(tuple(units), _UNITS)}" if len(units) > 1 else units[0],
        words=_words(note),
        steps=tuple(Step(start=hop.start, to=hop.to, build=BUILDS[hop.build], barriers=hop.barriers) for hop in hops),
        marks=marks,
        height=52 + 18 * max((mark.row for mark in marks), default=0),
        review=", ".join(one_line(tag, 60) for tag in route.review) if route else "",
    )


def _words(note: RouteNote) -> str:
    if note.route is None:
        return f"unknown: {note.reason or ''}"
    if not note.route.hops:
        return f"{one_line(note.route.start, 60)}: nothing to do"
    custom = f"; {one_line(note.route.start, 60)} is a build of your own, taken for the release that its numbers name"
    return f"{counted(len(note.route.hops), 'step')}{custom if note.route.is_custom else ''}"


def _marks(hops: Sequence[Hop]) -> Iterable[Mark]:
    """Set the stops and what lies between them at equal distances; labels that would touch stand in rows below."""
    points = [("stop", hops[0].start, "runs now")] if hops else []
    for hop in hops:
        points += [
            (_css(barrier), barrier.release, barrier.kind) for barrier in hop.barriers if barrier.release != hop.to
        ]
        breaks = " ▲" if any(one.release == hop.to and one.kind == "breaking" for one in hop.barriers) else ""
        points.append(("local" if hop.build == "local" else "stop", f"{hop.to}{breaks}", BUILDS[hop.build]))
    apart = (_RIGHT - _LEFT) / max(len(points) - 1, 1)
    rows = 1 if apart >= 76 else 2 if apart >= 38 else 3  # a label takes that much room
    between = 0
    for index, (css, tag, words) in enumerate(points):
        is_stop = css in ("stop", "local")
        between = 0 if is_stop else between + 1
        yield Mark(
            x=round(_LEFT + apart * index, 1),
            css=css,
            label=one_line(tag, 16),
            title=f"{one_line(tag, 60)}: {words}",
            row=0 if is_stop else (between - 1) % rows + 1,
        )


def _css(barrier: Barrier) -> str:
    return "breaking" if barrier.kind in ("breaking", "bootstrap") else "more"
