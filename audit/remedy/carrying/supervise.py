"""One command, watched to its end: in a process group of its own, with the terminal, and with exactly one signal.

terragrunt needs time to let go of its state lock: it waits 15 s, then 30 s more. So the first signal that reaches this
process is passed on once, and then the command is waited for; it is never killed. Its output goes to a file, not into
a pipe, so that it goes on if this process is killed, and from there, masked, to the terminal and into the step's log.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from audit.errors import RefusedError
from audit.remedy.carrying.masking import Masker
from audit.remedy.carrying.terminal import Terminal
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator


GRACE = 90.0
"""How long a command is waited for after it was asked to end, in seconds."""
MOST_CAPTURED = 64 * 1024 * 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHORTEST, _LONGEST = 0.002, 0.05
_QUIET = 0.2
"""How long a line without an end is held before it is shown: it may be a question."""
_NEWS = 60.0
"""After how many seconds without output people are told that a command still runs."""


@dataclass(slots=True)
class Asked:
    """Whether somebody asked for an end, and by which signal; only the first one counts."""

    signal: int | None = None
    tell: Callable[[str], None] = field(default=lambda _: None)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals instead of being interrupted, for as long as the block lasts; in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = [signal.signal(number, self._handle) for number in _SIGNALS]
        try:
            yield
        finally:
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: object) -> None:
        if self.signal is None:
            self.signal = number


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A command to be run: where, with which environment and input; with ``capture`` its output is kept, not shown.

    ``raw`` is the file that its output goes to, ``kept`` descriptors that it inherits.
    """

    argv: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    raw: Path
    kept: Sequence[int] = ()
    given: bytes | None = None
    capture: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative: by that signal), None where it still runs as ``process``."""

    code: int | None
    process: int
    output: bytes = b""


@dataclass(kw_only=True, slots=True)
class Supervisor:
    """What the commands of a run have in common: who is told of output and news, the terminal, the wish to end."""

    asked: Asked
    terminal: Terminal | None
    masker: Callable[[], Masker]
    grace: float = GRACE

    def run(self, job: Job, echo: Callable[[str], None]) -> Ended:
        """Run a command to its end. Raises RefusedError where it cannot be started."""
        with ExitStack() as stack:
            stack.enter_context(self.asked.listening())
            raw = stack.enter_context(appended(job.raw))
            captured = _scratch(stack) if job.capture else None
            with _deaf_to_hangups():
                child = _start(job, raw, captured, stack, interactive=self.terminal is not None)
            if self.terminal is not None:
                self.terminal.hand(child.pid)
                stack.callback(self.terminal.take)
            shown = _Shown(raw, self.masker(), echo)
            code = self._watch(child, shown)
            shown.all()
            if code is not None:
                job.raw.unlink(missing_ok=True)
            output = _content(captured) if captured else b""
        return Ended(code=code, process=child.pid, output=output)

    def _watch(self, child: subprocess.Popen[bytes], shown: _Shown) -> int | None:
        pause, deadline = _SHORTEST, float("inf")
        while time.monotonic() < deadline:
            pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                self._stopped(child.pid, os.WSTOPSIG(status))
            elif pid:
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode
            pause = _SHORTEST if shown.more() else min(pause * 1.5, _LONGEST)
            if self.asked.signal is not None and deadline == float("inf"):
                deadline = time.monotonic() + self.grace
                self._pass_on(child.pid, self.asked.signal)
            if shown.is_quiet_for(_NEWS):
                self.asked.tell("still running")
            time.sleep(pause)
        child.returncode = 0  # it is nobody's to wait for any more
        return None

    def _stopped(self, process: int, number: int) -> None:
        if number in (signal.SIGTTIN, signal.SIGTTOU) and self.terminal is None:
            self.asked.tell("the command asks for a terminal and this run has none: end it, and start it in one")
            return
        self.asked.tell("a step cannot be suspended: it goes on")
        os.killpg(process, signal.SIGCONT)

    def _pass_on(self, process: int, number: int) -> None:
        self.asked.tell(
            f"{signal.Signals(number).name}: passed on; waiting up to {self.grace:.0f} s for the command to end and "
            "to let go of its locks"
        )
        # To the process alone: terragrunt passes it on to terraform, which takes a second one for "drop everything".
        os.kill(process, signal.SIGTERM if number == signal.SIGHUP else number)


@contextmanager
def _deaf_to_hangups() -> Iterator[None]:
    """Have what is started ignore SIGHUP: terragrunt does not know it, and a closed window would kill it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # nor is it in the foreground of a terminal then
        return
    # One that comes meanwhile is not lost: a signal that is blocked waits, though it is ignored.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _start(
    job: Job, raw: int, captured: BinaryIO | None, stack: ExitStack, *, interactive: bool
) -> subprocess.Popen[bytes]:
    source: int | BinaryIO | None = None if interactive and os.isatty(0) else subprocess.DEVNULL
    if job.given is not None:
        source = _scratch(stack)
        source.write(job.given)
        source.seek(0)
    try:
        return subprocess.Popen(
            list(job.argv),
            cwd=job.cwd,
            env=dict(job.environment),
            stdin=source,
            stdout=raw if captured is None else captured,
            stderr=raw,
            process_group=0,
            pass_fds=tuple(job.kept),
        )
    except OSError as error:
        raise RefusedError(f"{one_line(job.argv[0])}: cannot be started: {error.strerror}") from None


@contextmanager
def appended(file: Path) -> Iterator[int]:
    """Open a file that gets the output of commands, for nobody else's eyes. RefusedError where it cannot be kept."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = f"the output of commands cannot be kept: {error.strerror}"
        raise RefusedError(f"{file}: {reason}; make room, then apply again") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _scratch(stack: ExitStack) -> BinaryIO:
    return stack.enter_context(tempfile.TemporaryFile())


def _content(captured: BinaryIO) -> bytes:
    captured.seek(0)
    return captured.read(MOST_CAPTURED)


class _Shown:
    """The output file of a command, shown as it grows."""

    def __init__(self, raw: int, masker: Masker, echo: Callable[[str], None]) -> None:
        self._raw, self._masker, self._echo = raw, masker, echo
        self._at, self._last, self._told = 0, time.monotonic(), time.monotonic()

    def more(self) -> bool:
        """Show what has come since, and tell whether something has."""
        data, now = os.pread(self._raw, 1 << 16, self._at), time.monotonic()
        if data:
            self._at, self._last, self._told = self._at + len(data), now, now
            self._say(self._masker.take(data))
        elif now - self._last > _QUIET:
            self._say(self._masker.rest())
        return bool(data)

    def is_quiet_for(self, seconds: float) -> bool:
        """Tell, once in so many seconds, that nothing has come for as long."""
        now = time.monotonic()
        is_quiet = now - self._told > seconds
        self._told = now if is_quiet else self._told
        return is_quiet

    def all(self) -> None:
        """Show all that is left."""
        while data := os.pread(self._raw, 1 << 16, self._at):
            self._at += len(data)
            self._say(self._masker.take(data))
        self._say(self._masker.rest())

    def _say(self, text: str) -> None:
        if text:
            self._echo(text)


def leftover(raw: Path, masker: Masker) -> str:
    """Give, masked, what a command wrote after its supervisor was killed, and take the file away."""
    try:
        data = raw.read_bytes()
    except FileNotFoundError:
        return ""
    with contextlib.suppress(FileNotFoundError):
        raw.unlink()
    return masker.take(data) + masker.rest()
