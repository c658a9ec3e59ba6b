"""The handover: what the command gives to a pytest run in its own process, and gets back."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.configuration.config import Settings
from audit.errors import AuditError
from audit.look.grounds import Grounds
from audit.snapshot import Snapshot
from audit.verdict.precedents import Precedents
from audit.verdict.results import Results


@dataclass(slots=True, eq=False)
class Handover:
    """Registered with pytest as a plugin and found there by its class; ``results`` is set at the end of the session.

    ``run_id`` is the id that the run has given itself, ``error`` why there was no session at all.
    """

    settings: Settings
    config_sha256: str | None
    snapshot: Snapshot
    precedents: Precedents = field(default_factory=Precedents)
    grounds: Grounds | None = None
    verbose: bool = False
    run_id: str | None = None
    results: Results | None = None
    error: AuditError | None = None
