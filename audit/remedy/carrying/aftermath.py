"""The aftermath: what moved between the looks before and after a plan was carried out, and what still drifts; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.look.difference import Change, changes, summary
from audit.remedy.units import sites
from audit.text import counted, one_line
from audit.verdict.pairing import views

if TYPE_CHECKING:
    from audit.remedy.plan import Plan
    from audit.snapshot import Snapshot

IN_SYNC, DRIFTING, UNREAD = 0, 12, 10

_MOST = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Aftermath:
    """What moved, what still drifts, and of which units it could not be read what runs."""

    moved: tuple[Change, ...]
    drifting: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """Drift beats what is not known."""
        return DRIFTING if self.drifting else UNREAD if self.unread else IN_SYNC


def aftermath(plan: Plan, before: Snapshot | None, after: Snapshot) -> Aftermath:
    """Compare the two looks. What is said of drift is of the units of the plan: ``check`` is for all others."""
    applied = {unit for step in plan.steps if (unit := getattr(step.action, "unit", None)) is not None}
    drifting, unread = [], []
    for site in sites(views(after)):
        if site.stack.unit not in applied:
            continue
        if site.unread:
            unread.append(f"{site.stack.unit}: {site.unread}")
        drifting += [f"{site.stack.unit}: {one.text}" for one in site.differences]
    return Aftermath(
        moved=changes(before, after) if before is not None else (),
        drifting=tuple(drifting),
        unread=tuple(unread),
    )


def text(found: Aftermath) -> str:
    """Say it: what moved, a line each, then what still drifts or is not known."""
    lines = [f"looked again: {summary(found.moved)}"]
    lines += _cut([_line(change) for change in found.moved])
    if found.drifting:
        lines += ["still drifting:", *_cut([f"  {one_line(line)}" for line in found.drifting])]
    if found.unread:
        lines += ["not known:", *_cut([f"  {one_line(line)}" for line in found.unread])]
    if not found.drifting and not found.unread:
        lines.append("everything that this plan applied runs as declared")
    return "\n".join(lines) + "\n"


def _line(change: Change) -> str:
    where = "/".join(part for part in (change.account, change.region) if part)
    what = f"{where} {change.subject} {change.field}".strip()
    return "  " + one_line(f"{what}: {change.old or '(new)'} -> {change.new or '(gone)'}")


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST
    return [*lines[:_MOST], *([f"  and {counted(more, 'more line')}"] if more > 0 else [])]
