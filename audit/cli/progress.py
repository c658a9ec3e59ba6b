"""Progress on standard error: a bar on a terminal, elsewhere a line at each stage and every ten seconds."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rich.progress import Progress as Bar
from rich.progress import TaskID

from audit.cli.telemetry import Run, current, detail, say
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.look.rounds import Progress
    from audit.running.spent import Spent

EVERY_SECONDS = 10.0
WORDS = {
    "declared": "reading the repository",
    "released": "asking for the releases",
    "credentials": "checking credentials",
    "accounts": "looking at accounts",
    "registries": "looking at image registries",
    "secrets": "looking at secrets",
}


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
    from rich.console import Console  # noqa: PLC0415 -- start-up: only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 -- as above

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[tally]}"))
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


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
class _Bar:
    bar: Bar
    tally: Tally = field(default_factory=lambda: Tally(total=None))
    task: TaskID | None = None

    def begin(self, stage: str, total: int | None) -> None:
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.tally = Tally(total=total)
        self.task = self.bar.add_task(WORDS[stage], total=total, tally="")

    def advance(self, *, calls: int = 0, failed: bool = False) -> None:
        self.tally.add(calls, failed=failed)
        if self.task is not None:
            self.bar.update(self.task, advance=1, tally=self.tally.words())


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
