"""When a literal was set: the commit of the main line that wrote its line, for "merged 41 days ago, not applied".

Blame follows first parents, so that a line counts from the merge that brought it, and passes over changes of white
space. It is asked only for the lines that matter, file by file, within a time limit; a note says what has no answer.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from audit.declared.git import GitTree, run_git
from audit.declared.paths import join, shown
from audit.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from audit.declared.tree import WorkTree
    from audit.model import Location

SECONDS = 20.0
MAX_CHANGED_LINES = 5_000

Lines: TypeAlias = "dict[int, list[Location]]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Which commit set a line, and on which day it came in (UTC); both None where it isn't committed yet.

    ``at_least`` marks a shallow clone's oldest commit: the line is at least as old as that.
    """

    commit: str | None
    day: date | None
    at_least: bool = False


_HEADER = re.compile(r"(?P<commit>[0-9a-f]{40,64}) \d+ (?P<line>\d+)(?: \d+)?")


def read_history(
    tree: WorkTree | GitTree, scope: str, places: Iterable[Location], *, seconds: float = SECONDS
) -> tuple[Mapping[Location, Change], tuple[str, ...]]:
    """Give the change that set the line of each place, where git knows it, and notes on what it doesn't know.

    A line that isn't committed yet has a Change without commit. Outside git all there is is a note.
    """
    commit = tree.commit()
    if commit is None:
        return {}, ("no git history here, so nothing is known of when a value was set",)
    files, notes = _by_file(tree, scope, places)
    is_shallow = run_git(tree.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
    found: dict[Location, Change] = {}
    until = time.monotonic() + seconds
    for count, (path, lines) in enumerate(sorted(files.items())):
        if time.monotonic() > until:
            notes.append(f"git took longer than {seconds:.0f} s, {len(files) - count} files have no history")
            break
        try:
            changes = dict(_changes(tree, commit, path, lines, is_shallow=is_shallow))
        except DeclarationError as error:
            notes.append(f"{shown(path)}: {error.message}")
            continue
        found.update((place, change) for line, change in changes.items() for place in lines[line])
    if any(change.at_least for change in found.values()):
        notes.append("shallow clone: values older than it have the date of its oldest commit, fetch the full history")
    return found, tuple(notes)


def _by_file(tree: WorkTree | GitTree, scope: str, places: Iterable[Location]) -> tuple[dict[str, Lines], list[str]]:
    """Sort places by the file that they really stand in and by line."""
    files: dict[str, Lines] = {}
    notes: dict[str, None] = {}
    for place in places:
        try:
            path = tree.real(join(scope, place.file))
        except DeclarationError as error:
            notes[f"{shown(place.file)}: {error.message}"] = None
            continue
        files.setdefault(path, {}).setdefault(place.line, []).append(place)
    return files, list(notes)


def _changes(
    tree: WorkTree | GitTree, commit: str, path: str, lines: Iterable[int], *, is_shallow: bool
) -> Iterator[tuple[int, Change]]:
    committed = {line: line for line in lines} if isinstance(tree, GitTree) else _committed(tree, commit, path, lines)
    known = {then: line for line, then in committed.items() if then is not None}
    blamed = _blame(tree, commit, path, sorted(known), is_shallow=is_shallow) if known else {}
    for line, then in committed.items():
        if then is None:
            yield line, Change(commit=None, day=None)
        elif then in blamed:
            yield line, blamed[then]


def _committed(tree: WorkTree, commit: str, path: str, lines: Iterable[int]) -> dict[int, int | None]:
    """Say which line of the committed file each line of the working tree is, None where it isn't committed."""
    now = _lines(tree.read(path))
    try:
        then = _lines(run_git(tree.root, "cat-file", "blob", f"{commit}:{path}").decode(errors="replace"))
    except DeclarationError:  # a file that isn't committed at all
        then = []
    same = _common(then, now)
    return {line: same.get(line) for line in lines}


def _lines(text: str) -> list[str]:
    """Split at line ends, whichever kind the working tree has been given."""
    return text.replace("\r\n", "\n").split("\n")


def _common(then: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """Map line numbers of ``now`` to those of ``then``; a file that was rewritten at large has none in its middle."""
    head = next((at for at, (one, other) in enumerate(zip(then, now, strict=False)) if one != other), None)
    head = min(len(then), len(now)) if head is None else head
    found = {line: line for line in range(1, head + 1)}
    old, new = then[head:], now[head:]
    if max(len(old), len(new)) <= MAX_CHANGED_LINES:
        for old_start, new_start, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            found.update((head + new_start + step, head + old_start + step) for step in range(1, size + 1))
    return found


def _blame(
    tree: WorkTree | GitTree, commit: str, path: str, lines: Sequence[int], *, is_shallow: bool
) -> dict[int, Change]:
    """Ask git about lines of a named revision: for the working tree it would run filters."""
    ranges = [f"-L{line},{line}" for line in lines]
    options = ["--porcelain", "--first-parent", "-w", "--no-textconv"]
    try:
        text = run_git(tree.root, "blame", *options, *ranges, commit, "--", path).decode(errors="replace")
    except DeclarationError:  # without git's own words: they may quote a file that the configuration leads to
        raise DeclarationError("git blame failed, so its values have no date") from None
    owner: dict[int, str] = {}
    days: dict[str, date] = {}
    boundaries: set[str] = set()
    current = ""
    for row in text.split("\n"):
        name, _, value = row.partition(" ")
        if header := _HEADER.fullmatch(row):
            current = header["commit"]
            owner[int(header["line"])] = current
        elif name == "committer-time":
            days[current] = datetime.fromtimestamp(int(value), UTC).date()
        elif row == "boundary" and is_shallow:
            boundaries.add(current)
    return {
        line: Change(commit=found, day=days.get(found), at_least=found in boundaries) for line, found in owner.items()
    }
