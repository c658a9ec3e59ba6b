"""Paths inside the audited repository: strings with ``/``, relative to its root, resolved without ever leaving it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from audit.errors import DeclarationError

MAX_BYTES = 2 * 1024 * 1024
"""The largest file that is read; hand-written HCL stays below a hundredth of it, parsing costs 250 times the size."""

MAX_LINKS = 40

SKIPPED = frozenset({".git", ".terraform", ".terragrunt-cache", "node_modules"})
"""Directories that hold copies and caches, never declarations."""

ReadLink: TypeAlias = Callable[[str], str | None]
"""Gives the target of the symbolic link at a path without links above it, None where it is no link."""


def shown(name: str) -> str:
    """Make a name fit for a message: control, direction and undecodable characters as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name)


def join(base: str, path: str) -> str:
    """Put ``path`` below ``base``; either may be empty, nothing is resolved."""
    return f"{base}/{path}" if base and path else base or path


def resolve(path: str, readlink: ReadLink) -> str:
    """Follow ``..`` and symbolic links as the system would, but never above the root.

    Raises DeclarationError for what leads out of the repository, even if it would come back in, and for loops.
    A component that does not exist is no fault here.
    """
    if path.startswith("/"):
        raise DeclarationError("absolute path, outside of the repository", file=shown(path))
    done = ""
    links = 0
    todo = path.split("/")[::-1]
    while todo:
        part = todo.pop()
        if part in {"", "."}:
            continue
        if part == "..":
            if not done:
                raise DeclarationError("leads out of the repository, not followed", file=shown(path))
            done = done.rpartition("/")[0]
            continue
        place = f"{done}/{part}" if done else part
        target = readlink(place)
        if target is None:
            done = place
            continue
        links += 1
        if links > MAX_LINKS:
            raise DeclarationError("loop of symbolic links", file=shown(path))
        if target.startswith("/"):
            raise DeclarationError("symbolic link that leads out of the repository, not followed", file=shown(path))
        todo.extend(target.split("/")[::-1])
    return done


def is_utf8(name: str) -> bool:
    """Tell whether a name that came from the system is text (it has no surrogate escapes)."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def decode(content: bytes, path: str) -> str:
    """Give the text of a file; DeclarationError with the line where it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DeclarationError("not UTF-8 text", file=shown(path), line=line) from None


def report(met: Iterable[DeclarationError], faults: list[DeclarationError] | None) -> None:
    """Append what was met to the caller's list, or raise the first where there is none."""
    for fault in met:
        if faults is None:
            raise fault
        faults.append(fault)
