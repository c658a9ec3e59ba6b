"""One run per repository at a time: a lock that names its holder, and that every command it starts inherits.

So a run that is killed while a command of it goes on still keeps the next one out, until that command has ended.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import platform
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from audit.errors import RefusedError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_MOST = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who holds the lock, for which plan, and since when."""

    owner: str
    host: str
    process: int
    plan: str
    since: str

    @classmethod
    def this(cls, plan: str, now: datetime) -> Holder:
        """Describe this process."""
        return cls(
            owner=_user(), host=platform.node(), process=os.getpid(), plan=plan, since=now.isoformat(timespec="seconds")
        )


@contextmanager
def locked(file: Path, holder: Holder) -> Iterator[int]:
    """Hold the lock, and give its descriptor to be passed on to what is started.

    Raises RefusedError that names the holder where there is one.
    """
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RefusedError(f"{file}: no lock to be had: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(_held(os.pread(descriptor, _MOST, 0), file)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        yield descriptor
    finally:
        # No unlock: a command that is still at work must keep it, and the descriptor's last copy releases it.
        os.close(descriptor)


def release(descriptor: int) -> None:
    """Give the lock up though a copy of the descriptor is left with a helper that stays: an ssh master, say."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def _held(content: bytes, file: Path) -> str:
    try:
        said = Holder(**json.loads(content))
    except (ValueError, TypeError):
        return f"another run holds {file}: wait for its end"
    who = one_line(f"{said.owner}@{said.host}", 120)
    words = (
        f"{who}, process {said.process}, carries out plan {one_line(said.plan, 64)} since {one_line(said.since, 40)}"
    )
    if said.host == platform.node() and not _lives(said.process):
        return (
            f"{words}: that process has ended, but a command that it started is still at work; "
            f"wait for its end (who holds {file} is told by: fuser {file})"
        )
    return f"{words}: wait for its end"


def _lives(process: object) -> bool:
    try:
        os.kill(int(str(process)), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
