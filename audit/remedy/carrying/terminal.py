"""The terminal, handed to a command for as long as it runs, and taken back as it was.

A session of its own would lose /dev/tty, and with it the questions of ssh, pinentry and MFA; a process group of its
own keeps it, if it is made the one in the foreground.
"""

from __future__ import annotations

import contextlib
import os
import signal
import termios
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Terminal:
    """The controlling terminal of this process, where it has one and stands in its foreground."""

    descriptor: int
    handed: bool = False
    _modes: list[Any] = field(default_factory=list)

    @classmethod
    def open(cls) -> Terminal | None:
        """Open it; None where there is none, or where somebody else has the foreground."""
        try:
            descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            return None
        if os.tcgetpgrp(descriptor) != os.getpgrp():
            os.close(descriptor)
            return None
        return cls(descriptor)

    def hand(self, group: int) -> None:
        """Put a group of processes into the foreground, and wake what has asked for the terminal too early."""
        with contextlib.suppress(termios.error):  # it has hung up
            self._modes = termios.tcgetattr(self.descriptor)
        self._foreground(group)
        self.handed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGCONT)

    def take(self) -> None:
        """Take the foreground back, with the modes from before: a command may have died with the echo off."""
        if self.handed:
            self._foreground(os.getpgrp())
            with contextlib.suppress(termios.error, TypeError):  # hung up now, or before it was handed
                termios.tcsetattr(self.descriptor, termios.TCSADRAIN, self._modes)
            self.handed = False

    def close(self) -> None:
        """Close it."""
        os.close(self.descriptor)

    def _foreground(self, group: int) -> None:
        # Who is in the background gets SIGTTOU for this, and would be stopped by it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        try:
            with contextlib.suppress(OSError):  # the group has ended already, or the terminal has hung up
                os.tcsetpgrp(self.descriptor, group)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
