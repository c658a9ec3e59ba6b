"""What the page shows, as plain values: the template only lays them out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.model import Severity
from audit.text import counted
from audit.verdict.finding import Finding
from audit.verdict.results import CheckNote, Results
from reports.beside import Gone, LeftOut, age, changes, disabled, fixed, left_out, unread
from reports.causes import Cause, causes
from reports.html.chains import Chains, chains
from reports.html.controls import Control, controls
from reports.html.matrix import Matrix, matrix
from reports.html.timeline import Timeline, timeline
from reports.html.trend import Trend, trend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from audit.verdict.finding import Evidence, Outcome

_HEADLINES: Final = {
    0: "In sync and fully covered",
    1: "Findings to act on",
    2: "The audit was interrupted",
    3: "The audit itself failed",
    5: "Nothing was audited",
    10: "Incomplete: not everything could be read",
}
_ROWS = 3000  # of findings: beyond that the page gets too heavy to open, and the results file has them all
_LEAST_ROWS = 1000  # are shown however large the matrix is
_CELLS_A_ROW = 12  # fields of the matrix weigh as much as one row
_EVIDENCE = 8
WORDS: Final[dict[Outcome, str]] = {
    "fail": "fail",
    "error": "check failed",
    "unknown": "unknown",
    "waived": "waived",
    "pass": "pass",
    "not_applicable": "not applicable",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One finding in the table of its cause; message and remedy only where they differ from what stands above it.

    ``since`` says how long it is known, empty where there are no earlier results.
    """

    anchor: str
    finding: Finding
    word: str
    since: str
    message: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One cause with its findings."""

    anchor: str
    lead: Finding
    level: str
    scope: str
    rows: tuple[Row, ...]
    hidden: int
    evidence: tuple[str, ...]
    controls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Everything on the page; ``results`` for what needs no preparation."""

    results: Results
    headline: str
    tone: str
    outcomes: tuple[tuple[str, str, int], ...]
    severities: tuple[tuple[str, int], ...]
    coverage: tuple[tuple[str, int, str], ...]
    facts: tuple[tuple[str, str], ...]
    matrix: Matrix
    cards: tuple[Card, ...]
    waived: tuple[Finding, ...]
    passes: tuple[tuple[str, int], ...]
    chains: Chains
    timeline: Timeline | None
    trend: Trend | None
    controls: tuple[Control, ...]
    changes: str
    fixed: tuple[Gone, ...]
    unread: tuple[Gone, ...]
    left_out: tuple[LeftOut, ...]
    disabled: tuple[CheckNote, ...]


def page(results: Results) -> Page:
    """Prepare the page."""
    cards = _cards(causes(results), _room(results), results)
    anchors = {row.finding.id: row.anchor for card in cards for row in card.rows}
    fallback = {finding.id: card.anchor for card in cards for finding in _hidden(card, results)}
    return Page(
        results=results,
        headline=_HEADLINES.get(results.exit_code, "The audit ended early"),
        tone={0: "good", 10: "unsure"}.get(results.exit_code, "bad"),
        outcomes=tuple((name, WORDS[name], results.summary.get(name, 0)) for name in WORDS),
        severities=_severities(results),
        coverage=_coverage(results),
        facts=tuple(_facts(results)),
        matrix=matrix(results, fallback | anchors),
        cards=cards,
        waived=tuple(finding for finding in results.findings if finding.outcome == "waived"),
        passes=tuple(sorted(Counter(passed.check for passed in results.passes).items())),
        chains=chains(results),
        timeline=timeline(results),
        trend=trend(results),
        controls=controls(results),
        changes=changes(results),
        fixed=fixed(results),
        unread=unread(results),
        left_out=left_out(results),
        disabled=disabled(results),
    )


def _hidden(card: Card, results: Results) -> Sequence[Finding]:
    """Name the findings that have no row of their own: links to them lead to the card."""
    if not card.hidden:
        return ()
    key = card.lead.cause_id
    return [finding for finding in results.findings if finding.cause_id == key]


def _room(results: Results) -> int:
    cells = sum(len(row.cells) for row in results.units)
    return max(_ROWS - cells // _CELLS_A_ROW, _LEAST_ROWS)


def _cards(found: Sequence[Cause], room: int, results: Results) -> tuple[Card, ...]:
    cards, number = [], 0
    for index, cause in enumerate(found, 1):
        shown = cause.findings[: max(room, 1)]
        room -= len(shown)
        above = (cause.lead, *shown)
        rows = tuple(
            _row(finding, f"f{number + step}", above[step - 1], age((finding,), results))
            for step, finding in enumerate(shown, 1)
        )
        number += len(shown)
        cards.append(_card(cause, f"c{index}", rows, age(cause.findings, results)))
    return tuple(cards)


def _card(cause: Cause, anchor: str, rows: tuple[Row, ...], since: str) -> Card:
    lead = cause.lead
    return Card(
        anchor=anchor,
        lead=lead,
        level=lead.severity if lead.outcome == "fail" else lead.outcome,
        scope=", ".join(filter(None, (_scope(cause), _open_for(since)))),
        rows=rows,
        hidden=len(cause.findings) - len(rows),
        evidence=_evidence(cause),
        controls=tuple(dict.fromkeys(control for finding in cause.findings for control in finding.controls)),
    )


def _open_for(since: str) -> str:
    return f"open for {since}" if since[:1].isdigit() and " day" in since else since


def _row(finding: Finding, anchor: str, above: Finding, since: str) -> Row:
    return Row(
        anchor=anchor,
        finding=finding,
        word=WORDS[finding.outcome],
        since=since,
        message="" if finding.message == above.message else finding.message,
        remedy="" if finding.remedy == above.remedy else finding.remedy,
    )


def _scope(cause: Cause) -> str:
    if len(cause.findings) == 1:
        return ""
    parts = [counted(len(cause.findings), "finding")]
    if cause.accounts:
        parts.append(counted(len(cause.accounts), "account"))
    if cause.containers:
        parts.append(counted(len(cause.containers), "container"))
    return ", ".join(parts)


def _evidence(cause: Cause) -> tuple[str, ...]:
    told = dict.fromkeys(_source(item) for finding in cause.findings for item in finding.evidence)
    lines = tuple(told)
    if len(lines) > _EVIDENCE:
        return (*lines[:_EVIDENCE], f"and {len(lines) - _EVIDENCE:,} more in the results file")
    return lines


def _source(item: Evidence) -> str:
    if item.source == "hcl":
        return ":".join(str(part) for part in (item.file, item.line, item.column) if part)
    call = " ".join(part for part in (item.source, item.service, item.operation) if part)
    more = (f"request {item.request_id}" if item.request_id else "", f"at {item.time}" if item.time else "")
    return ", ".join(part for part in (call, *more) if part)


def _severities(results: Results) -> tuple[tuple[str, int], ...]:
    found = Counter(finding.severity for finding in results.findings if finding.outcome == "fail")
    return tuple((level.name, found[level.name]) for level in sorted(Severity, reverse=True))  # type: ignore[index]


def _coverage(results: Results) -> tuple[tuple[str, int, str], ...]:
    counts = results.coverage
    whole = max(counts.expected, 1)
    parts = (("complete", counts.complete), ("partial", counts.partial), ("unread", counts.unread))
    return tuple((word, number, f"{100 * number / whole:.2f}%") for word, number in parts)


def _facts(results: Results) -> list[tuple[str, str]]:
    run, source = results.run, results.release_source
    known = {"github": "GitHub", "file": "a file", "bundled": "the list bundled with this tool"}[source.kind]
    facts = [
        ("Judged", _time(run.judged_at)),
        ("Snapshot taken", _time(results.snapshot_taken_at)),
        ("Snapshot SHA-256", results.snapshot_sha256),
        ("Releases known from", " ".join(part for part in (known, source.where) if part) + f", as of {source.as_of}"),
        ("Newest release", source.newest or "unknown"),
        ("Why not from GitHub", source.fallback_reason or ""),
        ("Run by", run.caller or "unknown"),
        ("Selection", run.selection.words or "everything"),
        ("Counts as a failure from", run.selection.fail_on),
        ("Run", run.id),
        ("Tool", f"pipelines-audit {run.tool_version}"),
        ("Configuration SHA-256", run.config_sha256 or ""),
        ("Waivers SHA-256", run.waivers_sha256 or ""),
    ]
    return [(name, value) for name, value in facts if value]


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")
