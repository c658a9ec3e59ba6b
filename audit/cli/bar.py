"""A bar on a terminal: how far a stage of a look has come."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from audit.cli.tally import WORDS, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def bar() -> Iterator[Shown]:
    """Show a bar on standard error for as long as the block lasts."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[tally]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as shown:
        yield Shown(shown)


@dataclass(slots=True)
class Shown:
    """The bar, and what it shows."""

    bar: Progress
    tally: Tally = field(default_factory=lambda: Tally(total=None))
    task: TaskID | None = None

    def begin(self, stage: str, total: int | None) -> None:
        """Start a stage anew."""
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.tally = Tally(total=total)
        self.task = self.bar.add_task(WORDS[stage], total=total, tally="")

    def advance(self, *, calls: int = 0, failed: bool = False) -> None:
        """Count one piece."""
        self.tally.add(calls, failed=failed)
        if self.task is not None:
            self.bar.update(self.task, advance=1, tally=self.tally.words())
