"""The git state of the checkout: clean, on which branch, how far from what was fetched; the network is not asked.

``git`` runs git as a reader such that nothing of the repository is executed (``audit.declared.git.run_git``). Filters
that the repository's own configuration names are switched off: a status would start them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from audit.errors import DeclarationError
from audit.model import Fact, Gap, Seen, Unread
from audit.text import one_line
from audit.workstation.model import Checkout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_FILTER = re.compile(r"filter\.(?P<name>.+)\.(?:clean|smudge|process|required)", re.IGNORECASE | re.DOTALL)
_REMOTES = "refs/remotes/"
# How git answers: what answers otherwise is another program of that name, and tells nothing of the checkout.
_BRANCH = re.compile(r"[^\s\x00-\x1f~^:?*\[\\]+")
_CHANGE = re.compile(r"[ MTADRCU?!]{2} .+", re.DOTALL)
_COUNTS = re.compile(r"(?P<ahead>\d{1,9})\t(?P<behind>\d{1,9})", re.ASCII)


class Git(Protocol):
    """Runs git on the repository at ``root`` and gives what it wrote; DeclarationError where it fails."""

    def __call__(self, root: Path, *arguments: str) -> bytes:
        """Run one command."""


def read_checkout(root: Path, git: Git) -> Fact[Checkout | None]:
    """Read the state of the repository whose top level is ``root``; None where that is no git repository."""
    if not (root / ".git").exists():
        return Seen(value=None)
    try:
        head = _head(root, git)
    except DeclarationError as error:
        return _unread("checkout", error.message)
    default = _read("default branch", lambda: _default(root, git))
    counts = _read("commits behind", lambda: _counts(root, git, default))
    return Seen(
        value=Checkout(
            branch=None if head == "HEAD" else head,
            default=Seen(value=default.value.partition("/")[2]) if isinstance(default, Seen) else default,
            changed=_read("working tree", lambda: _changed(root, git)),
            behind=Seen(value=counts.value[1]) if isinstance(counts, Seen) else counts,
            ahead=Seen(value=counts.value[0]) if isinstance(counts, Seen) else counts,
            fetched_at=_fetched(root),
        )
    )


def _head(root: Path, git: Git) -> str:
    answer = git(root, "rev-parse", "--abbrev-ref", "HEAD").decode(errors="replace").strip()
    if _BRANCH.fullmatch(answer) is None:
        raise _strange("rev-parse", answer)
    return answer


def _default(root: Path, git: Git) -> str:
    """Name the default branch as ``origin/main``: the remote's HEAD when it was cloned, else the usual name."""
    listing = git(root, "for-each-ref", "--format=%(refname)%09%(symref)", _REMOTES).decode(errors="replace")
    if any("\t" not in line for line in listing.splitlines()):
        raise _strange("for-each-ref", listing)
    refs = dict(line.split("\t", 1) for line in listing.splitlines())
    if not refs:
        raise DeclarationError("nothing was ever fetched; run: git fetch origin && git remote set-head origin --auto")
    leads = {to.removeprefix(_REMOTES) for name, to in refs.items() if name.endswith("/HEAD") and to}
    leads = {lead for lead in leads if lead.startswith("origin/")} or leads
    usual = [name for name in ("origin/main", "origin/master") if f"{_REMOTES}{name}" in refs]
    found = sorted(leads) or usual
    if len(found) != 1:
        raise DeclarationError("which branch is the default is not known here; run: git remote set-head origin --auto")
    return found[0]


def _changed(root: Path, git: Git) -> tuple[str, ...]:
    return tuple(entry[3:] for entry in status(root, git))


def status(root: Path, git: Git) -> tuple[str, ...]:
    """Give what differs from the last commit: two letters (``??`` for what was never in it), a space, and a path."""
    settings = git(root, "config", "--null", "--list").decode(errors="replace")
    filters = {found["name"] for entry in settings.split("\0") if (found := _FILTER.fullmatch(entry.split("\n")[0]))}
    if any("=" in name for name in filters):
        raise DeclarationError("a filter of the repository's configuration has a name with '=' and can't be left out")
    off = [
        word
        for name in sorted(filters)
        for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
        for word in ("-c", f"filter.{name}.{key}={value}")
    ]
    listing = git(
        root, *off, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=all"
    )
    entries = [entry.decode(errors="replace") for entry in listing.split(b"\0") if entry]
    if any(_CHANGE.fullmatch(entry) is None for entry in entries):
        raise _strange("status", entries[0])
    return tuple(entries)


def _counts(root: Path, git: Git, default: Fact[str]) -> tuple[int, int]:
    """Count the commits that only HEAD has, and those that only the default branch has."""
    if isinstance(default, Unread):
        raise DeclarationError(default.gap.message)
    range_ = f"HEAD...{_REMOTES}{default.value}"
    answer = git(root, "rev-list", "--count", "--left-right", range_, "--").decode(errors="replace")
    counts = _COUNTS.fullmatch(answer.strip())
    if counts is None:
        raise _strange("rev-list", answer)
    return int(counts["ahead"]), int(counts["behind"])


def _strange(command: str, answer: str) -> DeclarationError:
    words = one_line(answer, 60)
    return DeclarationError(f"git {command} answers {words!r}, as git does not; put git itself first on PATH")


def _fetched(root: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp((root / ".git" / "FETCH_HEAD").stat().st_mtime, UTC)
    except OSError:
        return None


def _read(what: str, read: Callable[[], T]) -> Fact[T]:
    try:
        return Seen(value=read())
    except DeclarationError as error:
        return _unread(what, error.message)


def _unread(what: str, reason: str) -> Unread:
    reason = reason if "; " in reason else f"{reason}; run git status there, and mend what it says"
    return Unread(gap=Gap(what=what, call="git", message=one_line(f"{what}: {reason}")))
