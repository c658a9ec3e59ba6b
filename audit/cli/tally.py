"""What a stage of a look has come to, in words."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from audit.text import counted

WORDS = {
    "declared": "reading the repository",
    "released": "asking for the releases",
    "credentials": "checking credentials",
    "accounts": "looking at accounts",
    "registries": "looking at image registries",
    "secrets": "looking at secrets",
}


@dataclass(slots=True)
class Tally:
    """What a stage has come to: places done and failed, calls made, since when."""

    total: int | None
    done: int = 0
    failed: int = 0
    calls: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, calls: int, *, failed: bool) -> None:
        """Count one place."""
        self.done += 1
        self.failed += failed
        self.calls += calls

    def words(self) -> str:
        """Say it: failures if there are some, calls, and how many places a second."""
        seconds = max(time.monotonic() - self.began, 0.001)
        failed = f"{self.failed:,} not fully read, " if self.failed else ""
        return f"{failed}{counted(self.calls, 'call')}, {self.done / seconds:.1f} a second"

    def left(self) -> str:
        """Say how long the rest will take at the pace so far."""
        seconds = (time.monotonic() - self.began) / self.done * ((self.total or 0) - self.done)
        return f"{int(seconds // 60)}:{int(seconds % 60):02} left"
