"""One row for each finding, for a spreadsheet: RFC 4180, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from audit.text import neutral, without_commands
from reports.causes import ordered

if TYPE_CHECKING:
    from audit.verdict.finding import Finding
    from audit.verdict.results import Excluded, Results

COLUMNS = (
    "severity",
    "outcome",
    "check",
    "account",
    "account_id",
    "region",
    "unit",
    "stack",
    "container",
    "subject",
    "kind",
    "declared",
    "running",
    "released",
    "message",
    "remedy",
    "file",
    "line",
    "column",
    "controls",
    "waiver",
    "waiver_expires",
    "waiver_days_left",
    "state",
    "first_seen",
    "baseline",
    "cause_id",
    "id",
    "run",
)
# The full-width forms are formulas too in some locales, and leading blanks are skipped before one is looked for.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 -- the lookalikes are meant
_LIMIT = 32_000  # a spreadsheet's cell holds 32,767 characters


def render(results: Results) -> str:
    """Draw a header, one row for each finding, worst first, and one for each unit that was excluded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_safe(value) for value in _row(finding, results)] for finding in ordered(results))
    writer.writerows([_safe(value) for value in _left_out(unit, results)] for unit in results.excluded)
    return text.getvalue()


def _row(finding: Finding, results: Results) -> list[object]:
    place, waiver = finding.location, finding.waiver
    beside = {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "controls": "; ".join(finding.controls),
        "waiver": waiver.id if waiver else None,
        "waiver_expires": waiver.expires if waiver else None,
        "waiver_days_left": waiver.days_left if waiver else None,
        "run": results.run.id,
        "first_seen": finding.first_seen.isoformat() if finding.first_seen else None,
    }
    return [beside[name] if name in beside else getattr(finding, name) for name in COLUMNS]


def _left_out(unit: Excluded, results: Results) -> list[object]:
    """Fill the columns for a unit that nobody judged: who left it out, why, and until when."""
    told = {
        "severity": "info",
        "outcome": "excluded",
        "account": unit.account,
        "account_id": unit.account_id,
        "region": unit.region,
        "unit": unit.unit,
        "message": f"excluded by {unit.owner}: {unit.reason}",
        "waiver_expires": unit.expires,
        "waiver_days_left": unit.days_left,
        "run": results.run.id,
    }
    return [told.get(name) for name in COLUMNS]


def _safe(value: object) -> str:
    raw = "" if value is None else str(value)
    text = without_commands(neutral(raw.replace("\r\n", "\n")))[:_LIMIT]
    starts_formula = text.lstrip().startswith(_FORMULA) or raw.startswith(("\t", "\r", "\n"))
    return f"'{text}" if starts_formula else text
