"""Progress on standard error: a bar on a terminal, elsewhere a line at each stage and every ten seconds."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from audit.cli.tally import WORDS, Tally
from audit.cli.telemetry import Run, current, detail, say
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.look.rounds import Progress
    from audit.running.spent import Spent

EVERY_SECONDS = 10.0


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress for as long as the block lasts, in the way that suits standard error."""
    run = current()
    try:
        with _shown() as inner:
            yield _Measured(inner, run)
    finally:
        run.enter(None)


class _Shown(Protocol):
    """What a way of showing progress is told."""

    def begin(self, stage: str, total: int | None) -> None:
        """Start a stage."""

    def advance(self, *, calls: int = 0, failed: bool = False) -> None:
        """Count one piece."""


@contextmanager
def _shown() -> Iterator[_Shown]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from audit.cli.bar import bar  # noqa: PLC0415 -- start-up: only on a terminal

    with bar() as shown:
        yield shown


@dataclass(slots=True)
class _Measured:
    """Tells the run where the time goes, and shows the rest."""

    shown: _Shown
    run: Run

    def begin(self, stage: str, total: int | None) -> None:
        self.run.enter(stage)
        self.shown.begin(stage, total)

    def advance(self, *, calls: int = 0, failed: bool = False, spent: Spent | None = None, what: str = "") -> None:
        self.run.spend(spent or {})
        self.shown.advance(calls=calls, failed=failed)
        if what:
            seconds = sum(cost.seconds for cost in (spent or {}).values())
            words = f"{one_line(what)}: {counted(calls, 'call')}, {seconds:.2f} s{', not fully read' if failed else ''}"
            detail(words, what=one_line(what), calls=calls, seconds=round(seconds, 3), failed=failed)


@dataclass(slots=True)
class _Lines:
    stage: str = ""
    tally: Tally = field(default_factory=lambda: Tally(total=None))
    last: float = field(default_factory=time.monotonic)

    def begin(self, stage: str, total: int | None) -> None:
        self.stage, self.tally = stage, Tally(total=total)
        say(f"{WORDS[stage]}{f': {total}' if total else ''}", stage=stage, total=total)

    def advance(self, *, calls: int = 0, failed: bool = False) -> None:
        self.tally.add(calls, failed=failed)
        if time.monotonic() - self.last >= EVERY_SECONDS:
            self.last = time.monotonic()
            done = f"{self.tally.done} of {self.tally.total}"
            words = f"{WORDS[self.stage]}: {done}, {self.tally.words()}, {self.tally.left()}"
            say(words, stage=self.stage, done=self.tally.done, total=self.tally.total, calls=self.tally.calls)
