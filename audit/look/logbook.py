"""The logbook of a look: a line for each place as it is finished, so that a run that was killed can be resumed.

It holds what a snapshot holds, and no credentials. Its first line says when the look began and by which way in; a
last line that was cut short is left out.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import audit
from audit.errors import RefusedError, UsageError
from audit.running.model.ecr import Repository
from audit.running.model.secrets import Secret
from audit.running.model.seen import Observation
from audit.running.model.targets import RegistryTarget, SecretTarget, Target
from audit.running.unread import gaps_in

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import TypeAdapter

    from audit.running.access import Access

Entry: TypeAlias = Observation | Repository | Secret
Place: TypeAlias = Target | RegistryTarget | SecretTarget

# Facts further apart are two looks, not one.
LONGEST_LOOK = timedelta(hours=24)
# With this each logbook begins: what begins otherwise is somebody's report or snapshot, named by mistake.
_BEGINS = b'{"head":{'


@dataclass(frozen=True, kw_only=True, slots=True)
class _Head:
    """The first line: which release began, when, and a digest of the way into the accounts."""

    tool_version: str
    began_at: datetime
    way_in: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """Any line: the head, or one thing that was seen."""

    head: _Head | None = None
    observation: Observation | None = None
    repository: Repository | None = None
    secret: Secret | None = None


@dataclass(slots=True)
class Logbook:
    """An open logbook; ``began_at`` is when the look began, which may be in an earlier process."""

    file: BinaryIO
    began_at: datetime
    seen: dict[tuple[object, ...], Entry] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Write what was seen of one place, unless something of it could not be read: that is asked again."""
        if any(True for _ in gaps_in(entry)):
            return
        match entry:
            case Observation():
                line = _Line(observation=entry)
            case Repository():
                line = _Line(repository=entry)
            case Secret():
                line = _Line(secret=entry)
        _write(self.file, line)

    def found(self, place: Place) -> Entry | None:
        """Give what an earlier process has seen of a place, if it was asked the same."""
        return self.seen.get(_key_of_place(place))

    def close(self) -> None:
        """Let another process have it."""
        self.file.close()


def open_logbook(path: Path, access: Access, *, resume: bool) -> Logbook:
    """Begin a logbook, or go on with one.

    Raises UsageError where there is nothing to go on with, or something else is in its place; RefusedError where
    another run is writing it.
    """
    if resume and not path.exists():
        raise UsageError(f"{path}: nothing to resume there; leave --resume out to begin anew")
    file = _opened(path)
    try:
        if resume:
            return _resumed(file, path, access)
        _refuse_others(file, path)
        now = datetime.now(UTC).replace(microsecond=0)
        file.truncate(0)
        _write(file, _Line(head=_Head(tool_version=audit.__version__, began_at=now, way_in=_digest(access))))
        return Logbook(file=file, began_at=now)
    except BaseException:
        file.close()
        raise


def _opened(path: Path) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise UsageError(f"{path}: cannot keep the state of the look there: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"{path}: cannot keep the state of the look there: it is no file")
    file = os.fdopen(descriptor, "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise RefusedError(f"{path}: another run is writing it; wait for that one, or name another file") from None
    return file


def _refuse_others(file: BinaryIO, path: Path) -> None:
    if not _BEGINS.startswith(file.read(len(_BEGINS))):
        raise UsageError(f"{path}: something else is in this file, and stays; name another one for the state")


def _resumed(file: BinaryIO, path: Path, access: Access) -> Logbook:
    lines, whole = _read(file, path)
    head = lines[0].head if lines else None
    if head is None or head.began_at.tzinfo is None:
        raise UsageError(f"{path}: not the state of a look; leave --resume out to begin anew")
    for fits, reason in (
        (head.tool_version == audit.__version__, f"was written by {head.tool_version}, this is {audit.__version__}"),
        (head.way_in == _digest(access), "was written with another way into the accounts"),
        (datetime.now(UTC) - head.began_at < LONGEST_LOOK, f"began at {head.began_at:%Y-%m-%d %H:%M}, a day ago"),
    ):
        if not fits:
            raise UsageError(f"{path}: {reason}; leave --resume out to begin anew")
    file.truncate(whole)
    entries = [entry for line in lines if (entry := line.observation or line.repository or line.secret)]
    return Logbook(file=file, began_at=head.began_at, seen={_key_of_entry(entry): entry for entry in entries})


def _read(file: BinaryIO, path: Path) -> tuple[list[_Line], int]:
    """Read the whole lines, and where they end."""
    from pydantic import ValidationError  # noqa: PLC0415 -- start-up

    text = file.read()
    whole = text.rfind(b"\n") + 1
    try:
        return [_adapter().validate_json(line) for line in text[:whole].splitlines()], whole
    except ValidationError:
        raise UsageError(f"{path}: not the state of a look; leave --resume out to begin anew") from None


def _write(file: BinaryIO, line: _Line) -> None:
    # One write a line, appended: a process that is killed leaves at most its last line cut short.
    file.write(_adapter().dump_json(line, exclude_none=False) + b"\n")


def _key_of_place(place: Place) -> tuple[object, ...]:
    match place:
        case Target():
            return place.account.id, place.account.name, place.region, tuple(sorted(set(place.stacks)))
        case RegistryTarget():
            return place.account.id, place.region, place.repository, frozenset(place.tags)
        case SecretTarget():
            return (place.arn,)


def _key_of_entry(entry: Entry) -> tuple[object, ...]:
    match entry:
        case Observation():
            return entry.account.id, entry.account.name, entry.region, tuple(one.stack for one in entry.invokers)
        case Repository():
            seen = entry.tags.value if entry.tags.kind == "seen" else None
            tags = None if seen is None else frozenset(one.tag for one in seen)
            return entry.registry_id, entry.region, entry.name, tags
        case Secret():
            return (entry.arn,)


def _digest(access: Access) -> str:
    return hashlib.sha256(repr(access).encode()).hexdigest()


@cache
def _adapter() -> TypeAdapter[_Line]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up

    return TypeAdapter(_Line)
