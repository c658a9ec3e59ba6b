"""OCSF 1.5.0 Compliance Findings: one for each finding and each pass, for a security lake or SIEM."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from audit.model import Severity
from audit.text import neutral, one_line
from audit.verdict.finding import fingerprint
from reports.beside import where
from reports.causes import ordered, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.model import SeverityName
    from audit.verdict.finding import Finding, Outcome
    from audit.verdict.results import CheckNote, Excluded, Passed, Results, UnitRow

_COMPLIANCE: Final[Mapping[Outcome, tuple[int, str]]] = {
    "pass": (1, "Pass"),
    "unknown": (2, "Warning"),  # "did not yield a result due to missing information"
    "fail": (3, "Fail"),
    "waived": (3, "Fail"),  # it is; that somebody accepted it for a time says the event's own status
    "error": (0, "Unknown"),
    "not_applicable": (99, "Not applicable"),
}
_TEXT = 1000


def render(results: Results) -> str:
    """Draw a JSON array with one event on a line: what was found, what passed, what was left out."""
    notes = {note.id: note for note in results.checks}
    found = (_finding(f, results, notes) for f in ordered(results))
    events = chain(found, _passes(results, notes), (_excluded(unit, results) for unit in results.excluded))
    lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in events)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def _finding(finding: Finding, results: Results, notes: Mapping[str, CheckNote]) -> dict[str, Any]:
    title = notes[finding.check].title if finding.check in notes else finding.check
    event = _event(
        results, one_line(finding.id), finding.check, finding.severity, suppressed=finding.outcome == "waived"
    )
    event["message"] = one_line(finding.message, _TEXT)
    event["finding_info"] = {
        "uid": one_line(finding.id),
        "title": one_line(title),
        "desc": one_line(finding.message, _TEXT),
        "types": [one_line(finding.check)],
    }
    event["compliance"] = _compliance(finding.check, finding.controls, finding.outcome)
    links = notes[finding.check].references if finding.check in notes else ()
    event["remediation"] = {
        "desc": one_line(finding.remedy or "see the compliance report", _TEXT),
        "references": [one_line(link) for link in links],
    }
    event["cloud"] = _cloud(finding.region, finding.account_id, finding.account)
    event["resources"] = [_resource(one_line(finding.subject or place(finding)), finding.region)]
    event["unmapped"] = {name: one_line(value) for name, value in _beside(finding) if value}
    return event


def _beside(finding: Finding) -> Iterator[tuple[str, str | None]]:
    for name in ("outcome", "unit", "stack", "container", "declared", "running", "released", "cause_id"):
        yield name, getattr(finding, name)
    yield "declared_at", str(finding.location) if finding.location else None
    yield "state", finding.state
    yield "first_seen", finding.first_seen.isoformat() if finding.first_seen else None
    yield "baseline", finding.baseline
    if finding.waiver:
        yield "waiver", f"{finding.waiver.id} until {finding.waiver.expires}: {finding.waiver.reason}"


def _passes(results: Results, notes: Mapping[str, CheckNote]) -> Iterator[dict[str, Any]]:
    units = {row.unit: row for row in results.units}
    for outcome, several in (("pass", results.passes), ("not_applicable", results.not_applicable)):
        for passed in sorted(several, key=lambda p: (p.unit, p.check)):
            yield _pass(passed, "pass" if outcome == "pass" else "not_applicable", results, notes, units)


def _pass(
    passed: Passed,
    outcome: Outcome,
    results: Results,
    notes: Mapping[str, CheckNote],
    units: Mapping[str, UnitRow],
) -> dict[str, Any]:
    note, row = notes.get(passed.check), units.get(passed.unit)
    uid = fingerprint(neutral(passed.check), neutral(passed.unit), outcome)
    event = _event(results, uid, passed.check, "info", suppressed=False)
    event["finding_info"] = {"uid": uid, "title": one_line(note.title if note else passed.check)}
    event["compliance"] = _compliance(passed.check, note.controls if note else (), outcome)
    event["cloud"] = _cloud(*(row.region, row.account_id, row.account) if row else (None, None, None))
    event["resources"] = [_resource(one_line(passed.unit), row.region if row else None)]
    return event


def _excluded(unit: Excluded, results: Results) -> dict[str, Any]:
    """Tell of a unit that was left out on purpose: a suppressed event without a verdict."""
    uid = fingerprint("excluded", *(neutral(part or "") for part in (unit.account_id, unit.region, unit.unit)))
    event = _event(results, uid, "excluded", "info", suppressed=True)
    event["message"] = one_line(f"excluded until {unit.expires} by {unit.owner}: {unit.reason}", _TEXT)
    event["finding_info"] = {"uid": uid, "title": "Excluded from the audit"}
    event["compliance"] = {**_compliance("excluded", (), "not_applicable"), "status": "Excluded"}
    event["cloud"] = _cloud(unit.region, unit.account_id, unit.account)
    event["resources"] = [_resource(one_line(unit.unit or where(unit)), unit.region)]
    return event


def _event(results: Results, uid: str, check: str, severity: SeverityName, *, suppressed: bool) -> dict[str, Any]:
    judged = results.run.judged_at
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "type_name": "Compliance Finding: Create",
        "severity_id": Severity[severity].value,
        "severity": "Informational" if severity == "info" else severity.capitalize(),
        "status_id": 3 if suppressed else 1,
        "status": "Suppressed" if suppressed else "New",
        "time": int(judged.timestamp() * 1000),
        "time_dt": judged.isoformat(),
        "metadata": {
            "version": "1.5.0",
            "profiles": ["cloud", "datetime"],
            "uid": uid,
            "event_code": one_line(check),
            "correlation_uid": one_line(results.run.id, 100),
            "product": {
                "name": "pipelines-audit",
                "uid": "pipelines-audit",
                "vendor_name": "pipelines-audit",
                "version": one_line(results.run.tool_version, 40),
            },
        },
    }


def _compliance(check: str, controls: tuple[str, ...], outcome: Outcome) -> dict[str, Any]:
    """Name the standards (``NIST 800-53``) and their requirements (``NIST 800-53 CM-2``) that the check speaks to."""
    number, word = _COMPLIANCE[outcome]
    standards = dict.fromkeys(one_line(control.rpartition(" ")[0] or control, 100) for control in controls)
    return {
        "control": one_line(check),
        "requirements": [one_line(control, 100) for control in controls],
        "standards": list(standards) or ["pipelines-audit"],
        "status_id": number,
        "status": word,
    }


def _cloud(region: str | None, account_id: str | None, account: str | None) -> dict[str, Any]:
    cloud: dict[str, Any] = {"provider": "AWS"}
    if region:
        cloud["region"] = one_line(region, 100)
    if account_id or account:
        named = {"uid": account_id, "name": account}
        cloud["account"] = {"type_id": 10, "type": "AWS Account"} | {k: one_line(v) for k, v in named.items() if v}
    return cloud


def _resource(name: str, region: str | None) -> dict[str, Any]:
    resource = {"uid": name, "name": name, "type": "ECS Deploy Runner", "cloud_partition": _partition(region)}
    return resource | ({"region": one_line(region, 100)} if region else {})


def _partition(region: str | None) -> str:
    if (region or "").startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if (region or "").startswith("us-gov-") else "aws"
