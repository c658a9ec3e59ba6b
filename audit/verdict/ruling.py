"""The ruling before an upgrade: GO or NO-GO, and the exit code, from the results of the readiness checks; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.model import Severity
from audit.text import counted

if TYPE_CHECKING:
    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

GO, NO_GO, UNKNOWN = 0, 1, 10
_EARLIER = (2, 3, 5)  # interrupted, a bug of a check, nothing judged: no ruling at all


def is_blocker(found: Finding) -> bool:
    """Tell whether a finding keeps the upgrade back, rather than only warning."""
    return Severity[found.severity] >= Severity.high


def blockers(results: Results) -> tuple[Finding, ...]:
    """Give what is wrong and keeps the upgrade back."""
    return tuple(found for found in results.findings if found.outcome == "fail" and is_blocker(found))


def unread(results: Results) -> tuple[Finding, ...]:
    """Give what could keep the upgrade back, and could not be read."""
    return tuple(found for found in results.findings if found.outcome == "unknown" and is_blocker(found))


def warnings(results: Results) -> tuple[Finding, ...]:
    """Give what is wrong, or not known, and does not keep the upgrade back."""
    return tuple(found for found in results.findings if found.outcome in ("fail", "unknown") and not is_blocker(found))


def ruled(results: Results, to: str) -> Results:
    """Put the ruling in place of the verdict of an audit; what is wrong beats what is unknown."""
    if results.exit_code in _EARLIER:
        return results
    wrong, unknown, mild = blockers(results), unread(results), warnings(results)
    code = NO_GO if wrong else UNKNOWN if unknown else GO
    word = {GO: "GO", NO_GO: "NO-GO", UNKNOWN: "NO-GO (unknown)"}[code]
    parts = [
        counted(len(wrong), "blocker") if wrong else "",
        f"{counted(len(unknown), 'blocker')} could not be read" if unknown else "",
        counted(len(mild), "warning") if mild else "",
    ]
    counts = ", ".join(part for part in parts if part) or "no blockers, no warnings"
    words = results.run.selection.words
    selection = f" (selection: {words})" if words else ""
    return replace(results, exit_code=code, verdict=f"exit {code}: {word} for {to}: {counts}{selection}")
