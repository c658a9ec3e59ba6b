"""The table for the terminal: worst first, what to do beside it, the verdict in words as the last line."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from tabulate import tabulate
from wcwidth import wcswidth

from audit.text import counted, neutral, one_line, without_commands
from audit.verdict.finding import OUTCOMES
from reports.beside import changes, disabled, fixed, left_out, unread
from reports.causes import container_order, place
from reports.lines import lines_of, some
from reports.split import split
from reports.states import SYMBOLS
from reports.units import unit_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.verdict.results import CellState, Results, UnitRow
    from reports.beside import Gone
    from reports.causes import Cause
    from reports.lines import Line

_COLOURS: Final = {"critical": "1;31", "high": "31", "medium": "33", "unknown": "35", "error": "1;35"}
_MATRIX_ROWS = 24
_LINES = 1000  # of findings, the worst: nobody reads more on a terminal, and drawing them takes longer than judging
_GONE = 10  # findings that are gone, told one by one
_REMEDY_ROOM = 30  # below that the table is unreadable, and findings stand one below the other


def render(results: Results, *, width: int = 140, colour: bool = False) -> str:
    """Draw the findings for a terminal of ``width`` columns; the last line is the verdict."""
    open_causes, waived = _split(results)
    lines = list(lines_of(open_causes, results))
    blocks = [
        _wrapped(f"INCOMPLETE: {one_line(results.run.incomplete)}", width) if results.run.incomplete else "",
        _findings(lines[:_LINES], width, colour=colour),
        _more(len(lines) - _LINES),
        _waived(waived, width),
        _changes(results, width),
        _gaps(results, width),
        _left_out(results, width),
        _matrix(results, width) if results.findings or results.coverage.gaps else "",
        "\n".join(_wrapped(fact, width) for fact in _facts(results)),
        neutral(results.verdict).replace("\n", " "),
    ]
    text = "\n\n".join(block for block in blocks if block) + "\n"
    return without_commands(text)


def _more(number: int) -> str:
    if number <= 0:
        return ""
    return (
        f"and {counted(number, 'more line')}: a report has them all, such as --report html=FILE or --report json=FILE"
    )


def _split(results: Results) -> tuple[list[Cause], list[Cause]]:
    """Open causes and waived ones; an unread fact is told once, among the gaps."""
    told = bool(results.coverage.gaps)
    shown = [cause for cause in split(results) if not (told and cause.lead.check == "not-covered")]
    return [c for c in shown if c.lead.outcome != "waived"], [c for c in shown if c.lead.outcome == "waived"]


def _findings(lines: Sequence[Line], width: int, *, colour: bool) -> str:
    if not lines:
        return ""
    columns = {
        "severity": [_level(line, colour=colour) for line in lines],
        "account, region": [line.where for line in lines],
        "container": [line.container.replace(", ", "\n") for line in lines],
        "declared": ["\n".join(filter(None, (line.declared, _folded(line.place)))) for line in lines],
        "running": [line.running.replace(", ", "\n") for line in lines],
        "released": [line.released for line in lines],
        "what to do": ["\n".join(_advice(line)) for line in lines],
    }
    filled = {head: cells for head, cells in columns.items() if any(cells)}
    room = _room(filled, width)
    if room is None:
        return _stacked(lines, width, colour=colour)
    return _table(filled, room)


def _advice(line: Line) -> Iterator[str]:
    yield line.check
    if line.level in {"error", "unknown"}:  # the columns beside it say nothing about these
        yield line.message
    yield line.remedy


def _folded(place: str, limit: int = 24) -> str:
    """Break a path behind its slashes, so that no name is cut in two."""
    lines = [""]
    for part in re.findall("[^/]*/?", place):
        lines[-1:] = [lines[-1], part] if lines[-1] and len(lines[-1] + part) > limit else [lines[-1] + part]
    return "\n".join(lines)


def _room(columns: dict[str, list[str]], width: int) -> list[int] | None:
    """Widths of the columns, all that is left for the last one; None where that is too little to read."""
    caps = {"account, region": 0.16, "container": 0.16, "declared": 0.18, "running": 0.12, "released": 0.1}
    widths: list[int] = []
    for head, cells in list(columns.items())[:-1]:
        natural = max(_width(head) + 2, *(_width(line) for cell in cells for line in cell.split("\n")))
        least = max(map(_width, head.split())) + 2  # tabulate gives a head two more columns than it needs
        widths.append(min(natural, max(least, int(width * caps[head]))) if head in caps else 10)
    rest = width - sum(widths) - 2 * len(widths)
    return [*widths, rest] if rest >= _REMEDY_ROOM else None


def _table(columns: dict[str, list[str]], room: list[int]) -> str:
    return tabulate(
        columns,
        headers="keys",
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=room,
        maxheadercolwidths=room,
        break_on_hyphens=False,
    )


def _stacked(lines: Sequence[Line], width: int, *, colour: bool) -> str:
    rows = []
    for line in lines:
        said = (("declared", line.declared), ("running", line.running), ("released", line.released))
        values = ", ".join(f"{name} {value}" for name, value in said if value)
        text = [
            " · ".join(filter(None, (line.where, line.container))),
            f"{line.check}: {line.message}",
            f"{values} ({line.place})" if line.place and values else values or line.place,
            f"→ {line.remedy}",
        ]
        rows.append([_level(line, colour=colour), "\n".join(filter(None, text))])
    return tabulate(
        rows, tablefmt="plain", disable_numparse=True, maxcolwidths=[10, width - 10], break_on_hyphens=False
    )


def _level(line: Line, *, colour: bool) -> str:
    return "\n".join(filter(None, (_painted(line.level, colour=colour), line.age)))


def _painted(level: str, *, colour: bool) -> str:
    code = _COLOURS.get(level)
    return f"\x1b[{code}m{level}\x1b[0m" if colour and code else level


def _waived(waived: Sequence[Cause], width: int) -> str:
    """Say once for each check and waiver what it covers."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for finding in (finding for cause in waived for finding in cause.findings):
        note = finding.waiver
        until = f"{note.id} until {note.expires}, {counted(note.days_left, 'day')} left" if note else ""
        groups[finding.check, until].append(f"{place(finding)} {finding.container or ''}".rstrip())
    rows = [f"waived: {check}, {some(places)}; {until}" for (check, until), places in groups.items()]
    return "\n".join(_wrapped(one_line(row), width) for row in rows)


def _changes(results: Results, width: int) -> str:
    """Say what is fixed since the run before, and what nobody could judge anew."""
    rows = [changes(results)]
    for word, several in (("fixed", fixed(results)), ("not judged anew", unread(results))):
        told = [f"{word}: {_gone(one)}; open since {one.first_seen}" for one in several[:_GONE]]
        rows += [*told, f"{word}: and {len(several) - _GONE:,} more"] if len(several) > _GONE else told
    return "\n".join(_wrapped(one_line(row), width) for row in rows if row)


def _gone(one: Gone) -> str:
    return f"{one.check}, {one.place} {one.container}".rstrip()


def _left_out(results: Results, width: int) -> str:
    rows = []
    for out in left_out(results):
        until = f"{out.owner}, until {out.expires}, {counted(out.days_left, 'day')} left"
        rows.append(f"excluded: {some(out.places)}: {' '.join(filter(None, (out.reason, out.ticket)))}; {until}")
    rows += [f"disabled: {note.id}: {note.disabled}" for note in disabled(results)]
    return "\n".join(_wrapped(one_line(row), width) for row in rows)


def _gaps(results: Results, width: int) -> str:
    rows = []
    for gap in results.coverage.gaps:
        where = " ".join(part for part in (gap.account or gap.account_id, gap.region) if part) or gap.unit or ""
        via = ", ".join(filter(None, (gap.call, gap.code, gap.permission and f"grant {gap.permission}")))
        rows.append(
            [one_line(where), "\n".join(filter(None, (one_line(gap.what), one_line(via), one_line(gap.message))))]
        )
    if not rows:
        return ""
    first = min(max(_width(row[0]) for row in rows), width // 3)
    body = tabulate(
        rows,
        tablefmt="plain",
        disable_numparse=True,
        maxcolwidths=[max(first, 1), width - max(first, 1) - 2],
        break_on_hyphens=False,
    )
    return f"could not be read:\n{body}"


def _matrix(results: Results, width: int) -> str:
    names = container_order(cell.container for row in results.units for cell in row.cells)
    called = unit_names(results)
    if len(results.units) <= _MATRIX_ROWS and names:
        drawn = tabulate(
            [[one_line(called[row.unit], 60), *_cells(row, names)] for row in results.units],
            headers=["", *(one_line(name, 40) for name in names)],
            tablefmt="simple",
            disable_numparse=True,
            maxheadercolwidths=14,
        )
        if max(map(_width, drawn.split("\n"))) <= width:
            return drawn
    states: Counter[CellState] = Counter(cell.state for row in results.units for cell in row.cells)
    counts = ", ".join(f"{states[state]:,} {state}" for state in SYMBOLS if states[state])
    return _wrapped(f"containers: {counts}", width) if counts else ""


def _cells(row: UnitRow, names: Sequence[str]) -> list[str]:
    states = {cell.container: cell.state for cell in row.cells}
    blank = {"unread": "? unknown", "excluded": "excluded"}.get(row.coverage, "")
    return [f"{SYMBOLS[states[name]]} {states[name]}" if name in states else blank for name in names]


def _facts(results: Results) -> Iterator[str]:
    coverage, source = results.coverage, results.release_source
    parts = (("complete", coverage.complete), ("partial", coverage.partial), ("unread", coverage.unread))
    detail = ", ".join(f"{number:,} {word}" for word, number in parts if number)
    excluded = f"; {coverage.excluded:,} excluded" if coverage.excluded else ""
    yield f"units: {coverage.read:,} of {coverage.expected:,} read ({detail or 'none'}){excluded}"
    summary = ((name.replace("_", " "), results.summary.get(name, 0)) for name in OUTCOMES)
    counts = ", ".join(f"{number:,} {name}" for name, number in summary if number)
    yield f"checks: {counts or 'none'}"
    reason = f" ({one_line(source.fallback_reason)})" if source.fallback_reason else ""
    newest = one_line(source.newest or "unknown")
    yield f"releases: {source.kind}, as of {one_line(source.as_of)}, newest {newest}{reason}"


def _wrapped(text: str, width: int) -> str:
    return tabulate([[text]], tablefmt="plain", disable_numparse=True, maxcolwidths=[width], break_on_hyphens=False)


def _width(text: str) -> int:
    return max(wcswidth(text), 0)
