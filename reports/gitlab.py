"""GitLab's Code Quality report: one entry for each cause, at the literal that must change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from audit.text import neutral, one_line
from audit.verdict.finding import fingerprint
from reports.places import anchor
from reports.split import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.model import SeverityName
    from audit.verdict.results import Results
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


def _description(cause: Cause) -> str:
    lead = cause.lead
    state = {"unknown": "unknown: ", "error": "the check failed: ", "waived": "waived: "}.get(lead.outcome, "")
    others = len(cause.places) - 1
    more = f" (and {others:,} more places)" if others else ""
    return one_line(f"{state}{lead.message}{more}; {lead.remedy}", 900)
