"""Control coverage, for auditors: which checks speak to a control, and what they found."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.beside import disabled

if TYPE_CHECKING:
    from audit.verdict.finding import Outcome
    from audit.verdict.results import Results

_WORDS: Final[tuple[tuple[Outcome, str], ...]] = (
    ("fail", "failed"),
    ("error", "ended in an error"),
    ("unknown", "unknown"),
    ("waived", "waived"),
    ("pass", "passed"),
    ("not_applicable", "not applicable"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """One control: ``state`` colours it, ``result`` says it in words, ``counts`` in numbers."""

    name: str
    state: str
    result: str
    checks: tuple[str, ...]
    counts: str


def controls(results: Results) -> tuple[Control, ...]:
    """Sum up every control that a selected check speaks to, by the name of the control."""
    checks = _checks(results)
    counts = _counts(results)
    off = frozenset(note.id for note in disabled(results))
    return tuple(_control(name, tuple(sorted(checks[name])), counts, off) for name in sorted(checks))


def _checks(results: Results) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for source in results.checks:
        for control in source.controls:
            found[control].add(source.id)
    for finding in results.findings:
        for control in finding.controls:
            found[control].add(finding.check)
    return found


def _counts(results: Results) -> dict[str, Counter[Outcome]]:
    counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for finding in results.findings:
        counts[finding.check][finding.outcome] += 1
    for passed in results.passes:
        counts[passed.check]["pass"] += 1
    for passed in results.not_applicable:
        counts[passed.check]["not_applicable"] += 1
    return counts


def _control(name: str, checks: tuple[str, ...], counts: dict[str, Counter[Outcome]], off: frozenset[str]) -> Control:
    total: Counter[Outcome] = sum((counts.get(check, Counter()) for check in checks), Counter())
    state, result = _state(total)
    said = ", ".join(f"{total[outcome]:,} {word}" for outcome, word in _WORDS if total[outcome])
    shown = tuple(f"{check} (disabled)" if check in off else check for check in checks)
    return Control(name=name, state=state, result=result, checks=shown, counts=said or "nothing judged")


def _state(total: Counter[Outcome]) -> tuple[str, str]:
    """Give the worst first: a failure is one, an unknown is no pass, and nothing judged is unknown too."""
    if total["fail"]:
        return "d", "✗ not met"
    if total["error"] or total["unknown"]:
        return "u", "? unknown"
    if total["waived"]:
        return "w", "~ waived"
    if total["pass"]:
        return "s", "✓ met"
    return ("n", "– not applicable") if total["not_applicable"] else ("u", "? unknown")
