"""What changed since the run before, out of results alone: what is new, worse, fixed, or out of sight."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.model import Severity
from audit.text import counted, one_line
from audit.verdict.finding import Finding
from audit.verdict.results import Remembered
from reports.causes import causes, place
from reports.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.verdict.results import Results
    from reports.lines import Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """``new`` and ``worse`` fail the run now, ``unread`` could be read before; ``worse`` comes with what it was.

    Without a run to compare with (``compared`` is false) everything that fails is new.
    """

    compared: bool
    new: tuple[Finding, ...] = ()
    worse: tuple[tuple[Finding, str], ...] = ()
    unread: tuple[Finding, ...] = ()
    fixed: tuple[Remembered, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.worse or self.unread or self.fixed)

    @property
    def digest(self) -> str:
        """Tell these changes from others: by what changed, not by when or how it is said."""
        kinds = (self.new, [found for found, _ in self.worse], self.unread, self.fixed)
        ids = "|".join(",".join(sorted(found.id for found in kind)) for kind in kinds)
        return hashlib.sha256(ids.encode()).hexdigest()

    @property
    def summary(self) -> str:
        """Count the changes in words."""
        parts = (
            (self.new, "new"),
            (self.worse, "worse"),
            (self.unread, "no longer readable"),
            (self.fixed, "fixed"),
        )
        said = ", ".join(f"{len(found):,} {word}" for found, word in parts if found)
        since = "since the run before" if self.compared else "and no run to compare with"
        return f"{said or 'nothing changed'} {since}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One kind of change with its lines, in plain text that still has to be escaped for where it goes."""

    title: str
    lines: tuple[str, ...]


def changes(results: Results) -> Changes:
    """Pick out what changed; findings below the level that fails a run are nobody's notice."""
    level = Severity[results.run.selection.fail_on]
    failing = [f for f in results.findings if f.outcome == "fail" and Severity[f.severity] >= level]
    history = results.history
    if history is None:
        return Changes(compared=False, new=tuple(failing), unread=_unread(results.findings))
    was = {escalated.id: escalated.was for escalated in history.escalated}
    return Changes(
        compared=True,
        new=tuple(f for f in failing if f.state == "new" and f.id not in was),
        worse=tuple((f, was[f.id]) for f in failing if f.id in was),
        unread=_unread(f for f in results.findings if f.state == "new"),
        fixed=tuple(gone for gone in history.fixed if Severity[gone.severity] >= level),
    )


def blocks(results: Results, found: Changes, limit: int) -> Iterator[Block]:
    """Say what changed, kind by kind, at most ``limit`` lines each; what one edit would mend is one line."""
    new = tuple(
        f"{line.level}: {_where(line.where, line.container)}: {line.message}" for line in _lines(results, found)
    )
    worse = tuple(f"{f.severity}, was {was}: {_place(f)}: {f.message}" for f, was in found.worse)
    unread = tuple(f"{place(f)}: {f.message}" for f in found.unread)
    fixed = tuple(f"{gone.check}: {_place(gone)}, since {gone.first_seen:%Y-%m-%d}" for gone in found.fixed)
    for title, lines in (("New", new), ("Worse", worse), ("No longer readable", unread), ("Fixed", fixed)):
        if lines:
            yield Block(title=title, lines=_cut(lines, limit))


def _lines(results: Results, found: Changes) -> Iterator[Line]:
    return lines_of(causes(replace(results, findings=found.new)), results)


def _unread(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Take one finding for each gap: the other checks that end unknown for it say nothing more."""
    return tuple(f for f in findings if f.check == "not-covered" and f.outcome == "unknown")


def _place(found: Finding | Remembered) -> str:
    account = found.account or found.account_id
    where = " ".join(part for part in (account, found.region) if part) if account else found.subject
    return _where(where, found.container or "")


def _where(where: str, container: str) -> str:
    return " · ".join(part for part in (where, container) if part)


def _cut(lines: tuple[str, ...], limit: int) -> tuple[str, ...]:
    plain = tuple(one_line(line) for line in lines)
    if len(plain) <= limit:
        return plain
    return (*plain[: limit - 1], f"and {counted(len(plain) - limit + 1, 'more line')}")
