"""The ways of an upgrade in words: each once, with the units that go it, their hops and what stands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.released.hops import Hop, Route
    from audit.verdict.results import Results, RouteNote

BUILDS: Final = {
    "inside": "built from inside",
    "local": "built with local Docker",
    "unknown": "how to build is unknown",
}
_MANY = 5  # units of one way that are still told one by one


def ways(results: Results) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the units of each way, and its lines; those of barriers begin with two blanks."""
    for units, note in by_way(results):
        more = f" and {len(units) - _MANY:,} more" if len(units) > _MANY else ""
        yield ", ".join(units[:_MANY]) + more, tuple(_way(note))


def by_way(results: Results) -> Iterator[tuple[tuple[str, ...], RouteNote]]:
    """Give each way once, as the first unit has it, with all units that go it."""
    found: dict[tuple[Route | None, str | None], list[RouteNote]] = {}
    for note in results.readiness.routes if results.readiness else ():
        found.setdefault((note.route, note.reason), []).append(note)
    for notes in found.values():
        yield tuple(one_line(note.unit, 80) for note in notes), notes[0]


def _way(note: RouteNote) -> Iterator[str]:
    if note.route is None:
        yield f"unknown: {one_line(note.reason or '')}"
    elif not note.route.hops:
        yield f"{one_line(note.route.start, 60)}: nothing to do"
    else:
        for hop in note.route.hops:
            yield from _hop(hop)


def _hop(hop: Hop) -> Iterator[str]:
    yield f"{one_line(hop.start, 60)} → {one_line(hop.to, 60)}, {BUILDS[hop.build]}"
    for barrier in hop.barriers:
        yield f"  {one_line(barrier.release, 60)} {barrier.kind}: {one_line(barrier.reason, 400)}"
