"""JUnit XML in the shape of pytest's xunit1: account and region in ``classname``, the check in ``name``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from audit.text import neutral, one_line, without_commands
from reports.beside import changes, disabled, where
from reports.causes import ordered, place
from reports.units import several

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

_TAGS = {"fail": "failure", "unknown": "error", "error": "error", "waived": "skipped"}


def render(results: Results) -> str:
    """Draw every finding and every pass as a test case; unknown is an error, never a pass."""
    return "".join(pieces(results))


def pieces(results: Results) -> Iterator[str]:
    """Draw the same piece by piece: as elements at once, the cases take ten times their text."""
    head, tail = _frame(results)
    yield f'<?xml version="1.0" encoding="utf-8"?>\n{head}'
    for case in _cases(results):
        ET.indent(case, level=2)
        yield f"\n    {ET.tostring(case, encoding='unicode')}"
    yield f"{tail}\n"


def _frame(results: Results) -> tuple[str, str]:
    """Draw what stands around the cases."""
    tags = Counter(_TAGS[finding.outcome] for finding in results.findings)
    beside = len(results.not_applicable) + len(results.excluded) + len(list(disabled(results)))
    suite = ET.Element(
        "testsuite",
        name="pipelines-audit",
        tests=str(len(results.findings) + len(results.passes) + beside),
        failures=str(tags["failure"]),
        errors=str(tags["error"]),
        skipped=str(tags["skipped"] + beside),
        time="0",
        timestamp=results.run.judged_at.isoformat(),
    )
    suite.append(_properties(_about(results)))
    root = ET.Element("testsuites", name="pipelines-audit")
    root.append(suite)
    ET.indent(root)
    head, properties, tail = ET.tostring(root, encoding="unicode").rpartition("</properties>")
    return head + properties, tail


def _cases(results: Results) -> Iterator[ET.Element]:
    stacks = several(results)
    for finding in ordered(results):
        yield _finding(finding, stacks.get(finding.unit or "", ""))
    yield from _passes(results)
    yield from _excluded(results)
    yield from _disabled(results)


def _about(results: Results) -> Iterator[tuple[str, str | None]]:
    run, source = results.run, results.release_source
    yield "verdict", results.verdict
    yield "incomplete", run.incomplete
    yield "run_id", run.id
    yield "tool_version", run.tool_version
    yield "caller", run.caller
    yield "selection", run.selection.words
    yield "snapshot_sha256", results.snapshot_sha256
    yield "snapshot_taken_at", results.snapshot_taken_at.isoformat()
    yield "releases", f"{source.kind} as of {source.as_of}, newest {source.newest or 'unknown'}"
    yield "units_read", f"{results.coverage.read} of {results.coverage.expected}"
    yield "units_excluded", str(results.coverage.excluded) if results.coverage.excluded else None
    yield "changes", changes(results)


def _properties(pairs: Iterator[tuple[str, str | None]]) -> ET.Element:
    element = ET.Element("properties")
    for name, value in pairs:
        if value:
            ET.SubElement(element, "property", name=name, value=neutral(value))
    return element


def _finding(finding: Finding, stack: str) -> ET.Element:
    """Draw a finding; the stack is named where its account has several there, or two cases would have one name."""
    account = finding.account or finding.account_id
    classname = ".".join(part for part in (account, finding.region) if part) or finding.subject
    subject = "/".join(part for part in (stack, finding.container) if part) if finding.container else finding.subject
    detail = f"[{subject}]" if subject else ""
    case = ET.Element("testcase", classname=one_line(classname), name=one_line(f"{finding.check}{detail}"), time="0")
    if finding.location:
        case.set("file", neutral(finding.location.file))
        case.set("line", str(finding.location.line))
    case.append(_properties(_facts(finding)))
    case.append(_outcome(finding))
    return case


def _facts(finding: Finding) -> Iterator[tuple[str, str | None]]:
    for name in ("severity", "outcome", "account_id", "unit", "container", "declared", "running", "released", "id"):
        yield name, getattr(finding, name)
    yield "controls", ", ".join(finding.controls)
    yield "state", finding.state
    yield "first_seen", finding.first_seen.isoformat() if finding.first_seen else None
    yield "baseline", finding.baseline


def _outcome(finding: Finding) -> ET.Element:
    element = ET.Element(_TAGS[finding.outcome], message=one_line(finding.message))
    if finding.outcome == "waived":
        note = finding.waiver
        reason = f"waived by {note.id} ({note.owner}) until {note.expires}: {note.reason}; " if note else "waived; "
        element.set("message", one_line(reason + finding.message))
        return element
    element.set("type", finding.severity if finding.outcome == "fail" else finding.outcome)
    lines = [finding.message, f"where: {place(finding)}", f"what to do: {finding.remedy}"]
    if finding.location:
        lines.insert(1, f"declared at: {finding.location}:{finding.location.column}")
    element.text = without_commands(neutral("\n".join(lines)))
    return element


def _passes(results: Results) -> Iterator[ET.Element]:
    names = {row.unit: ".".join(part for part in (row.account, row.region) if part) for row in results.units}
    for settled, skipped in ((results.passes, False), (results.not_applicable, True)):
        for passed in sorted(settled, key=lambda p: (p.unit, p.check)):
            where = names.get(passed.unit) or passed.unit
            case = ET.Element("testcase", classname=one_line(where), name=one_line(passed.check), time="0")
            if skipped:
                ET.SubElement(case, "skipped", message="not applicable")
            yield case


def _excluded(results: Results) -> Iterator[ET.Element]:
    for unit in results.excluded:
        case = ET.Element("testcase", classname=one_line(where(unit)).replace(" ", "."), name="excluded", time="0")
        words = f"excluded until {unit.expires} by {unit.owner}: {unit.reason}"
        ET.SubElement(case, "skipped", message=one_line(words))
        yield case


def _disabled(results: Results) -> Iterator[ET.Element]:
    for note in disabled(results):
        case = ET.Element("testcase", classname="fleet", name=one_line(note.id), time="0")
        ET.SubElement(case, "skipped", message=one_line(f"disabled: {note.disabled}"))
        yield case
