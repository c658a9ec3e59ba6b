"""The findings as GitHub-flavoured Markdown: for a step summary, a comment, an issue."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from audit.text import counted, one_line
from reports import readiness
from reports.beside import changes, disabled, fixed, left_out, unread
from reports.causes import place
from reports.evidence import sources
from reports.lines import lines_of, some
from reports.split import split
from reports.ways import ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.verdict.results import Results
    from reports.lines import Line
    from reports.readiness import Line as ChecklistLine

_REQUESTS: Final = 3
SUMMARY_LIMIT: Final = 900 * 1024  # bytes: GitHub drops a step summary above 1 MiB without failing
COMMENT_LIMIT: Final = 65_000  # a comment may have 65,536 characters
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#!|~&@:$]")
_WORD = re.compile(r"(?<=\w)[:_](?=\w)|:(?= |$)")  # inside of a word these mean nothing, and ids stay readable
# GitHub turns these into links and notices after the Markdown is rendered; it leaves code alone.
_LINKED = re.compile(r"@\w|#\d|GH-\d|://|www\.|[0-9a-f]{7,40}", re.IGNORECASE)


def render(results: Results, *, limit: int = SUMMARY_LIMIT) -> str:
    """Draw the findings, cut between two rows where they would take more than ``limit`` bytes, saying so."""
    closing = "\n".join(_closing(results))
    room = limit - len(closing.encode()) - 200
    kept: list[str] = []
    cut = 0
    for row in _rows(results):
        room -= len(row.encode()) + 1
        if room < 0:
            cut += 1
        else:
            kept.append(row)
    told = [f"\n{counted(cut, 'more line')} left out here: the full report has everything.\n"] if cut else []
    return "\n".join([*kept, *told, closing])


def _rows(results: Results) -> Iterator[str]:
    yield "## Pipelines audit"
    yield ""
    if results.run.incomplete:
        yield f"**INCOMPLETE**: {escaped(results.run.incomplete)}"
        yield ""
    yield f"**{escaped(results.verdict, 600)}**"
    yield from _readiness(results)
    yield from _changes(results)
    yield from _findings(results)
    yield from _gaps(results)
    yield from _waived(results)
    yield from _left_out(results)
    yield from _disabled(results)
    yield from _warnings(results)
    yield from _requests(results)
    yield ""


def _readiness(results: Results) -> Iterator[str]:
    """Draw the checklist before an upgrade, and the way of each account."""
    if results.readiness is None:
        return
    rows = ((line.section, line.what, line.state, _evidence(line)) for line in readiness.lines(results))
    yield from _table(f"Readiness for {escaped(results.readiness.to, 60)}", ("", "Line", "State", "Evidence"), rows)
    found = list(ways(results))
    if found:
        yield from ("", "### Route", "")
    for units, way in found:
        yield f"- {escaped(units)}"
        yield from (f"{'    ' if text.startswith(' ') else '  '}- {escaped(text.strip(), 600)}" for text in way)


def _evidence(line: ChecklistLine) -> str:
    if not line.items:
        return line.seen
    first = next((item for item in line.items if item.state == line.state), line.items[0])
    more = len(line.items) - 1
    where = f"{first.where}: " if first.where else ""
    return f"{where}{first.message}{f' (and {more:,} more)' if more else ''}"


def _findings(results: Results) -> Iterator[str]:
    open_causes = (cause for cause in split(results) if cause.lead.outcome != "waived")
    lines = list(lines_of(open_causes, results))
    if lines:
        heads = ("Severity", "Account, region", "Container", "Declared", "Running", "Released", "Check", "What to do")
        yield from _table("Findings", heads, map(_cells, lines))


def _cells(line: Line) -> tuple[str, ...]:
    declared = f"{line.declared} ({line.place})" if line.place and line.declared else line.declared or line.place
    check = f"{line.check}: {line.message}"
    level = f"{line.level}, {line.age}" if line.age else line.level
    return (level, line.where, line.container, declared, line.running, line.released, check, line.remedy)


def _gaps(results: Results) -> Iterator[str]:
    rows = [
        (
            " ".join(part for part in (gap.account or gap.account_id or gap.unit, gap.region) if part),
            gap.what,
            " ".join(part for part in (gap.call, gap.code) if part),
            gap.permission or "",
            gap.message,
        )
        for gap in results.coverage.gaps
    ]
    if rows:
        yield from _table("Could not be read", ("Where", "What", "Call", "Missing permission", "What to do"), rows)


def _waived(results: Results) -> Iterator[str]:
    rows = [
        (note.id, finding.check, place(finding), note.reason, note.owner, f"{note.expires}", f"{note.days_left}")
        for finding in results.findings
        if finding.outcome == "waived" and (note := finding.waiver)
    ]
    if rows:
        heads = ("Waiver", "Check", "Where", "Reason", "Owner", "Expires", "Days left")
        yield from _table("Waived", heads, rows)


def _changes(results: Results) -> Iterator[str]:
    told = changes(results)
    if told:
        yield ""
        yield f"{escaped(told[:1].upper() + told[1:])}."
    for title, several in (("Fixed", fixed(results)), ("Not judged anew", unread(results))):
        rows = [(one.check, one.place, one.container, one.first_seen, f"{one.days}") for one in several]
        if rows:
            yield from _table(title, ("Check", "Where", "Container", "Open since", "Days"), rows)


def _left_out(results: Results) -> Iterator[str]:
    rows = [
        (some(out.places), out.reason, out.ticket, out.owner, f"{out.expires}", f"{out.days_left}")
        for out in left_out(results)
    ]
    if rows:
        yield from _table("Excluded", ("Where", "Reason", "Ticket", "Owner", "Expires", "Days left"), rows)


def _disabled(results: Results) -> Iterator[str]:
    rows = [(note.id, note.disabled or "") for note in disabled(results)]
    if rows:
        yield from _table("Disabled checks", ("Check", "Reason"), rows)


def _warnings(results: Results) -> Iterator[str]:
    rows = [(str(warning.location), warning.message) for warning in results.warnings]
    if rows:
        yield from _table("Waivers to look at", ("Where", "What"), rows)


def _requests(results: Results) -> Iterator[str]:
    """Name the requests behind the open findings; last, for that can be spared first."""
    rows = [
        (cause.lead.check, one.what, one.request, one.time)
        for cause in split(results)
        if cause.lead.outcome != "waived"
        for one in [one for one in sources(cause, placed=True) if one.request][:_REQUESTS]
    ]
    if rows:
        yield from _table("Evidence in CloudTrail", ("Check", "Call", "Request", "Time"), rows)


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield ""
    yield f"### {title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(map(escaped, row))} |" for row in rows)


def _closing(results: Results) -> Iterator[str]:
    coverage, source, summary = results.coverage, results.release_source, results.summary
    counts = ", ".join(f"{summary.get(name, 0):,} {name}" for name in ("fail", "unknown", "error", "waived", "pass"))
    excluded = f", {coverage.excluded:,} excluded" if coverage.excluded else ""
    yield f"{coverage.read:,} of {coverage.expected:,} units read{excluded}; {counts}."
    yield f"Releases from {source.kind}, as of {escaped(source.as_of)}, newest {escaped(source.newest or 'unknown')}."
    yield (
        f"Run {escaped(results.run.id)}, of the snapshot of {results.snapshot_taken_at.isoformat()}, "
        f"SHA-256 {escaped(results.snapshot_sha256)}."
    )
    yield ""


def escaped(text: str, limit: int = 300) -> str:
    """Make text mean itself: markup as character references, and what GitHub would link or notify about as code."""
    whole = one_line(text, limit)
    plain = {found.start() for found in _WORD.finditer(whole)}
    shown = "".join(c if index in plain or not _MARKUP.match(c) else f"&#{ord(c)};" for index, c in enumerate(whole))
    return f"<code>{shown}</code>" if _LINKED.search(html.unescape(whole)) else shown
