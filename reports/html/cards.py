"""The cards: one for each cause, with why it matters, where it was found, what to do, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.text import counted
from audit.verdict.finding import Finding
from reports.beside import age
from reports.evidence import Source, sources
from reports.units import several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.verdict.finding import Outcome
    from audit.verdict.results import Results
    from reports.causes import Cause

_ROWS = 3000  # of findings: beyond that the page gets too heavy to open, and the results file has them all
_LEAST_ROWS = 1000  # are shown however large the matrix is
_CELLS_A_ROW = 12  # fields of the matrix weigh as much as one row
_EVIDENCE = 8
_WHYS = 150  # cards that say why it matters; beyond that the first of each check does
_TOGETHER = 14  # rows of a card that is not torn apart on paper
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

    ``since`` says how long it is known, empty where there are no earlier results; ``stack`` is named where its account
    has several there.
    """

    anchor: str
    finding: Finding
    word: str
    since: str
    stack: str
    message: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One cause with its findings; ``short`` fits on a sheet, ``untold`` counts what evidence there is besides."""

    anchor: str
    lead: Finding
    level: str
    scope: str
    why: str
    rows: tuple[Row, ...]
    hidden: int
    short: bool
    evidence: tuple[Source, ...]
    untold: int
    controls: tuple[str, ...]


def cards(found: Sequence[Cause], results: Results) -> tuple[Card, ...]:
    """Make a card for each cause, in their order, as many rows as the page can bear."""
    room, stacks = _room(results), several(results)
    whys = {note.id: note.why for note in results.checks}
    made, number = [], 0
    for index, cause in enumerate(found, 1):
        shown = cause.findings[: max(room, 1)]
        room -= len(shown)
        above = (cause.lead, *shown)
        rows = tuple(
            _row(finding, f"f{number + step}", above[step - 1], age((finding,), results), stacks)
            for step, finding in enumerate(shown, 1)
        )
        number += len(shown)
        check = cause.lead.check
        why = whys.get(check, "") if index <= _WHYS else whys.pop(check, "")
        made.append(_card(cause, f"c{index}", rows, age(cause.findings, results), why))
    return tuple(made)


def _room(results: Results) -> int:
    cells = sum(len(row.cells) for row in results.units)
    return max(_ROWS - cells // _CELLS_A_ROW, _LEAST_ROWS)


def _card(cause: Cause, anchor: str, rows: tuple[Row, ...], since: str, why: str) -> Card:
    lead, told = cause.lead, sources(cause)
    return Card(
        anchor=anchor,
        lead=lead,
        level=lead.severity if lead.outcome == "fail" else lead.outcome,
        scope=", ".join(filter(None, (_scope(cause), _open_for(since)))),
        why=why,
        rows=rows,
        hidden=len(cause.findings) - len(rows),
        short=len(rows) <= _TOGETHER,
        evidence=told[:_EVIDENCE],
        untold=len(told[_EVIDENCE:]),
        controls=tuple(dict.fromkeys(control for finding in cause.findings for control in finding.controls)),
    )


def _open_for(since: str) -> str:
    return f"open for {since}" if since[:1].isdigit() and " day" in since else since


def _row(finding: Finding, anchor: str, above: Finding, since: str, stacks: Mapping[str, str]) -> Row:
    return Row(
        anchor=anchor,
        finding=finding,
        word=WORDS[finding.outcome],
        since=since,
        stack=stacks.get(finding.unit or "", ""),
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
