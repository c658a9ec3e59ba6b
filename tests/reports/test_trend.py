"""The trend is on the page where a history was given: a picture, its sentence, and every run in a table behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reports.html import render
from reports.html.trend import trend
from tests.reports import sample
from tests.reports.browser import chromium_page, needs_chromium

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser


def test_words_say_the_picture() -> None:
    """From when to when, how many at first, at most and now, and that unread nights prove nothing."""
    drawn = trend(sample.results())
    assert drawn is not None
    assert drawn.words == (
        "Open findings over 15 runs from 2026-11-10 to 2026-11-24: 9 at first, 18 at most, 18 now. "
        "3 runs (○) could not read everything: what was not judged stays open."
    )
    assert drawn.dots[-1].title == (
        "2026-11-24 02:00: 18 open, 1 of them not judged anew, 7 new, 1 fixed; 5 of 6 units read"
    )
    assert [dot.dark for dot in drawn.dots].count(True) == 3


def test_picture_stays_in_its_frame() -> None:
    """Every point lies inside, in the order of time, the most findings on top."""
    drawn = trend(sample.results())
    assert drawn is not None
    assert [dot.x for dot in drawn.dots] == sorted(dot.x for dot in drawn.dots)
    assert all(dot.x - drawn.bar / 2 > 0 and dot.x + drawn.bar / 2 < 1000 and 0 < dot.y < 206 for dot in drawn.dots)
    assert min(dot.y for dot in drawn.dots) == drawn.dots[-1].y


def test_no_trend_of_one_run() -> None:
    """One run, or none, has no trend, and the page has no empty section of it."""
    for number in (0, 1):
        results = replace(sample.results(), trend=sample.TREND[:number])
        assert trend(results) is None
        assert 'id="trend"' not in render(results)


def test_runs_at_one_moment_and_without_findings() -> None:
    """Neither no time between runs nor no finding at all divides by nothing."""
    still = tuple(replace(sample.TREND[0], open=0, new=0) for _ in range(2))
    drawn = trend(replace(sample.results(), trend=still))
    assert drawn is not None
    assert {dot.y for dot in drawn.dots} == {118.0}


@needs_chromium
def test_numbers_are_behind_it_without_javascript(chromium: Browser, tmp_path: Path) -> None:
    """The table opens by keyboard, has a row a run, and the page does not grow wider than a telephone."""
    file = tmp_path / "page.html"
    file.write_text(render(sample.results()), encoding="utf-8")
    with chromium_page(chromium, file, width=390, scripts=False) as page:
        table = page.locator("#trend details table")
        assert not table.is_visible()
        page.locator("#trend summary").focus()
        page.keyboard.press("Enter")
        assert table.is_visible()
        assert table.locator("tbody tr").count() == len(sample.TREND)
        box = page.locator("#trend").bounding_box()
        assert box is not None
        assert box["width"] <= 390
