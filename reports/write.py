"""Reports put in their place: whole or not at all, and the old one stays until the new one is on the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from pathlib import Path

from audit.errors import AuditError, UsageError


class WriteError(AuditError):
    """A report could not be written: disk full, folder gone, closed pipe; what was there before is untouched."""


def write(path: str, text: str) -> None:
    """Write a report to a file, or to standard output where ``path`` is ``-``.

    A symbolic link is followed, a device or pipe is written to directly; everything else is replaced atomically.
    Raises WriteError, with the old report intact.
    """
    data = text.encode("utf-8")
    try:
        if path == "-":
            _to_stdout(data)
        else:
            _to_file(Path(os.path.realpath(path)), data)
    except OSError as error:
        kept = "" if path == "-" else "; a report that stood there before is untouched"
        name = "standard output" if path == "-" else path
        raise WriteError(f"{name}: cannot write the report: {error.strerror or error}{kept}") from error


def check_target(path: str) -> None:
    """Refuse, before any work is done, a place where no report can be written; make its folder if it is missing."""
    if path == "-":
        return
    if "\0" in path:
        raise UsageError(f"{path!r}: cannot write a report there: the path holds a NUL character")
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise UsageError(f"{path}: cannot write a report there: it is a folder; name a file in it")
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot write a report there: {error.strerror or error}") from error
    if not os.access(target.parent, os.W_OK | os.X_OK) and not _is_special(target):
        raise UsageError(f"{path}: cannot write a report there: the folder is not writable; choose another one")


def _is_special(target: Path) -> bool:
    try:
        return not stat.S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        return False


def _to_file(target: Path, data: bytes) -> None:
    if _is_special(target):  # /dev/null, a FIFO, >(process): renaming over it would take it away from everybody
        with target.open("wb", buffering=0) as device:
            _all(device.fileno(), data)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.parent / f".pipelines-audit-{secrets.token_hex(6)}.tmp"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)  # the umask makes it 0644
    try:
        try:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            _all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    # Without it a power cut can lose the name of the file that fsync has kept; some file systems refuse it.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _to_stdout(data: bytes) -> None:
    if sys.stdout is None or sys.stdout.closed:
        raise OSError(0, "it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        # The interpreter flushes once more at its end and would add a traceback to a pipe that nobody reads.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
