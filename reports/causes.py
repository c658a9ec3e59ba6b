"""Findings grouped by what one edit would mend, worst first: the order that every report shares."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.model import Severity
from audit.verdict.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.verdict.finding import Outcome
    from audit.verdict.results import Results

_RANK: Final[tuple[Outcome, ...]] = ("fail", "error", "unknown", "waived", "pass", "not_applicable")
_STANDARD = ("docker-image-builder", "ami-builder", "terraform-planner", "terraform-applier")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Findings that one edit would mend; the first one is the worst and speaks for them."""

    id: str
    findings: tuple[Finding, ...]

    @property
    def lead(self) -> Finding:
        """The worst of its findings."""
        return self.findings[0]

    @property
    def places(self) -> tuple[str, ...]:
        """Each account and region (or subject) once, in the order of the findings."""
        return tuple(dict.fromkeys(place(finding) for finding in self.findings))

    @property
    def accounts(self) -> tuple[str, ...]:
        """Each account once, in the order of the findings."""
        named = (finding.account or finding.account_id for finding in self.findings)
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def containers(self) -> tuple[str, ...]:
        """Each container once, sorted as in the matrix."""
        return container_order(finding.container for finding in self.findings if finding.container)

    def values(self, field: str) -> tuple[str, ...]:
        """Each value of ``declared``, ``running`` or ``released`` once, in the order of the findings."""
        found = (getattr(finding, field) for finding in self.findings)
        return tuple(dict.fromkeys(value for value in found if value))


def place(finding: Finding) -> str:
    """Account and region of a finding, or its subject where it belongs to none."""
    account = finding.account or finding.account_id
    return " ".join(part for part in (account, finding.region) if part) if account else finding.subject


def container_order(names: Iterable[str]) -> tuple[str, ...]:
    """Put the four standard containers first, then others by name; each once."""
    return tuple(sorted(set(names), key=lambda n: (_STANDARD.index(n) if n in _STANDARD else len(_STANDARD), n)))


def ordered(results: Results) -> tuple[Finding, ...]:
    """Sort all findings: failures, errors, unknown, waived; in each by severity, then in the order of the units."""
    position = {row.unit: index for index, row in enumerate(results.units)}

    def key(finding: Finding) -> tuple[int, int, int, str, str, str, str]:
        return (
            _RANK.index(finding.outcome),
            -Severity[finding.severity],
            position.get(finding.unit or "", len(position)),
            finding.container or "",
            finding.check,
            finding.kind,
            finding.id,
        )

    return tuple(sorted(results.findings, key=key))


def causes(results: Results) -> tuple[Cause, ...]:
    """Group the findings by cause, the worst cause first, among equals the widest."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in ordered(results):
        groups[finding.cause_id or finding.id].append(finding)

    def key(cause: Cause) -> tuple[int, int, int, str, str]:
        lead = cause.lead
        return (_RANK.index(lead.outcome), -Severity[lead.severity], -len(cause.findings), lead.check, cause.id)

    return tuple(sorted((Cause(id=i, findings=tuple(f)) for i, f in groups.items()), key=key))
