"""The tool in a process of its own, forked from one that has loaded it already; and the faults that are put into it.

A run costs a tenth of what it costs a new interpreter. Faults strike where the tool asks the kernel to keep something:
right after each line of the journal, once for each line.
"""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["kill", "full", "patient"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    """Strike after a line of the journal, once for each event of each sort of step; ``struck`` remembers which.

    ``sorts`` maps a step to its sort; events of a step that it lacks are let through. ``kill`` ends the process as
    SIGKILL does, ``full`` has the disk be full. ``patient`` strikes nothing: what is waited for long passes at once.
    """

    mode: Mode
    struck: Path = Path(os.devnull)
    sorts: Mapping[int, str] = field(default_factory=dict)

    def install(self) -> None:
        """Have the kernel's answer to fsync be followed by the fault."""
        if self.mode == "patient":
            _pass_the_time()
        real = os.fsync

        def fsync(descriptor: int) -> None:
            real(descriptor)
            self._strike(descriptor)

        os.fsync = fsync  # type: ignore[assignment]  # in a process of its own, to strike at the very line

    def _strike(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.suffix != ".jsonl":
            return
        event = json.loads(path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2])
        if event.get("step", 0) not in self.sorts:
            return
        key = f"{self.sorts[event.get('step', 0)]} {event['event']}"
        seen = self.struck.read_text().splitlines() if self.struck.exists() else []
        if key in seen:
            return
        with self.struck.open("a") as file:
            file.write(f"{key}\n")
        if self.mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _pass_the_time() -> None:
    """Have naps of more than a few seconds take no time, and the clock tell otherwise."""
    slept, nap, clock = [0.0], time.sleep, time.monotonic

    def sleep(seconds: float) -> None:
        if seconds < 3:
            nap(seconds)
        else:
            slept[0] += seconds

    time.sleep = sleep  # type: ignore[assignment]  # as above
    time.monotonic = lambda: clock() + slept[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How a run of the tool ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A run of the tool that goes on by itself."""

    process: ForkServerProcess
    scratch: Path

    def kill(self) -> None:
        """End it at once, with no word to what it has started."""
        self.process.kill()

    def done(self) -> Done:
        """Wait for its end, and say how it ended."""
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        out, err = ((self.scratch / name).read_text() for name in ("out", "err"))
        return Done(code=-1 if code is None else code, out=out, err=err)


def start(
    *argv: str, cwd: Path, environment: Mapping[str, str], scratch: Path, faults: Faults | None = None
) -> Started:
    """Start the tool; its output is kept in ``scratch``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.remedy.carried.preloaded"])
    scratch.mkdir(exist_ok=True)
    process = context.Process(target=_run, args=(argv, cwd, dict(environment), scratch, faults))
    process.start()
    return Started(process=process, scratch=scratch)


def _run(argv: tuple[str, ...], cwd: Path, environment: dict[str, str], scratch: Path, faults: Faults | None) -> None:
    from audit.cli import main

    os.setsid()  # no terminal: nobody can be asked
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment, CARRIED_TOOL=str(os.getpid()))
    for number, path in ((1, scratch / "out"), (2, scratch / "err")):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    if faults is not None:
        faults.install()
    code = main(list(argv))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
