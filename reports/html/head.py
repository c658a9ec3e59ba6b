"""The head of the page: the verdict in words that need no manual, and what the report was drawn from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from audit.model import Severity
from audit.text import counted, one_line
from audit.verdict import ruling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from audit.verdict.results import Results

_HEADLINES: Final = {
    0: "In sync and fully covered",
    1: "Findings to act on",
    2: "The audit was interrupted",
    3: "The audit itself failed",
    5: "Nothing was audited",
    10: "Incomplete: not everything could be read",
}
_RULINGS: Final = {0: "GO for {}", 1: "NO-GO for {}", 10: "NO-GO for {}: a blocker could not be read"}
_SOURCES: Final = {"github": "GitHub", "file": "the file", "bundled": "the list bundled with pipelines-audit"}


def headline(results: Results) -> str:
    """Say how it ended; findings that were accepted, or don't count, are no perfect sync."""
    if results.readiness is not None and results.exit_code in _RULINGS:
        return _RULINGS[results.exit_code].format(one_line(results.readiness.to, 60))
    if results.exit_code == 0 and any(results.summary.get(outcome) for outcome in ("fail", "waived")):
        return "No finding fails this audit"
    return _HEADLINES.get(results.exit_code, "The audit ended early")


def said(results: Results) -> str:
    """Say in a few sentences what was found, and how much of the fleet was seen."""
    return " ".join(_sentences(results))


def facts(results: Results) -> list[tuple[str, str]]:
    """Give what an auditor has to know to find the evidence again."""
    run, source = results.run, results.release_source
    origin = source.where if source.kind == "bundled" and source.where else f"{_SOURCES[source.kind]} {source.where}"
    to, part = results.readiness.to if results.readiness else "", run.selection.snapshot
    told = [
        ("Judged", _time(run.judged_at)),
        ("Snapshot taken", _time(results.snapshot_taken_at)),
        ("Snapshot SHA-256", results.snapshot_sha256),
        ("Releases known from", f"{origin.rstrip()}, as of {source.as_of}"),
        ("Newest release", source.newest or "unknown"),
        ("Why not from GitHub", source.fallback_reason or ""),
        ("Run by", run.caller or "unknown"),
        ("Accounts looked at as", ", ".join(run.seen_as)),
        ("Upgrade to", to),
        ("Selection", run.selection.words or ("everything in the snapshot" if part else "everything")),
        ("Snapshot taken with", part),
        ("Counts as a failure from", run.selection.fail_on),
        ("Run", run.id),
        ("Tool", f"pipelines-audit {run.tool_version}"),
        ("Configuration SHA-256", run.config_sha256 or ""),
        ("Waivers SHA-256", run.waivers_sha256 or ""),
    ]
    return [(name, value) for name, value in told if value]


def _sentences(results: Results) -> Iterator[str]:
    if results.readiness is None:
        yield from _found(results)
        yield from _extent(results)
        yield from _unjudged(results)
    else:
        yield from _ruled(results)
        yield from _extent(results)


def _ruled(results: Results) -> Iterator[str]:
    """Say what keeps an upgrade back."""
    wrong, unread = len(ruling.blockers(results)), len(ruling.unread(results))
    if wrong:
        yield f"{counted(wrong, 'blocker')} to mend before it begins."
    if unread:
        yield f"{counted(unread, 'blocker')} could not be read: nobody should upgrade what nobody has seen."
    if not wrong and not unread:
        yield "Nothing that is known keeps it back."
    if mild := ruling.warnings(results):
        yield f"{counted(len(mild), 'warning')} to read first."
    yield from _accepted(results)


def _found(results: Results) -> Iterator[str]:
    level = Severity[results.run.selection.fail_on]
    found = Counter(Severity[finding.severity] for finding in results.findings if finding.outcome == "fail")
    failing = sum(number for severity, number in found.items() if severity >= level)
    if failing:
        by = (f"{found[one]:,} {one.name}" for one in sorted(found, reverse=True) if one >= level)
        yield f"{counted(failing, 'finding')} to act on: {', '.join(by)}."
    elif sum(results.summary.values()):
        yield "No finding to act on."
    below = found.total() - failing
    if below:
        verb = "does" if below == 1 else "do"
        yield f"{counted(below, 'more finding')} below {level.name} {verb} not fail the audit."
    yield from _accepted(results)


def _accepted(results: Results) -> Iterator[str]:
    waived = results.summary.get("waived", 0)
    if waived:
        yield f"{counted(waived, 'finding')} {'is' if waived == 1 else 'are'} accepted for a time."


def _extent(results: Results) -> Iterator[str]:
    coverage = results.coverage
    if coverage.read == coverage.expected:
        yield f"All {counted(coverage.expected, 'unit')} were read." if coverage.expected > 1 else "The unit was read."
    else:
        units = counted(coverage.expected, "unit")
        yield f"{coverage.read:,} of {units} could be read; of the others nothing is known."


def _unjudged(results: Results) -> Iterator[str]:
    unknown = results.summary.get("unknown", 0)
    if unknown:
        yield f"{counted(unknown, 'judgement')} could not be made."
    bugs = results.summary.get("error", 0)
    if bugs:
        yield f"{counted(bugs, 'check')} failed itself."


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")
