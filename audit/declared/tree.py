"""The audited repository's files as text, from the working tree or a git revision; nothing outside is read.

Paths are strings with ``/``, relative to the REPOSITORY's root (git's top level of the PATH that the user gave, or
PATH itself outside git). Reading is all that happens: no file of the repository is executed, and none that lies
outside is read through a link. Whatever can't be decided raises DeclarationError, so that an evaluation that looks for
the nearest file can't pass over one that is there but closed to it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Protocol

from audit.declared.git import GitTree, head_commit
from audit.declared.paths import MAX_BYTES, SKIPPED, decode, is_utf8, join, report, resolve, shown
from audit.errors import DeclarationError, LimitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["MAX_BYTES", "SKIPPED", "GitTree", "SourceTree", "WorkTree", "open_tree"]


class SourceTree(Protocol):
    """The files of one state of the repository."""

    def read(self, path: str) -> str:
        """Give a file's text as it stands (with a BOM and its line ends).

        Raises DeclarationError that names the reason (missing, not a regular file, outside of the repository, loop of
        links, not UTF-8, no permission), LimitError where it is too large. Never blocks.
        """

    def is_file(self, path: str) -> bool:
        """Tell whether a regular file is there; DeclarationError where that can't be decided (see ``read``)."""

    def is_dir(self, path: str) -> bool:
        """Tell whether a directory is there; DeclarationError where that can't be decided."""

    def files(self, under: str = "", *, faults: list[DeclarationError] | None = None) -> Iterator[str]:
        """Give every entry below ``under`` that is no directory, ordered component by component.

        Links to files, broken links and special files are among them, so that reading them says why they can't be
        used; links to directories are not followed (Terragrunt doesn't either). What can't be listed is appended to
        ``faults``, or raised where no list is given.
        """

    def real(self, path: str) -> str:
        """Give the path that a path with ``..`` and links leads to; DeclarationError where that is outside."""

    def commit(self) -> str | None:
        """Give the commit that this state is, or stands on; None outside git and before the first commit."""


class WorkTree:
    """The files as they stand on disk below ``root``."""

    def __init__(self, root: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.root = root.resolve()
        self._base = f"{self.root}/".replace("//", "/")
        self.max_bytes = max_bytes

    def read(self, path: str) -> str:
        """Give a file's text; see SourceTree."""
        real = self.real(path)
        status = self._status(real, path)
        if status is None:
            raise DeclarationError("no such file", file=shown(path))
        _demand_regular(status.st_mode, path)
        try:
            # O_NONBLOCK and the second look: the entry may have become a FIFO since the first
            handle = os.open(self._base + real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise DeclarationError(f"cannot be read: {error.strerror}", file=shown(path)) from None
        with os.fdopen(handle, "rb") as stream:
            _demand_regular(os.fstat(stream.fileno()).st_mode, path)
            try:
                content = stream.read(self.max_bytes + 1)
            except OSError as error:
                raise DeclarationError(f"cannot be read: {error.strerror}", file=shown(path)) from None
        if len(content) > self.max_bytes:
            raise LimitError(f"larger than the limit of {self.max_bytes:,} bytes", file=shown(path))
        return decode(content, path)

    def is_file(self, path: str) -> bool:
        """Tell whether a regular file is there; see SourceTree."""
        status = self._status(self.real(path), path)
        if status is None or stat.S_ISDIR(status.st_mode):
            return False
        _demand_regular(status.st_mode, path)
        return True

    def is_dir(self, path: str) -> bool:
        """Tell whether a directory is there; see SourceTree."""
        status = self._status(self.real(path), path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def files(self, under: str = "", *, faults: list[DeclarationError] | None = None) -> Iterator[str]:
        """Give every entry below that is no directory; see SourceTree."""
        todo = [(under, self.real(under), True)]
        while todo:
            name, real, is_dir = todo.pop()
            if is_dir:
                entries, met = self._entries(real, name)
                report(met, faults)
                todo.extend((join(name, entry), join(real, entry), is_dir) for entry, is_dir in entries)
            else:
                yield name

    def real(self, path: str) -> str:
        """Give a path without its links; see SourceTree."""
        return resolve(path, lambda place: self._link(place, path))

    def commit(self) -> str | None:
        """Give the commit that HEAD names; see SourceTree."""
        return head_commit(self.root)

    def _entries(self, real: str, name: str) -> tuple[list[tuple[str, bool]], list[DeclarationError]]:
        """List a directory, last entry first; the second is what could not be listed."""
        try:
            with os.scandir(self._base + real) as listing:
                entries = [
                    (entry.name, entry.is_dir(follow_symlinks=False))
                    for entry in listing
                    if not (entry.is_symlink() and os.path.isdir(entry.path))  # noqa: PTH112 -- no Path for each entry
                ]
        except OSError as error:
            fault = f"directory cannot be listed: {error.strerror}"
            return [], [DeclarationError(fault, file=shown(name) or ".")]
        faults = [
            DeclarationError("name is not UTF-8, rename it", file=shown(join(name, entry)))
            for entry, _ in entries
            if not is_utf8(entry)
        ]
        wanted = [pair for pair in entries if is_utf8(pair[0]) and not (pair[1] and pair[0] in SKIPPED)]
        return sorted(wanted, reverse=True), faults

    def _link(self, place: str, path: str) -> str | None:
        """Read a link; one with an absolute target inside the root is given as if it were relative to its place."""
        status = self._status(place, path)
        if status is None or not stat.S_ISLNK(status.st_mode):
            return None
        target = str((self.root / place).readlink())
        root = f"{self.root}/"
        if f"{target}/".startswith(root):
            return "../" * place.count("/") + target[len(root) :]
        return target

    def _status(self, place: str, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self._base + place)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
            return None
        except OSError as error:
            raise DeclarationError(f"cannot be read: {error.strerror}", file=shown(path)) from None


def open_tree(path: Path, rev: str | None = None) -> tuple[WorkTree | GitTree, str]:
    """Open the repository that ``path`` lies in: the tree, and ``path`` relative to its root ("" at the root).

    Raises UsageError where there is no such directory, or no such revision of it.
    """
    place = _directory(path)
    root = _top_level(place)
    scope = place.relative_to(root or place).as_posix().removeprefix(".")
    if rev is None:
        return WorkTree(root or place), scope
    if root is None:
        raise UsageError(f"{shown(str(path))}: not in a git repository, so it has no revision {shown(rev)}")
    tree = GitTree(root, rev)
    if not tree.is_dir(scope):
        raise UsageError(f"{shown(scope)}: no such directory at revision {shown(rev)}")
    return tree, scope


def _directory(path: Path) -> Path:
    try:
        place = path.resolve(strict=True)
        with os.scandir(place):
            return place
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: loop of links, ValueError: NUL
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError(
            f"{shown(str(path))}: {reason}, name the directory of an infrastructure-live repository"
        ) from None


def _top_level(place: Path) -> Path | None:
    """Find the top level by hand: git itself would believe a ``core.worktree`` in the repository's configuration."""
    for folder in (place, *place.parents):
        if (folder / ".git" / "HEAD").exists() or (folder / ".git").is_file():
            return folder
    return None


def _demand_regular(mode: int, path: str) -> None:
    if stat.S_ISDIR(mode):
        raise DeclarationError("a directory, not a file", file=shown(path))
    if not stat.S_ISREG(mode):
        raise DeclarationError("not a regular file (FIFO, socket or device)", file=shown(path))
