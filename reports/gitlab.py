"""GitLab's Code Quality report: one entry for each cause, at the literal that must change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from audit.text import neutral, one_line
from audit.verdict.finding import fingerprint
from reports.beside import left_out
from reports.places import anchor, unit_file
from reports.split import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.model import SeverityName
    from audit.verdict.results import Results
    from reports.beside import LeftOut
    from reports.causes import Cause

_SEVERITY: Final[Mapping[SeverityName, str]] = {
    "critical": "blocker",
    "high": "critical",
    "medium": "major",
    "low": "minor",
    "info": "info",
}


def render(results: Results) -> str:
    """Draw the array that GitLab reads; a waived cause stays in it, as information."""
    entries = [_entry(cause, results) for cause in split(results)]
    entries += [_excluded(out, results) for out in left_out(results)]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def _entry(cause: Cause, results: Results) -> dict[str, object]:
    lead, place = cause.lead, anchor(cause.lead, results)
    return {
        "description": _description(cause),
        "check_name": one_line(lead.check),
        "fingerprint": fingerprint(neutral(lead.check), neutral(cause.id), lead.outcome),
        "severity": "info" if lead.outcome == "waived" else _SEVERITY[lead.severity],
        "location": {"path": neutral(place.file), "lines": {"begin": place.line}},
    }


def _excluded(out: LeftOut, results: Results) -> dict[str, object]:
    """Tell what was left out, as information, at the first unit that it is about."""
    unit = next((unit.unit for unit in out.units if unit.unit), None)
    place = unit_file(unit, results)
    words = f"excluded until {out.expires} by {out.owner}: {', '.join(out.places)}: {out.reason}"
    return {
        "description": one_line(words, 900),
        "check_name": "excluded",
        "fingerprint": fingerprint("excluded", *(neutral(name) for name in out.places)),
        "severity": "info",
        "location": {"path": neutral(place.file), "lines": {"begin": place.line}},
    }


def _description(cause: Cause) -> str:
    lead = cause.lead
    state = {"unknown": "unknown: ", "error": "the check failed: ", "waived": "waived: "}.get(lead.outcome, "")
    others = len(cause.places) - 1
    more = f" (and {others:,} more places)" if others else ""
    return one_line(f"{state}{lead.message}{more}; {lead.remedy}", 900)
