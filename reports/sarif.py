"""SARIF 2.1.0 as GitHub code scanning reads it: one result for each cause, at the literal that must change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from audit.text import counted, neutral, one_line
from audit.verdict.finding import fingerprint
from reports.beside import disabled, left_out
from reports.causes import place
from reports.evidence import sources
from reports.places import anchor
from reports.split import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from audit.model import Location, SeverityName
    from audit.verdict.results import CheckNote, Results
    from reports.causes import Cause

MOST: Final = 5000  # GitHub keeps the first 5,000 results of a run
_TAGS = 10
_EVIDENCE = 8
_LEVEL: Final[Mapping[SeverityName, str]] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
_PROBLEM: Final = {"error": "error", "warning": "warning", "note": "recommendation"}
# GitHub shows a level for security checks alone, and takes it from a score as CVSS has it.
_SCORE: Final[Mapping[SeverityName, str]] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "3.0",
    "info": "0.1",
}
_BASE = "SRCROOT"


def render(results: Results) -> str:
    """Draw one run; waived causes are in it, suppressed; what was cut and what was not read are notifications."""
    found = split(results)
    shown = found[:MOST]
    rules = _rules(results, shown)
    numbers = {rule["id"]: index for index, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "pipelines-audit",
                "semanticVersion": one_line(results.run.tool_version, 40),
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"pipelines-audit/{one_line(results.run.id, 100)}"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(results, len(found) - len(shown))],
        "results": [_result(cause, numbers[one_line(cause.lead.check)], results) for cause in shown],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _rules(results: Results, found: Sequence[Cause]) -> list[dict[str, Any]]:
    """Describe the checks behind the results, from the catalogue that came with them or from their findings."""
    notes = {note.id: note for note in results.checks}
    leads: dict[str, Cause] = {}
    for cause in found:
        leads.setdefault(cause.lead.check, cause)
    return [_rule(leads[check], notes.get(check)) for check in sorted(leads)]


def _rule(cause: Cause, note: CheckNote | None) -> dict[str, Any]:
    lead = cause.lead
    title = note.title if note else lead.check.replace("-", " ").capitalize()
    why = f"{note.title} {note.why}" if note else title
    severity = note.severity if note else lead.severity
    controls = note.controls if note else lead.controls
    remedy = (note.remedy if note else lead.remedy) or "see the compliance report"
    is_security = note is not None and note.subject == "security"
    kind = "security" if is_security else "drift"
    links = [link for link in (note.references if note else ()) if link.startswith("https://")]
    return {
        "id": one_line(lead.check),
        "shortDescription": {"text": one_line(title, 200)},
        "fullDescription": {"text": one_line(why, 900)},
        "help": {"text": one_line(remedy, 900)},
        **({"helpUri": one_line(links[0])} if links else {}),
        "defaultConfiguration": {"level": _LEVEL[severity]},
        "properties": {
            "problem.severity": _PROBLEM[_LEVEL[severity]],
            **({"security-severity": _SCORE[severity]} if is_security else {}),
            "tags": [one_line(tag, 100) for tag in (kind, *controls)][:_TAGS],
        },
    }


def _result(cause: Cause, index: int, results: Results) -> dict[str, Any]:
    lead = cause.lead
    where = anchor(lead, results)
    length = len(lead.declared) + 2 if lead.declared and lead.location else 1
    shown = {
        "ruleId": one_line(lead.check),
        "ruleIndex": index,
        "level": {"error": "error", "unknown": "warning"}.get(lead.outcome) or _LEVEL[lead.severity],
        "message": {"text": _message(cause)},
        "locations": [{"physicalLocation": _physical(where, length)}],
        "relatedLocations": list(_related(cause, results)),
        "partialFingerprints": {"primaryLocationLineHash": _line_hash(cause)},
        "properties": {
            "outcome": lead.outcome,
            "severity": lead.severity,
            "findings": len(cause.findings),
            "evidence": [one_line(str(one), 300) for one in sources(cause)[:_EVIDENCE]],
        },
    }
    if lead.outcome == "waived":
        shown["suppressions"] = [_suppression(cause)]
    states = {finding.baseline or finding.state for finding in cause.findings}
    states -= {None, "not judged"}  # no comparison, no state
    if states:
        shown["baselineState"] = "unchanged" if "persisting" in states else "new"
    return shown


def _message(cause: Cause) -> str:
    lead = cause.lead
    state = {"unknown": "Unknown: ", "error": "The check itself failed: "}.get(lead.outcome, "")
    places = [one_line(name, 80) for name in cause.places]
    affected = f" Affected, {counted(len(places), 'place')}: {', '.join(places)}." if len(places) > 1 else ""
    remedy = f" What to do: {one_line(lead.remedy)}." if lead.remedy else ""
    return f"{state}{one_line(lead.message)}.{affected}{remedy}"


def _related(cause: Cause, results: Results) -> Iterable[dict[str, Any]]:
    """Point at the unit of each affected account, once."""
    files = {row.unit: f"{row.unit}/terragrunt.hcl" for row in results.units}
    seen: dict[str, str] = {}
    for finding in cause.findings:
        if finding.unit in files:
            seen.setdefault(finding.unit, place(finding))
    for number, (unit, name) in enumerate(seen.items(), 1):
        scope = results.run.scope.strip("/")
        path = f"{scope}/{files[unit]}" if scope else files[unit]
        yield {
            "id": number,
            "message": {"text": one_line(name, 120)},
            "physicalLocation": {"artifactLocation": _artifact(path), "region": {"startLine": 1}},
        }


def _physical(where: Location, length: int) -> dict[str, Any]:
    return {
        "artifactLocation": _artifact(where.file),
        "region": {
            "startLine": where.line,
            "startColumn": where.column,
            "endLine": where.line,
            "endColumn": where.column + length,
        },
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(neutral(path)[:1000], safe="/"), "uriBaseId": _BASE}


def _line_hash(cause: Cause) -> str:
    """Identify the alert over time: by check and cause, not by the text of the line, which results do not hold."""
    apart = "waived" if cause.lead.outcome == "waived" else ""
    return f"{fingerprint(neutral(cause.lead.check), neutral(cause.id), apart)[:16]}:1"


def _suppression(cause: Cause) -> dict[str, str]:
    notes = dict.fromkeys(finding.waiver for finding in cause.findings if finding.waiver)
    said = [f"{note.id} ({note.owner}), until {note.expires}: {note.reason}" for note in notes]
    return {"kind": "external", "status": "accepted", "justification": one_line("; ".join(said) or "waived", 900)}


def _invocation(results: Results, cut: int) -> dict[str, Any]:
    notes = [f"{gap.what}: {gap.message}" for gap in results.coverage.gaps]
    notes += [f"waivers: {warning.location}: {warning.message}" for warning in results.warnings]
    notes += [
        f"excluded: {', '.join(out.places)} until {out.expires} ({out.owner}): {out.reason}"
        for out in left_out(results)
    ]
    notes += [f"disabled: {note.id}: {note.disabled}" for note in disabled(results)]
    if results.run.incomplete:
        notes.insert(0, f"INCOMPLETE: {results.run.incomplete}")
    if cut:
        notes.insert(0, f"{counted(cut, 'more cause')} left out: code scanning keeps {MOST:,} results of a run")
    return {
        "executionSuccessful": results.exit_code in {0, 1} and not results.run.incomplete,
        "exitCode": results.exit_code,
        "exitCodeDescription": one_line(results.verdict, 900),
        "endTimeUtc": results.run.judged_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": one_line(n, 900)}} for n in notes],
    }
