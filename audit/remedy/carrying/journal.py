"""The journal of a plan: one line of JSON for each event, on the disk before anything goes on; read back after a stop.

What it says of a step is what was begun and what was seen to end. A step that began and of whose end there is no line
is in doubt: only a look at what it was to bring about can tell.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import audit
from audit.declared.git import run_git
from audit.errors import AuditError, DeclarationError, UsageError
from audit.remedy.carrying.lock import Holder

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

Kind: TypeAlias = Literal[
    "run",  # somebody began to carry the plan out
    "approved",
    "caller",  # whose credentials a step has
    "refused",  # a step was not started, for this reason
    "started",
    "command",  # a command of a step begins
    "ended",  # that command has ended
    "evidence",
    "effect",  # what a look at the effect of a step in doubt told
    "done",
    "failed",
    "unproved",  # its commands have ended well, but the evidence after them is not as it must be
    "interrupted",
    "waiting",
    "torn",  # the line before this one was cut off by a kill or a full disk
    "finished",
]
Fate: TypeAlias = Literal["not started", "in doubt", "unproved", "done", "failed"]

_FATES: Mapping[str, Fate] = {
    "waiting": "not started",  # handed to people whole: nothing of it is in doubt
    "started": "in doubt",
    "unproved": "unproved",
    "done": "done",
    "failed": "failed",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line: what happened, when, to which step (None: to the run), with what belongs to it."""

    kind: Kind
    at: str
    step: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def home(root: Path) -> Path:
    """Give the folder of journals and locks, in the git folder that all checkouts of a repository share.

    Raises UsageError outside git.
    """
    try:
        said = os.fsdecode(run_git(root, "rev-parse", "--git-common-dir")).removesuffix("\n")
    except DeclarationError as error:
        raise UsageError(f"{root}: a plan is carried out in a git repository only: {error.message}") from None
    folder = (root / said).resolve() / "pipelines-audit"
    return private(folder)


def private(folder: Path) -> Path:
    """Make a folder that nobody else reads."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise UsageError(f"{folder}: a symbolic link, not written to; take it away")
        folder.chmod(0o700)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be used: {error.strerror}") from None
    return folder


class Journal:
    """The journal of one plan, open to be gone on with; several threads may write to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o600)
            _sync_folder(path.parent)
        except OSError as error:
            raise UsageError(f"{path}: no journal can be kept: {error.strerror}") from None
        self._lock = threading.Lock()
        try:
            with os.fdopen(os.dup(self._file), "rb") as stream:
                content = stream.read()
            self.events, self.torn = _read(content, path)
            if self.torn:
                if not content.endswith(b"\n"):
                    self._write(b"\n")
                self.add("torn")
        except BaseException:
            self.close()
            raise

    def add(self, kind: Kind, step: int | None = None, **details: object) -> None:
        """Write an event down; it is on the disk when this returns. Raises AuditError where that cannot be."""
        event = Event(kind=kind, at=datetime.now(UTC).isoformat(timespec="milliseconds"), step=step, details=details)
        plain = {"at": event.at, "event": kind, **({"step": step} if step else {}), **details}
        with self._lock:
            self._write(json.dumps(plain, ensure_ascii=True).encode() + b"\n")
            self.events.append(event)

    def _write(self, line: bytes) -> None:
        size = os.fstat(self._file).st_size
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise AuditError(f"{self.path}: cannot be written: {error.strerror}; make room, then apply again") from None

    def fate(self, step: int) -> Fate:
        """Tell what became of a step as far as is written down."""
        fate: Fate = "not started"
        # A look at the effect of a step in doubt ends no doubt: what follows from it does, and may have been cut off.
        for event in self.of(step):
            fate = _FATES.get(event.kind, fate)
        return fate

    def of(self, step: int) -> tuple[Event, ...]:
        """Give the events of a step."""
        return tuple(event for event in self.events if event.step == step)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def began(journal: Journal) -> None:
    """Write down who begins to carry the plan out."""
    who = Holder.this("", datetime.now(UTC))
    journal.add("run", owner=who.owner, host=who.host, process=who.process, version=audit.__version__)


def _read(content: bytes, path: Path) -> tuple[list[Event], bool]:
    """Give the events, and whether the last line was cut off.

    Such a line is passed over where it is the last, or where the journal says after it that it was.
    """
    lines = content.split(b"\n")
    found = [_event(line) for line in (lines if lines[-1] else lines[:-1])]
    for number, (event, after) in enumerate(pairwise(found), 1):
        if event is None and (after is None or after.kind != "torn"):
            raise UsageError(f"{path}:{number}: damaged journal; look at AWS, take the file away, and make a new plan")
    return [event for event in found if event], bool(found) and (found[-1] is None or bool(lines[-1]))


def _event(line: bytes) -> Event | None:
    try:
        plain = json.loads(line)
        return Event(kind=plain.pop("event"), at=plain.pop("at"), step=plain.pop("step", None), details=plain)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
