"""The handover: what the command gives to a pytest run in its own process, and gets back."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.config import Settings
from audit.snapshot import Snapshot
from audit.verdict.results import Results

HANDOVER = "pipelines-audit-handover"


@dataclass(slots=True)
class Handover:
    """Registered with pytest as a plugin under its ``__name__``; ``results`` is set at the end of the session."""

    settings: Settings
    config_sha256: str | None
    snapshot: Snapshot
    verbose: bool = False
    results: Results | None = None
    __name__: str = field(default=HANDOVER, init=False)
