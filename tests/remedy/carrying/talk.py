"""A person at a terminal: waits for a question, and types the answer to it."""

from __future__ import annotations

import os
import pty
import signal
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def talk(
    argv: Sequence[str], environment: Mapping[str, str], answers: Sequence[tuple[str, str]], *, cwd: str = "/"
) -> tuple[int, str]:
    """Run a program at a terminal of its own; each answer is typed once its question is shown.

    Gives the exit code and all that was shown. Whoever still asks after two minutes is killed.
    """
    child, terminal = pty.fork()
    if not child:
        os.chdir(cwd)
        os.execve(argv[0], list(argv), dict(environment))  # noqa: S606 -- no shell line
    shown, at, left = b"", 0, list(answers)
    patience = Timer(120, os.kill, (child, signal.SIGKILL))
    patience.start()
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
            while left and (found := shown.find(left[0][0].encode(), at)) >= 0:
                at = found + len(left[0][0])
                os.write(terminal, left.pop(0)[1].encode())
    except OSError:
        pass  # Linux says so at the end of a terminal
    patience.cancel()
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode(errors="replace")
