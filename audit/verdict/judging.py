"""Judging: from a check and its judgements to findings, plain data on the way into the ledger."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from audit.verdict.finding import OUTCOMES, Finding, Outcome, fingerprint
from audit.verdict.waivers import waived

if TYPE_CHECKING:
    from datetime import date

    from audit.model import Location
    from audit.verdict.check import Check, Judgement, Subject
    from audit.verdict.finding import Evidence, WaiverNote
    from audit.verdict.waivers import Waivers

PlainFinding = dict[str, Any]

_EMPTY: Final = MappingProxyType[str, Any](dict.fromkeys(field.name for field in fields(Finding)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one item ended with: its worst outcome and one finding per subject that is not simply a pass."""

    check: str
    unit: str
    outcome: Outcome
    findings: tuple[Finding, ...]


def conclude(check: Check, unit: str, judgements: tuple[Judgement, ...]) -> Verdict:
    """Sum an item up; an item that judged nothing is not applicable, never a pass."""
    outcomes = {judgement.outcome for judgement in judgements} or {"not_applicable"}
    if outcomes == {"pass", "not_applicable"}:
        outcomes = {"pass"}
    worst = next(outcome for outcome in OUTCOMES if outcome in outcomes)
    findings = tuple(finding(check, found) for found in judgements if found.outcome not in ("pass", "not_applicable"))
    return Verdict(check=check.id, unit=unit, outcome=worst, findings=findings)


def waive(verdict: Verdict, waivers: Waivers, today: date) -> Verdict:
    """Apply the waivers to an item: its outcome is again the worst of its findings."""
    found = tuple(waived(one, waivers, today) for one in verdict.findings)
    outcomes = {one.outcome for one in found} or {verdict.outcome}
    return replace(verdict, findings=found, outcome=next(outcome for outcome in OUTCOMES if outcome in outcomes))


def finding(check: Check, judgement: Judgement) -> Finding:
    """Make the finding of one judgement."""
    about = judgement.subject
    id_ = fingerprint(check.id, about.account_id, about.region, about.stack, about.container, about.kind)
    return Finding(
        id=id_,
        check=check.id,
        severity=check.severity,
        outcome=judgement.outcome,
        account=about.account,
        account_id=about.account_id,
        region=about.region,
        unit=about.unit,
        stack=about.stack,
        container=about.container,
        subject=about.name,
        kind=about.kind,
        declared=about.declared,
        running=about.running,
        released=about.released,
        message=judgement.message,
        location=about.location,
        remedy=about.remedy or check.remedy,
        controls=check.controls,
        cause_id=_cause(check, judgement) or id_,
        evidence=about.evidence,
        waiver=None,
    )


def plain(found: Finding) -> PlainFinding:
    """Turn a finding into data that travels on a pytest report."""
    told = _named(found)
    for name in ("location", "waiver"):
        told[name] = told[name] and _named(told[name])
    told["evidence"] = tuple(_named(one) for one in found.evidence)
    return told


def quiet(check: Check, subject: Subject, outcome: Outcome) -> PlainFinding:
    """Give the shape of a finding to an item that found nothing: for the columns of pytest-html."""
    return _EMPTY | {
        "check": check.id,
        "severity": check.severity,
        "outcome": outcome,
        "account": subject.account,
        "account_id": subject.account_id,
        "region": subject.region,
        "unit": subject.unit,
        "subject": subject.name,
        "message": "",
        "remedy": "",
        "controls": (),
        "evidence": (),
    }


def _named(value: Finding | Location | WaiverNote | Evidence) -> dict[str, Any]:
    """Give the fields of a value as they are: ``asdict`` copies every string, which takes a tenth of a run."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _cause(check: Check, judgement: Judgement) -> str | None:
    gap, place = judgement.gap, judgement.subject.location
    if gap is not None:
        return fingerprint("gap", gap.what, gap.account_id, gap.region, gap.unit, gap.call, gap.code)
    return fingerprint(check.id, place.file, str(place.line), str(place.column)) if place else None
