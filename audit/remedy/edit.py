"""Byte-exact edits of literals: each file whole and old or whole and new, whatever happens, and nothing else changed.

All files are read and proved before the first is written; where one cannot be written, those before it get back what
they held. Links are refused: what they lead to may be shared, or elsewhere.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit import files
from audit.declared.paths import MAX_BYTES
from audit.declared.tree import WorkTree
from audit.errors import DeclarationError, RefusedError
from audit.model import Location
from audit.remedy.grammar import valid
from audit.remedy.literals import replaced
from audit.text import neutral, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One literal to change; the file of its ``place`` is relative to the repository's root."""

    place: Location
    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A file before and after its edits."""

    file: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """Show the change as ``git diff`` would, fit for a terminal."""
        return neutral(patch(self))


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Give a text with its edits made, each proved by reading again; RefusedError where one cannot be made."""
    # From the end, so that each place is still where it was when it was read.
    for edit in sorted(edits, key=lambda one: one.place, reverse=True):
        text = replaced(text, edit.place, valid("tag", edit.old), valid("tag", edit.new))
    return text


def changes(read: Callable[[str], str], edits: Iterable[Edit]) -> tuple[Change, ...]:
    """Work out what files would hold; nothing is written. Raises RefusedError where an edit cannot be made."""
    by_file: dict[str, dict[Location, Edit]] = defaultdict(dict)
    for edit in edits:
        other = by_file[edit.place.file].setdefault(edit.place, edit)
        if other != edit:
            raise RefusedError(f"{edit.place}: two edits of one literal disagree: {other.new!r} and {edit.new!r}")
    found = []
    for file in sorted(by_file):
        try:
            before = read(file)
        except DeclarationError as error:
            raise RefusedError(f"{one_line(str(error))}: not edited") from None
        found.append(Change(file=file, before=before, after=edited(before, by_file[file].values())))
    return tuple(found)


def apply(
    root: Path, edits: Iterable[Edit], *, write: Callable[[Path, bytes], None] = files.replace
) -> tuple[Change, ...]:
    """Make edits in the repository at ``root``: all of them or none.

    Raises RefusedError with the reason; every file then holds what it held.
    """
    root = root.resolve()
    found = changes(lambda file: _bytes(root, file).decode(), edits)
    done: list[Change] = []
    try:
        for change in found:
            _write(root, change, write, done)
    except BaseException as error:
        for change in done:
            files.replace(root / change.file, change.before.encode())
        if isinstance(error, OSError):
            raise RefusedError(f"{one_line(found[len(done) - 1].file)}: not edited: {error.strerror}") from None
        raise
    return found


def reverse(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Give the edits that take these back: each literal is where those before it in its line have moved it to."""
    found, moved = [], 0
    line: tuple[str, int] | None = None
    for edit in sorted(edits, key=lambda one: one.place):
        place = edit.place
        if (place.file, place.line) != line:
            line, moved = (place.file, place.line), 0
        found.append(Edit(place=replace(place, column=place.column + moved), old=edit.new, new=edit.old))
        moved += len(edit.new) - len(edit.old)
    return tuple(found)


def fingerprint(text: str) -> str:
    """Hash a file's text as its bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def demand_unchanged(root: Path, fingerprints: Mapping[str, str]) -> None:
    """Raise RefusedError that names the files which are not as they were when they were hashed."""
    changed = [file for file, digest in fingerprints.items() if fingerprint(_bytes(root, file).decode()) != digest]
    if changed:
        names = ", ".join(one_line(file, 120) for file in sorted(changed))
        raise RefusedError(f"{names}: changed since the plan was made; make a new plan")


def patch(change: Change) -> str:
    """Give a change as a patch that ``git apply`` takes, with its line ends as they are."""
    before, after = (text.split("\n") for text in (change.before, change.after))
    head = (f"a/{change.file}", f"b/{change.file}")
    lines = list(difflib.unified_diff(_lines(before), _lines(after), *head, lineterm="\n"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(parts: list[str]) -> list[str]:
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _write(root: Path, change: Change, write: Callable[[Path, bytes], None], done: list[Change]) -> None:
    path, after = root / change.file, change.after.encode()
    if _bytes(root, change.file) != change.before.encode():
        raise RefusedError(f"{one_line(change.file)}: changed while it was edited; try again")
    done.append(change)
    write(path, after)
    if _bytes(root, change.file) != after:
        raise RefusedError(f"{one_line(change.file)}: does not hold what was written; it has its old content again")


def _bytes(root: Path, file: str) -> bytes:
    """Read a regular file of the repository that no link leads to."""
    valid("path", file)
    try:
        if WorkTree(root).real(file) != file:
            raise RefusedError(f"{one_line(file)}: a symbolic link leads there, not edited; edit its target by hand")
        descriptor = os.open(root / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if files.is_special(root / file):
                raise RefusedError(f"{one_line(file)}: no regular file, not edited")
            content = stream.read(MAX_BYTES + 1)
        content.decode()
    except (OSError, DeclarationError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text, or outside of the repository"
        raise RefusedError(f"{one_line(file)}: not edited: {reason}") from None
    if len(content) > MAX_BYTES:
        raise RefusedError(f"{one_line(file)}: larger than {MAX_BYTES:,} bytes, not edited")
    return content
