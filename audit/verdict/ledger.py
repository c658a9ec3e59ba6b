"""The ledger: one line per judged item as it ends, append-only; the exit code and every report come from it alone.

A ledger without its end line is one of a run that was killed: ``read`` says so.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import UsageError
from audit.verdict.finding import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import TypeAdapter


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One judged item: its pytest id, check, unit, outcome, and the findings that are not simply passes."""

    nodeid: str
    check: str
    unit: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How the run ended: how many items were to be judged, and why not all were, if so."""

    expected: int
    reason: str | None


@dataclass(slots=True)
class Ledger:
    """Entries in memory and on disk; made by ``start``, ended by ``end``."""

    path: Path
    descriptor: int
    entries: list[Entry] = field(default_factory=list)
    nodeids: set[str] = field(default_factory=set)

    @classmethod
    def start(cls) -> Ledger:
        """Open a ledger in the folder for temporary files, readable by its owner only."""
        descriptor, name = tempfile.mkstemp(prefix="pipelines-audit-", suffix=".ledger.jsonl")
        return cls(path=Path(name), descriptor=descriptor)

    def add(self, plain: dict[str, Any]) -> None:
        """Append one entry, given as the plain data that travelled on a pytest report."""
        entry = _adapter().validate_python(plain)
        self._write({"entry": plain})
        self.entries.append(entry)
        self.nodeids.add(entry.nodeid)

    def end(self, *, expected: int, reason: str | None) -> Ended:
        """Write the last line; fewer entries than expected make a reason where none is given."""
        if reason is None and len(self.nodeids) < expected:
            reason = f"{expected - len(self.nodeids)} of {expected} items were not judged"
        self._write({"end": {"expected": expected, "reason": reason}})
        return Ended(expected=expected, reason=reason)

    def remove(self) -> None:
        """Delete the file, once its content stands in the reports."""
        os.close(self.descriptor)
        self.path.unlink(missing_ok=True)

    def _write(self, line: dict[str, Any]) -> None:
        # Unbuffered, a line a write: what is written is there for whoever looks after a kill.
        text = (json.dumps(line, sort_keys=True, default=str) + "\n").encode()
        while text:
            text = text[os.write(self.descriptor, text) :]


def read(path: Path) -> tuple[Sequence[Entry], Ended]:
    """Read a ledger back; a missing end line, or a line cut short, ends it with the reason ``killed``."""
    entries, ended = [], Ended(expected=0, reason="the run was killed before its end")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            break
        if "end" in line:
            ended = Ended(**line["end"])
        else:
            entries.append(_adapter().validate_python(line["entry"]))
    return entries, ended


@cache
def _adapter() -> TypeAdapter[Entry]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up: only where something is judged

    return TypeAdapter(Entry)
