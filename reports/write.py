"""Reports put in their place: whole or not at all, and the old one stays until the new one is on the disk."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit import files
from audit.errors import AuditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class WriteError(AuditError):
    """A report could not be written: disk full, folder gone, closed pipe; what was there before is untouched."""


_BLOCK: Final = 1 << 18  # characters that are written at once


def write(path: str, text: str | Iterable[str]) -> None:
    """Write a report, whole or in pieces, to a file, or to standard output where ``path`` is ``-``.

    A symbolic link is followed, a device or pipe is written to directly; everything else is replaced atomically.
    Raises WriteError, with the old report intact.
    """
    blocks = _blocks((text,) if isinstance(text, str) else text)
    try:
        if path == "-":
            _to_stdout(blocks)
        else:
            files.replace(Path(path), blocks)
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
    if not os.access(target.parent, os.W_OK | os.X_OK) and not files.is_special(target):
        raise UsageError(f"{path}: cannot write a report there: the folder is not writable; choose another one")


def _blocks(pieces: Iterable[str]) -> Iterator[bytes]:
    """Gather pieces until it pays to write them."""
    held, length = [], 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= _BLOCK:
            yield "".join(held).encode()
            held, length = [], 0
    yield "".join(held).encode()


def _to_stdout(blocks: Iterable[bytes]) -> None:
    if sys.stdout is None or sys.stdout.closed:
        raise OSError(0, "it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(blocks)
        sys.stdout.buffer.flush()
    except OSError:
        # The interpreter flushes once more at its end and would add a traceback to a pipe that nobody reads.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
