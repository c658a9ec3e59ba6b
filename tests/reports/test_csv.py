"""The CSV report is RFC 4180, and no spreadsheet finds a formula in it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from reports.csv import COLUMNS, render
from tests.reports import sample


def test_every_finding_is_a_row() -> None:
    """Header, lines ending in CR LF, one row for each finding and excluded unit; ids keep their leading zeros."""
    text = render(sample.results())
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == text.count("\n") == len(rows) + 1 == 22
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["account_id"], rows[0]["line"], rows[-2]["waiver"]) == ("111122223333", "14", "W-2026-007")
    assert (rows[0]["state"], rows[-2]["first_seen"]) == ("new", "2026-11-22T02:00:00+00:00")
    assert (rows[-1]["outcome"], rows[-1]["account"], rows[-1]["waiver_days_left"]) == ("excluded", "sandbox", "37")


@pytest.mark.parametrize(
    "form",
    ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"],  # noqa: RUF001 -- full width
)
def test_formulas_are_text(form: str) -> None:
    """A cell that would be a formula gets an apostrophe before it."""
    results = sample.results()
    found = replace(results.findings[0], declared=form, message=form)
    (row,) = csv.DictReader(io.StringIO(render(replace(results, findings=(found,), excluded=())), newline=""))
    assert row["declared"].startswith("'")
    assert row["message"].startswith("'")


def test_huge_cells_fit_a_spreadsheet() -> None:
    """A cell never exceeds what a spreadsheet takes."""
    results = sample.results()
    found = replace(results.findings[0], message="x" * 50_000)
    (row,) = csv.DictReader(io.StringIO(render(replace(results, findings=(found,), excluded=())), newline=""))
    assert len(row["message"]) == 32_000
