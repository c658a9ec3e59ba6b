"""One judging session: the snapshot paired once, its items' outcomes into the ledger, the conclusion at its end.

Knows nothing of pytest's hooks: ``audit.plugin`` calls it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audit import snapshot as snapshots
from audit.configuration.config import Settings
from audit.snapshot import Snapshot
from audit.verdict import cockpit, conclusion, judging, left_out, registry, secrets
from audit.verdict.check import Check
from audit.verdict.fleet import Fleet
from audit.verdict.ledger import Ledger
from audit.verdict.left_out import Kept
from audit.verdict.precedents import Precedents
from audit.verdict.readiness import Readiness
from audit.verdict.registry import RepositoryView
from audit.verdict.releases import Releases
from audit.verdict.requests import Requests
from audit.verdict.ruling import ruled
from audit.verdict.secrets import SecretView

if TYPE_CHECKING:
    from audit.look.grounds import Grounds
    from audit.verdict.check import Judgement
    from audit.verdict.pairing import UnitView
    from audit.verdict.results import Coverage, Results


@dataclass(slots=True)
class Session:
    """What is judged (``kept`` of a ``snapshot``), by which ``checks``, beside what, and what came of it (``ledger``).

    ``snapshot`` is the evidence as it was given; what is excluded is in it, but not in what is kept.
    """

    settings: Settings
    config_sha256: str | None
    snapshot: Snapshot
    judged_at: datetime
    precedents: Precedents
    kept: Kept
    releases: Releases
    fleet: Fleet
    repositories: tuple[RepositoryView, ...]
    secrets: tuple[SecretView, ...]
    requests: Requests
    readiness: Readiness | None
    ledger: Ledger
    checks: tuple[Check, ...] = ()
    disabled: tuple[tuple[Check, str], ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def units(self) -> tuple[UnitView, ...]:
        """What is judged, in deploy order."""
        return self.kept.units

    @property
    def coverage(self) -> Coverage:
        """How much of it was seen."""
        return self.kept.coverage

    @classmethod
    def begin(
        cls,
        settings: Settings,
        config_sha256: str | None,
        snapshot: Snapshot,
        precedents: Precedents | None = None,
        now: datetime | None = None,
        grounds: Grounds | None = None,
    ) -> Session:
        """Pair the snapshot without what is excluded, and open the ledger."""
        now = now or datetime.now(UTC).replace(microsecond=0)
        beside = precedents or Precedents()
        kept = left_out.keep(snapshot, beside.waivers, now.date())
        releases = Releases(
            released=snapshot.released,
            today=now.date(),
            max_age_days=settings.max_release_age_days,
            policy=settings.policy,
        )
        fleet = Fleet.of(
            kept.snapshot, kept.units, releases=releases, settings=settings, judged_at=now, earlier=beside.earlier
        )
        return cls(
            settings=settings,
            config_sha256=config_sha256,
            snapshot=snapshot,
            judged_at=now,
            precedents=beside,
            kept=kept,
            releases=releases,
            fleet=fleet,
            readiness=Readiness.of(grounds, fleet, settings) if grounds else None,
            repositories=registry.views(kept.snapshot),
            secrets=secrets.views(kept.snapshot),
            requests=Requests.of(kept.snapshot.running),
            ledger=Ledger.start(),
        )

    def entry(self, nodeid: str, check: Check, unit: str, judgements: tuple[Judgement, ...]) -> dict[str, Any]:
        """Make the ledger's entry of one item, as plain data that can travel on a report."""
        today = self.judged_at.date()
        told = tuple(map(self.requests.told, judgements))
        verdict = judging.waive(judging.conclude(check, unit, told), self.precedents.waivers, today)
        findings = [judging.plain(found) for found in verdict.findings]
        entry = {"nodeid": nodeid, "check": check.id, "unit": unit, "outcome": verdict.outcome, "findings": findings}
        if verdict.outcome == "not_applicable" and self.readiness is not None:
            entry["reason"] = next((one.message for one in judgements if one.message), "")
        return entry

    def end(self, *, expected: int, reason: str | None) -> Results:
        """Close the ledger and conclude; the ledger's file goes, for its content is in the results."""
        ended = self.ledger.end(expected=expected, reason=reason or self.snapshot.incomplete)
        occasion = conclusion.Occasion(
            id=self.id,
            judged_at=self.judged_at,
            settings=self.settings,
            config_sha256=self.config_sha256,
            snapshot=self.snapshot,
            snapshot_sha256=snapshots.sha256(self.snapshot),
            releases=self.releases,
            precedents=self.precedents,
        )
        results = conclusion.conclude(occasion, self.kept, self.ledger.entries, ended, self.checks, self.disabled)
        self.ledger.remove()
        if self.readiness is None:
            return results
        return replace(ruled(results, self.readiness.to), readiness=cockpit.note(self.readiness, self.ledger.entries))
