"""What the page shows, as plain values: the template only lays them out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.model import Severity
from audit.verdict.finding import Finding
from audit.verdict.results import CheckNote, Results
from reports.beside import Gone, LeftOut, changes, disabled, fixed, left_out, unread
from reports.causes import causes
from reports.html.cards import WORDS, Card, cards
from reports.html.chains import Chains, chains
from reports.html.controls import Control, controls
from reports.html.head import facts, headline, said
from reports.html.matrix import Matrix, matrix
from reports.html.readiness import Checklist, checklist
from reports.html.timeline import Timeline, timeline
from reports.html.trend import Trend, trend

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Everything on the page; ``results`` for what needs no preparation."""

    results: Results
    headline: str
    said: str
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
    checklist: Checklist | None


def page(results: Results) -> Page:
    """Prepare the page."""
    made = cards(causes(results), results)
    anchors = {row.finding.id: row.anchor for card in made for row in card.rows}
    fallback = {finding.id: card.anchor for card in made for finding in _hidden(card, results)}
    return Page(
        results=results,
        headline=headline(results),
        said=said(results),
        tone={0: "good", 10: "unsure"}.get(results.exit_code, "bad"),
        outcomes=tuple((name, WORDS[name], results.summary.get(name, 0)) for name in WORDS),
        severities=_severities(results),
        coverage=_coverage(results),
        facts=tuple(facts(results)),
        matrix=matrix(results, fallback | anchors),
        cards=made,
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
        checklist=checklist(results, made),
    )


def _hidden(card: Card, results: Results) -> Sequence[Finding]:
    """Name the findings that have no row of their own: links to them lead to the card."""
    if not card.hidden:
        return ()
    key = card.lead.cause_id
    return [finding for finding in results.findings if finding.cause_id == key]


def _severities(results: Results) -> tuple[tuple[str, int], ...]:
    found = Counter(finding.severity for finding in results.findings if finding.outcome == "fail")
    return tuple((level.name, found[level.name]) for level in sorted(Severity, reverse=True))  # type: ignore[index]


def _coverage(results: Results) -> tuple[tuple[str, int, str], ...]:
    counts = results.coverage
    whole = max(counts.expected, 1)
    parts = (("complete", counts.complete), ("partial", counts.partial), ("unread", counts.unread))
    return tuple((word, number, f"{100 * number / whole:.2f}%") for word, number in parts)
