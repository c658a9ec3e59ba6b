"""The workbench: how commands of a step are started, what is written down of each, and where their output goes."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from audit.declared.tree import WorkTree
from audit.errors import DeclarationError, RefusedError, StepFailedError, StoppedError
from audit.remedy.carrying.effects import Reply
from audit.remedy.carrying.journal import Journal
from audit.remedy.carrying.programs import Programs
from audit.remedy.carrying.supervise import Ended, Job, Supervisor, appended, leftover
from audit.remedy.steps import CHECKOUT, PLAN_FILE, Step
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.remedy.steps import Command

_MOST_EVIDENCE = 2000
_SCRATCH = "pipelines-audit-step-"
_INTERRUPTED = (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP, 128 + signal.SIGINT, 128 + signal.SIGTERM)


@dataclass(frozen=True, kw_only=True, slots=True)
class Workbench:
    """What all steps of a run share; ``logs`` is the folder of their logs, ``lock`` the descriptor of the lock.

    ``say`` tells people what goes on, ``show`` gets the output of commands; where steps go on ``together``, each
    line of it says whose it is.
    """

    root: Path
    logs: Path
    lock: int
    programs: Programs
    supervisor: Supervisor
    journal: Journal
    say: Callable[[str], None]
    show: Callable[[str], None]
    together: bool = False

    @contextmanager
    def at(self, step: Step) -> Iterator[Work]:
        """Make room for a step: a log, and a folder outside of the repository that nobody else reads."""
        log = self.logs / f"step-{step.number}.log"
        with tempfile.TemporaryDirectory(prefix=_SCRATCH) as folder, appended(log) as kept:
            scratch = Path(folder).resolve()
            if scratch.is_relative_to(self.root):
                raise RefusedError("TMPDIR lies in the repository: unset it")
            work = Work(bench=self, step=step, scratch=scratch, log=kept)
            work.recover()
            yield work


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One step at work."""

    bench: Workbench
    step: Step
    scratch: Path
    log: int

    def begin(self, **details: object) -> None:
        """Write down that the step begins: from here on it is in doubt until its end is written down."""
        self.bench.journal.add("started", self.step.number, **details)

    def run(self, command: Command, *argv: str) -> None:
        """Run a command that may change something, by ``argv`` instead of its own words where they are given.

        Raises StepFailedError where it fails, StoppedError where somebody asked for an end.
        """
        words = argv or command.argv
        given = self._fed(command) if command.feed else None
        number, journal = self.step.number, self.bench.journal
        line = self.line(words)
        self.note(f"$ {line}\n")
        self.bench.say(f"step {number}: running {one_line(line)}")
        journal.add("command", number, argv=line, folder=command.cwd, scratch=str(self.scratch))
        ended = self._start(words, command.cwd, capture=False, given=given)
        if ended.code is not None:
            journal.add("ended", number, code=ended.code)
        self._judge(ended, words)

    def read(self, command: Command, *argv: str, secret: bool = False) -> Reply:
        """Run a command that only looks, and give its answer; ``secret`` ones are kept nowhere."""
        words = argv or command.argv
        self.note(f"$ {self.line(words)}\n")
        ended = self._start(words, command.cwd, capture=True)
        if ended.code is None or self.bench.supervisor.asked.signal is not None or ended.code in _INTERRUPTED:
            self._interrupted(ended)
        text = ended.output.decode(errors="replace")
        if not secret:
            self.note(self.masked(text))
        return Reply(code=ended.code, text=text)

    def fits(self, command: Command) -> bool:
        """Look, and tell whether the answer is as it must be."""
        return self.read(command).fits(command)

    def keep(self, command: Command) -> None:
        """Look, and keep the answer in the journal as evidence; StepFailedError where it is not as it must be."""
        reply = self.read(command)
        text = self.masked(reply.text)[:_MOST_EVIDENCE]
        self.bench.journal.add(
            "evidence",
            self.step.number,
            argv=self.line(command.argv),
            code=reply.code,
            output=text,
            fits=reply.fits(command),
        )
        if not reply.fits(command):
            self.failed(unfit(self.line(command.argv), command, reply), kind="unproved")

    def masked(self, text: str) -> str:
        """Give text with its secrets masked."""
        masker = self.bench.supervisor.masker()
        return masker.take(text.encode(errors="replace")) + masker.rest()

    def line(self, words: Sequence[str]) -> str:
        """Give a command as one line for people."""
        return self.masked(shlex.join(words))

    def note(self, text: str) -> None:
        """Write into the step's log; a log that cannot be written stops nothing that is under way."""
        if text:
            try:
                os.write(self.log, (text if text.endswith("\n") else f"{text}\n").encode(errors="replace"))
            except OSError as error:
                self.bench.say(f"step {self.step.number}: its log cannot be written: {error.strerror}")

    def failed(self, reason: str, *, kind: Literal["failed", "unproved"] = "failed") -> NoReturn:
        """Write down that the step failed, or cannot be proved, and raise StepFailedError."""
        self.bench.journal.add(kind, self.step.number, reason=reason)
        raise StepFailedError(f"step {self.step.number} ({one_line(self.step.title)}) failed: {one_line(reason, 600)}")

    def recover(self) -> None:
        """Tidy up after a run that was killed: what a command wrote then goes into the log, its scratch folder away."""
        left = {
            event.details["scratch"] for event in self.bench.journal.of(self.step.number) if event.kind == "command"
        }
        for folder in map(Path, left):
            if folder.name.startswith(_SCRATCH) and folder != self.scratch and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
        text = leftover(self._raw, self.bench.supervisor.masker())
        if text:
            self.note(f"(written after the run was stopped)\n{text}")

    @property
    def plan_file(self) -> Path:
        """Where a plan of terraform is kept for as long as the step lasts."""
        return self.scratch / "plan"

    @property
    def _raw(self) -> Path:
        return self.bench.logs / f"step-{self.step.number}.raw"

    def _fed(self, command: Command) -> bytes:
        ended = self._start(command.feed, command.cwd, capture=True)
        self._judge(ended, command.feed)
        return ended.output

    def _start(self, words: Sequence[str], cwd: str, *, capture: bool, given: bytes | None = None) -> Ended:
        if self.bench.supervisor.asked.signal is not None:
            raise StoppedError(f"stopped in step {self.step.number}: apply again to go on")
        programs = self.bench.programs
        job = Job(
            argv=programs.argv([self._placed(word) for word in words]),
            cwd=self._folder(cwd),
            environment=programs.environment,
            raw=self._raw,
            kept=(self.bench.lock,),
            given=given,
            capture=capture,
        )
        return self.bench.supervisor.run(job, self._loudly)

    def _placed(self, word: str) -> str:
        if PLAN_FILE in word and not self.plan_file.exists():
            self.plan_file.touch(mode=0o600)
        return word.replace(PLAN_FILE, str(self.plan_file)).replace(CHECKOUT, str(self.scratch / "checkout"))

    def _folder(self, cwd: str) -> Path:
        try:
            place = "" if cwd == "." else cwd
            return self.bench.root / WorkTree(self.bench.root).real(place)
        except DeclarationError:
            raise RefusedError(f"{one_line(cwd)}: leads out of the repository: nothing is started there") from None

    def _loudly(self, text: str) -> None:
        if self.bench.together:
            whose = f"[{one_line(self.step.account or str(self.step.number), 60)}] "
            self.bench.show("".join(f"{whose}{line}" for line in text.splitlines(keepends=True)))
        else:
            self.bench.show(text)
        self.note(text)

    def _judge(self, ended: Ended, words: Sequence[str]) -> None:
        if ended.code is None or self.bench.supervisor.asked.signal is not None or ended.code in _INTERRUPTED:
            self._interrupted(ended)
        name = one_line(words[0])
        if ended.code < 0:
            self.bench.journal.add("interrupted", self.step.number, signal=-ended.code)
            raise StepFailedError(
                f"step {self.step.number}: {name} was killed by {signal.Signals(-ended.code).name}: "
                "whether it has done its work is looked at when you apply again"
            )
        if ended.code:
            self.failed(f"{self.line(words)} ended with exit code {ended.code}")

    def _interrupted(self, ended: Ended) -> NoReturn:
        number = self.step.number
        self.bench.journal.add("interrupted", number, code=ended.code, process=ended.process)
        if ended.code is None:
            raise StoppedError(
                f"step {number} still runs as process {ended.process} and holds the lock: wait for its end, "
                "then apply again"
            )
        raise StoppedError(f"stopped in step {number}: apply again to go on; what it has done is looked at first")


def unfit(line: str, command: Command, reply: Reply) -> str:
    """Say what it means that an answer is not as it must be, and in which way it is not."""
    if reply.code:
        found = f"{line} ended with exit code {reply.code}"
    elif command.empty:
        found = f"{line} should show nothing, but shows {one_line(reply.text, 200)}"
    else:
        found = f"{line} shows {one_line(reply.text, 200) or 'nothing'}, not {one_line(command.expect or '')}"
    return f"{one_line(command.otherwise)} ({found})" if command.otherwise else found
