"""Hooks that harden and enrich pytest-html's own report of the run (``--html``).

pytest-html writes ids, cells, metadata and summary as raw HTML, copies the variables of some 30 CI systems, and
calls a partial run finished. Here everything from outside is escaped, the metadata are ours, a finding's facts have
columns of their own, and what was not judged to the end says so.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from audit.model import Severity
from audit.text import counted, neutral, one_line
from reports.beside import disabled, left_out
from reports.lines import some
from reports.plugin import results_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.verdict.results import Results

# pytest-html has no types: what its hooks hand over is described here.
Fact: TypeAlias = "Mapping[str, Any]"
TestRow: TypeAlias = "dict[str, Any]"

MOST_ROWS: Final = 2000
# pytest says so where a check hides its own frames; nobody who reads the page can pass that option.
_ADVICE: Final = "All traceback entries are hidden. Pass `--full-trace` to see hidden and internal frames."
# pytest-html's own grey is too pale to read, and a row's values should stand beside each other.
_STYLE: Final = (
    "<style>body, #results-table, #environment td { color: #1b2126; font-size: 13px } "
    "#results-table td { vertical-align: top; overflow-wrap: break-word } "
    ".col-testId, .col-mend, .col-declared, .col-running { overflow-wrap: anywhere }</style>"
)
_DATA = pytest.StashKey[Any]()
_COLUMNS: Final = ("verdict", "severity", "account", "region", "container", "declared", "running", "released", "mend")
# pytest-html colours, filters and counts by its own words; "passed" is only what a finding calls a pass.
_RESULTS: Final = {
    "fail": "Failed",
    "error": "Error",
    "unknown": "Error",
    "waived": "XFailed",
    "pass": "Passed",
    "not_applicable": "Skipped",
}
_NO_FINDING: Final = {"passed": "Error", "failed": "Failed", "skipped": "Error"}
_NOTHING: Final[tuple[Fact, ...]] = ({"outcome": "unknown", "remedy": "see its log: it left no finding"},)
_WORST_FIRST: Final = ("Failed", "Error", "XPassed", "XFailed", "Skipped", "Passed")


@pytest.hookimpl(optionalhook=True)
def pytest_html_report_title(report: Any) -> None:  # noqa: ANN401 -- pytest-html's ReportData has no types
    """Name the page for what it is, and keep hold of its data."""
    report.title = "Pipelines audit: run of the checks"
    report.config.stash[_DATA] = report


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Replace the links column by the columns of a finding."""
    ours = [f'<th class="sortable" data-column-type="{name}">{name.capitalize()}</th>' for name in _COLUMNS]
    cells[1:] = [*ours, cells[1], cells[2]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take the sting out of captured output and attachments, before pytest-html keeps them."""
    report.sections = [(neutral(head), neutral(text)) for head, text in report.sections]
    kept = [extra for extra in getattr(report, "extras", ()) if _inert(extra)]
    for extra in kept:
        extra["name"] = _cell(extra["name"])
        extra["content"] = escape(str(extra["content"])) if extra["format_type"] == "url" else extra["content"]
    report.extras = kept  # type: ignore[attr-defined] # the attribute is pytest-html's


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport | pytest.CollectReport, cells: list[str]) -> None:
    """Show the findings of the item, one line for each in every column."""
    findings: Sequence[Fact] = getattr(report, "finding", ())
    result = _result(report, findings)
    columns = [f'<td class="col-{name}">{_lines(name, findings or _NOTHING)}</td>' for name in _COLUMNS]
    duration = cells[2]
    cells[:] = [
        f'<td class="col-result">{result}</td>',
        *columns,
        f'<td class="col-testId">{_cell(report.nodeid)}</td>',
        duration,
    ]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_html(report: pytest.TestReport | pytest.CollectReport, data: list[str]) -> None:
    """Show control characters in the log: some are turned into links or colours further on."""
    if isinstance(report.longrepr, tuple):  # a skip: its file and line are those of this tool on this machine
        data[0] = escape(report.longrepr[2])
    data[:] = [neutral(text).replace(_ADVICE, "") for text in data]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """Say the verdict, what was left out, and what the run was; set the counters right."""
    results = results_of(session.config)
    prefix.append(_STYLE)
    prefix.extend(f"<p>{_cell(line, 600)}</p>" for line in _verdict(results, session))
    data = session.config.stash[_DATA]
    prefix.extend(f"<p>{line}</p>" for line in _settle(data))
    if results is not None:
        data.data["environment"].update({name: _cell(value) for name, value in _about(results)})


def _inert(extra: Mapping[str, Any]) -> bool:
    kind, content = extra["format_type"], str(extra["content"])
    return kind in {"json", "text"} or (kind == "url" and content.startswith(("https://", "http://")))


def _cell(value: object, limit: int = 300) -> str:
    return escape(one_line(str(value), limit))


def _lines(column: str, findings: Sequence[Fact]) -> str:
    """One line for each finding, a single one where they all say the same."""
    values = [_value(column, finding) for finding in findings]
    return "<br>".join(values[:1] if len(set(values)) == 1 else values)


def _value(column: str, finding: Fact) -> str:
    if column == "verdict":
        note = finding.get("waiver")
        accepted = f" ({note['id']}, {counted(note['days_left'], 'day')} left)" if note else ""
        return _cell(str(finding.get("outcome") or "unknown").replace("_", " ") + accepted)
    if column == "mend":
        return "" if finding.get("outcome") in {"pass", "not_applicable"} else _cell(finding.get("remedy") or "")
    value = _cell(finding.get(column) or "", 120)
    place = finding.get("location") if column == "declared" else None
    return f"{value} ({_cell(place.get('file'), 120)}:{_cell(place.get('line'))})" if place else value


def _result(report: pytest.TestReport | pytest.CollectReport, findings: Sequence[Fact]) -> str:
    """Give the row's result in pytest-html's words: the worst of its findings, never better than pytest's own."""
    if getattr(report, "when", "call") != "call" and report.outcome == "failed":
        return "Error"
    found = {_RESULTS.get(str(finding.get("outcome")), "Error") for finding in findings}
    if report.outcome == "failed" and not found & {"Failed", "Error"}:
        return "Error"
    return min(found, key=_WORST_FIRST.index) if found else _NO_FINDING[report.outcome]


def _verdict(results: Results | None, session: pytest.Session) -> list[str]:
    if results is None:
        return [f"INCOMPLETE: the run ended (exit {int(session.exitstatus)}) before there were results"]
    incomplete = [f"INCOMPLETE: {results.run.incomplete}"] if results.run.incomplete else []
    return [*incomplete, results.verdict]


def _about(results: Results) -> list[tuple[str, str]]:
    run, source = results.run, results.release_source
    return [
        ("Run", run.id),
        ("Tool", f"pipelines-audit {run.tool_version}"),
        ("Run by", run.caller or "unknown"),
        *(("Accounts looked at as", name) for name in filter(None, [", ".join(run.seen_as)])),
        ("Selection", run.selection.words or "everything"),
        ("Snapshot", f"{results.snapshot_taken_at.isoformat()}, SHA-256 {results.snapshot_sha256}"),
        ("Releases", f"{source.kind}, as of {source.as_of}, newest {source.newest or 'unknown'}"),
        ("Coverage", f"{results.coverage.read} of {results.coverage.expected} units read"),
        *(("Excluded", line) for line in filter(None, ["; ".join(_excluded(results))])),
        *(("Disabled checks", line) for line in filter(None, ["; ".join(_disabled(results))])),
    ]


def _excluded(results: Results) -> Iterator[str]:
    for out in left_out(results):
        yield f"{some(out.places)} until {out.expires} by {out.owner}: {out.reason}"


def _disabled(results: Results) -> Iterator[str]:
    for note in disabled(results):
        yield f"{note.id}: {note.disabled}"


def _settle(data: Any) -> list[str]:  # noqa: ANN401 -- pytest-html's ReportData has no types
    """Count the rows by what they say, keep what a browser can bear, and tell what was left out."""
    tests: dict[str, list[TestRow]] = data.data["tests"]
    rows = [(nodeid, row) for nodeid, several in tests.items() for row in several]
    counts = Counter(row["result"].lower() for _, row in rows)
    for name, outcome in data.outcomes.items():
        outcome["value"] = counts[name]
    if len(rows) <= MOST_ROWS:
        return []
    kept = sorted((pair for pair in rows if pair[1]["result"] != "Passed"), key=lambda pair: _rank(pair[1]))
    tests.clear()
    for nodeid, row in kept[:MOST_ROWS]:
        tests.setdefault(nodeid, []).append(row)
    told = [f"{counts['passed']:,} passed and are counted, but not listed: more than {MOST_ROWS:,} rows do not open."]
    if len(kept) > MOST_ROWS:
        told.append(f"Listed are the {MOST_ROWS:,} worst of {len(kept):,} others; the compliance report has them all.")
    return told


def _rank(row: TestRow) -> tuple[int, int]:
    severity = row.get("severity", "").partition("<br>")[0]
    level = Severity[severity].value if severity in Severity.__members__ else 0
    return _WORST_FIRST.index(row["result"]), -level
