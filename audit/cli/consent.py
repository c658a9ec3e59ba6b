"""What a run says and asks: messages on standard error, output of commands on standard output, questions of consent."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.remedy.carrying.run import Answer
    from audit.remedy.steps import Step


def say(text: str) -> None:
    """Tell people; that nobody reads any more stops nothing that is under way."""
    try:
        click.echo(text, err=True)
    except OSError:
        return


@dataclass(slots=True)
class Screen:
    """Standard output for what commands write; one that is closed stops nothing that is under way."""

    closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, text: str) -> None:
        """Write text as far as somebody still reads it."""
        with self._lock:
            if not self.closed:
                try:
                    sys.stdout.write(text)
                    sys.stdout.flush()
                except OSError:
                    self.closed = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """The consent of who carries a plan out: given with the plan's SHA-256, or asked for at the terminal."""

    approved: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wave(self, title: str, steps: Sequence[Step]) -> bool:
        """Ask for a wave, with what is to be done in it."""
        say(f"{title}:")
        for step in steps:
            say(f"  {step.number}. {one_line(step.title)}")
        return self.approved or self._asked(f"carry out {counted(len(steps), 'step')} of {title}? [yes/no]") == "yes"

    def agree(self, question: str) -> bool:
        """Ask before something is applied; with the SHA-256 of the plan this was answered."""
        return self.approved or self._asked(f"{question} [yes/no]") == "yes"

    def doubt(self, step: Step, told: str) -> Answer:
        """Ask about a step that was cut off; without a terminal only what is proved not to be there is done again."""
        if not sys.stdin.isatty():
            return "again" if told == "not seen" else "stop"
        words = "its effect is not there" if told == "not seen" else "whether its effect is there cannot be told"
        say(f"step {step.number} ({one_line(step.title)}) was cut off, and {words}")
        answer = self._asked("was it done (done), should it be started once more (again), or neither (stop)?")
        return "done" if answer == "done" else "again" if answer == "again" else "stop"

    def by_hand(self, step: Step) -> bool:
        """Ask whether people have done what waits for them."""
        return sys.stdin.isatty() and self._asked(f"is step {step.number} done? [yes/no]") == "yes"

    def _asked(self, question: str) -> str:
        with self._lock:
            click.echo(f"{question} ", err=True, nl=False)
            return sys.stdin.readline().strip().lower()
