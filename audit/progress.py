"""Progress on standard error: a bar on a terminal, elsewhere a line at each stage and every ten seconds."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.progress import Progress as Bar
from rich.progress import TaskID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.look import Progress

EVERY_SECONDS = 10.0
WORDS = {
    "declared": "reading the repository",
    "released": "asking for the releases",
    "accounts": "looking at accounts",
    "registries": "looking at image registries",
}


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress for as long as the block lasts, in the way that suits standard error."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console  # noqa: PLC0415 -- start-up: only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 -- as above
    from rich.progress import Progress as Bar  # noqa: PLC0415 -- as above

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


@dataclass(slots=True)
class _Bar:
    bar: Bar
    task: TaskID | None = None

    def begin(self, stage: str, total: int | None) -> None:
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.task = self.bar.add_task(WORDS[stage], total=total)

    def advance(self, what: str) -> None:  # noqa: ARG002 -- the bar counts, it doesn't name
        if self.task is not None:
            self.bar.advance(self.task)


@dataclass(slots=True)
class _Lines:
    stage: str = ""
    total: int | None = None
    done: int = 0
    last: float = field(default_factory=time.monotonic)

    def begin(self, stage: str, total: int | None) -> None:
        self.stage, self.total, self.done = stage, total, 0
        sys.stderr.write(f"{WORDS[stage]}{f': {total}' if total else ''}\n")

    def advance(self, what: str) -> None:  # noqa: ARG002 -- a line every ten seconds counts, it doesn't name
        self.done += 1
        if time.monotonic() - self.last >= EVERY_SECONDS:
            self.last = time.monotonic()
            sys.stderr.write(f"{WORDS[self.stage]}: {self.done} of {self.total}\n")
