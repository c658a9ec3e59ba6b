"""Causes as a forge shows them: what is waived apart from what is not, each an entry with an identity of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.causes import Cause, causes

if TYPE_CHECKING:
    from audit.verdict.results import Results


def split(results: Results) -> tuple[Cause, ...]:
    """Give each cause once, or twice where only some of its findings are waived; open ones first, worst first."""
    parts = [
        Cause(id=cause.id, findings=part)
        for waived in (False, True)
        for cause in causes(results)
        if (part := tuple(finding for finding in cause.findings if (finding.outcome == "waived") is waived))
    ]
    return tuple(parts)
