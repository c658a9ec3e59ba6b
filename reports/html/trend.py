"""The trend of findings over past runs: a line of what was open, bars of what came and went, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.text import counted
from audit.verdict.results import TrendPoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from audit.verdict.results import Results

_LEFT: Final = 64.0
_RIGHT: Final = 980.0
_TOP: Final = 18.0
_FLOOR: Final = 118.0  # of the line of open findings
_MIDDLE: Final = 158.0  # between the bars of what is new, above, and of what was fixed, below
_BAR: Final = 26.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """One run on the line, and its bars; ``title`` says all of it."""

    x: float
    y: float
    dark: bool
    title: str
    new: float
    fixed: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """What the template draws; ``table`` is the same in words, the newest run first."""

    words: str
    line: str
    area: str
    dots: tuple[Dot, ...]
    bar: float
    most: int
    first: str
    last: str
    table: tuple[TrendPoint, ...]


def trend(results: Results) -> Trend | None:
    """Draw the runs of the kept history; None where it has fewer than two."""
    points = results.trend
    if len(points) < 2:
        return None
    start, end = points[0].taken_at, points[-1].taken_at
    most = max(point.open for point in points)
    busiest = max(*(max(point.new, point.fixed) for point in points), 1)
    dots = tuple(_dot(point, _x(point.taken_at, start, end), most, busiest) for point in points)
    line = " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots)
    return Trend(
        words=_words(points),
        line=line,
        area=f"{dots[0].x:g},{_FLOOR:g} {line} {dots[-1].x:g},{_FLOOR:g}",
        dots=dots,
        bar=round(min(14.0, 0.6 * (_RIGHT - _LEFT) / len(points)), 1),
        most=most,
        first=f"{start:%Y-%m-%d}",
        last=f"{end:%Y-%m-%d}",
        table=tuple(reversed(points)),
    )


def _x(moment: datetime, start: datetime, end: datetime) -> float:
    whole = max((end - start).total_seconds(), 1)
    return round(_LEFT + (moment - start).total_seconds() / whole * (_RIGHT - _LEFT), 1)


def _dot(point: TrendPoint, x: float, most: int, busiest: int) -> Dot:
    unread = f", {point.unread:,} of them not judged anew" if point.unread else ""
    dark = point.units_read < point.units_expected
    units = f"; {point.units_read:,} of {counted(point.units_expected, 'unit')} read" if dark else ""
    return Dot(
        x=x,
        y=round(_FLOOR - (_FLOOR - _TOP) * point.open / max(most, 1), 1),
        dark=dark,
        title=f"{point.taken_at:%Y-%m-%d %H:%M}: {point.open:,} open{unread}, "
        f"{point.new:,} new, {point.fixed:,} fixed{units}",
        new=round(_BAR * point.new / busiest, 1),
        fixed=round(_BAR * point.fixed / busiest, 1),
    )


def _words(points: Sequence[TrendPoint]) -> str:
    numbers = [point.open for point in points]
    dark = sum(1 for point in points if point.units_read < point.units_expected)
    unread = f" {counted(dark, 'run')} (○) could not read everything: what was not judged stays open." if dark else ""
    days = f"from {points[0].taken_at:%Y-%m-%d} to {points[-1].taken_at:%Y-%m-%d}"
    extent = f"{numbers[0]:,} at first, {max(numbers):,} at most, {numbers[-1]:,} now"
    return f"Open findings over {counted(len(points), 'run')} {days}: {extent}.{unread}"
