"""Files put in their place: whole or not at all, and the old one stays until the new one is on the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def replace(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file, at once or block by block; OSError where that fails, with the old file intact.

    A symbolic link is followed, a device or pipe is written to directly; everything else is replaced atomically.
    """
    blocks = (data,) if isinstance(data, bytes) else data
    target = Path(os.path.realpath(path))
    if is_special(target):  # /dev/null, a FIFO, >(process): renaming over it would take it away from everybody
        with target.open("wb", buffering=0) as device:
            _all(device.fileno(), blocks)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.parent / f".pipelines-audit-{secrets.token_hex(6)}.tmp"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)  # the umask makes it 0644
    try:
        try:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            _all(descriptor, blocks)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def is_special(target: Path) -> bool:
    """Whether something is there that is no regular file: a device, a pipe, a folder."""
    try:
        return not stat.S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        return False


def _all(descriptor: int, blocks: Iterable[bytes]) -> None:
    for block in blocks:
        view = memoryview(block)
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
