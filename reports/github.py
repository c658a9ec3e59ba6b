"""Workflow commands for GitHub Actions: an annotation for each cause, at the literal that must change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.text import counted, neutral, one_line
from reports.beside import disabled, left_out
from reports.lines import some
from reports.places import anchor
from reports.split import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.verdict.results import Results
    from reports.causes import Cause

MOST: Final = 9  # GitHub shows ten of a level in a step and drops the rest without a word: the tenth counts them
_LEVELS: Final = ("error", "warning", "notice")
_BY_SEVERITY: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice"}


def render(results: Results) -> str:
    """Draw the annotations, worst first; what is waived needs none."""
    shown = [cause for cause in split(results) if cause.lead.outcome != "waived"]
    lines = (line for level in _LEVELS for line in _of(level, [c for c in shown if _level(c) == level], results))
    return "".join(f"{line}\n" for line in (*lines, *_left_out(results), _verdict(results)))


def _of(level: str, found: Sequence[Cause], results: Results) -> Iterator[str]:
    yield from (_annotation(level, cause, results) for cause in found[:MOST])
    if len(found) > MOST:
        more = counted(len(found) - MOST, "more cause")
        yield f"::{level} title={_property('pipelines-audit')}::{_message(f'and {more}; see the report')}"


def _level(cause: Cause) -> str:
    outcome = cause.lead.outcome
    return {"error": "error", "unknown": "warning"}.get(outcome) or _BY_SEVERITY[cause.lead.severity]


def _annotation(level: str, cause: Cause, results: Results) -> str:
    lead, place = cause.lead, anchor(cause.lead, results)
    others = len(cause.places) - 1
    more = f" (and {counted(others, 'more place')})" if others else ""
    where = f"file={_property(place.file)},line={place.line},endLine={place.line}"
    title = _property(f"{lead.check} ({lead.severity if lead.outcome == 'fail' else lead.outcome})")
    return f"::{level} {where},title={title}::{_message(f'{lead.message}{more}; {lead.remedy}')}"


def _left_out(results: Results) -> Iterator[str]:
    """Name what was left out, in the log and not as annotations: nothing has to be done about it."""
    for out in left_out(results):
        yield f"pipelines-audit: excluded until {out.expires}: {one_line(f'{some(out.places)}: {out.reason}', 600)}"
    for note in disabled(results):
        yield f"pipelines-audit: disabled: {one_line(f'{note.id}: {note.disabled}', 600)}"


def _verdict(results: Results) -> str:
    incomplete = f"INCOMPLETE, {results.run.incomplete}: " if results.run.incomplete else ""
    return f"pipelines-audit: {one_line(incomplete + results.verdict, 600)}"


def _message(text: str) -> str:
    return _escaped(one_line(text, 2000))


def _property(text: str) -> str:
    return _escaped(neutral(text)[:500]).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
