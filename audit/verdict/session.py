"""One judging session: the snapshot paired once, its items' outcomes into the ledger, the conclusion at its end.

Knows nothing of pytest's hooks: ``audit.plugin`` calls it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audit import snapshot as snapshots
from audit.config import Settings
from audit.snapshot import Snapshot
from audit.verdict import conclusion, coverage, judging, pairing
from audit.verdict.check import Check
from audit.verdict.ledger import Ledger
from audit.verdict.pairing import UnitView
from audit.verdict.releases import Releases
from audit.verdict.results import Coverage

if TYPE_CHECKING:
    from audit.verdict.check import Judgement
    from audit.verdict.results import Results


@dataclass(slots=True)
class Session:
    """What is judged (``snapshot``, paired as ``units``), by which ``checks``, and what came of it (``ledger``)."""

    settings: Settings
    config_sha256: str | None
    snapshot: Snapshot
    judged_at: datetime
    units: tuple[UnitView, ...]
    coverage: Coverage
    releases: Releases
    ledger: Ledger
    checks: tuple[Check, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def begin(cls, settings: Settings, config_sha256: str | None, snapshot: Snapshot) -> Session:
        """Pair the snapshot and open the ledger."""
        now = datetime.now(UTC).replace(microsecond=0)
        units = pairing.views(snapshot)
        return cls(
            settings=settings,
            config_sha256=config_sha256,
            snapshot=snapshot,
            judged_at=now,
            units=units,
            coverage=coverage.coverage(snapshot, units),
            releases=Releases(released=snapshot.released, today=now.date(), max_age_days=settings.max_release_age_days),
            ledger=Ledger.start(),
        )

    def entry(self, nodeid: str, check: Check, unit: str, judgements: tuple[Judgement, ...]) -> dict[str, Any]:
        """Make the ledger's entry of one item, as plain data that can travel on a report."""
        verdict = judging.conclude(check, unit, judgements)
        findings = [judging.plain(found) for found in verdict.findings]
        return {"nodeid": nodeid, "check": check.id, "unit": unit, "outcome": verdict.outcome, "findings": findings}

    def end(self, *, expected: int, reason: str | None) -> Results:
        """Close the ledger and conclude; the ledger's file goes, for its content is in the results."""
        ended = self.ledger.end(expected=expected, reason=reason)
        occasion = conclusion.Occasion(
            id=self.id,
            judged_at=self.judged_at,
            settings=self.settings,
            config_sha256=self.config_sha256,
            snapshot=self.snapshot,
            snapshot_sha256=snapshots.sha256(self.snapshot),
            releases=self.releases,
        )
        results = conclusion.conclude(occasion, self.units, self.ledger.entries, ended, self.checks)
        self.ledger.remove()
        return results
