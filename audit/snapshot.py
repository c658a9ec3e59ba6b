"""The snapshot: facts and gaps of one look, frozen, versioned, to and from canonical JSON; the auditor's evidence."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from audit import files
from audit.declared.model import Declared
from audit.errors import UsageError
from audit.fleet import Order
from audit.model import Gap
from audit.released.model import Released
from audit.running.model.seen import Running

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import TypeAdapter

SCHEMA_VERSION = 1

# Some thirty thousand accounts; a few kilobytes of gzip can claim to be any number of gigabytes.
_MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What one look saw: declared, running, released; ``gaps`` are the units that could not even be placed.

    ``caller`` is the ARN of who looked (where roles were assumed: of who assumed them), None where nobody could say.
    ``incomplete`` says why the look ended early, if it did; ``selection`` and ``shard`` (``3/10``) what it was narrowed
    to.

    Each release reads every earlier one's snapshots: a field that is added here, or in a noun that it holds, has a
    default.
    """

    schema_version: int = SCHEMA_VERSION
    taken_at: datetime
    tool_version: str
    caller: str | None
    declared: Declared
    running: Running
    released: Released
    order: Order
    gaps: tuple[Gap, ...]
    incomplete: str | None = None
    selection: str = ""
    shard: str | None = None


@cache
def _adapter() -> TypeAdapter[Snapshot]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up: only where a snapshot is written or read

    return TypeAdapter(Snapshot)


def to_json(snapshot: Snapshot) -> str:
    """Write canonical JSON: sorted keys, no spaces, UTF-8, a final newline."""
    plain = _adapter().dump_python(snapshot, mode="json")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def sha256(snapshot: Snapshot) -> str:
    """Hash the canonical JSON."""
    return hashlib.sha256(to_json(snapshot).encode()).hexdigest()


def timeless(snapshot: Snapshot) -> Snapshot:
    """Leave out what differs between two looks at the same facts: when, by how many calls, and by which."""
    running = snapshot.running
    none: dict[str, Any] = {"calls": 0, "requests": ()}
    return replace(
        snapshot,
        taken_at=datetime.min.replace(tzinfo=UTC),
        running=replace(
            running,
            observations=tuple(replace(one, **none) for one in running.observations),
            beyond=running.beyond and tuple(replace(one, **none) for one in running.beyond),
            repositories=tuple(replace(one, **none) for one in running.repositories),
            secrets=tuple(replace(one, **none) for one in running.secrets),
            calls=(),
        ),
    )


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot file, gzipped where its name ends with ``.gz``; the same snapshot gives the same bytes.

    It is written whole or not at all. Raises UsageError with one line where it cannot be written.
    """
    data = to_json(snapshot).encode()
    try:
        files.replace(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def load(path: Path, *, most_bytes: int = _MOST_BYTES) -> Snapshot:
    """Read a snapshot file, gzipped where its name ends with ``.gz``.

    Raises UsageError with one line for a file that is missing, damaged, too large, or written by a newer release.
    """
    from pydantic import ValidationError  # noqa: PLC0415 -- as above

    try:
        text = _read(path, most_bytes)
        plain = json.loads(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (EOFError, ValueError, zlib.error) as error:
        raise UsageError(f"{path}: not a snapshot: {error}") from None
    except RecursionError:
        raise UsageError(f"{path}: not a snapshot: nested too deep") from None
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"{path}: schema_version {version!r}: this release reads {SCHEMA_VERSION}; use a newer release"
        )
    try:
        found = _adapter().validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise UsageError(f"{path}: damaged snapshot: {where}: {fault['msg']}") from None
    if found.taken_at.tzinfo is None:
        raise UsageError(f"{path}: damaged snapshot: taken_at: it says no time zone")
    return found


def _read(path: Path, most_bytes: int) -> bytes:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        text = file.read(most_bytes + 1)
    if len(text) > most_bytes:
        raise UsageError(f"{path}: larger than any snapshot, over {most_bytes:,} bytes; look at where it comes from")
    return text
