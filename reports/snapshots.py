"""Snapshots for people: what is in one, and what moved between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python
from tabulate import tabulate

from audit import snapshot as snapshots
from audit.look.difference import summary
from audit.text import counted, one_line
from reports import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.look.difference import Change
    from audit.running.model.ecr import Repository
    from audit.running.model.secrets import Secret
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot
    from audit.verdict.results import Coverage


def show(snapshot: Snapshot, covered: Coverage) -> str:
    """Say what a snapshot is, then list what runs and what could not be read."""
    rows = [(name.replace("_", " "), _words(value)) for name, value in _head(snapshot, covered).items() if value]
    table = tabulate([(name, one_line(value, 140)) for name, value in rows], tablefmt="plain", disable_numparse=True)
    return f"{table}\n\n{facts.running(snapshot.running, [*snapshot.declared.gaps, *snapshot.gaps])}"


def _words(value: object) -> str:
    return (
        ", ".join(f"{name.replace('_', ' ')} {part}" for name, part in value.items())
        if isinstance(value, dict)
        else str(value)
    )


def document(snapshot: Snapshot, covered: Coverage) -> dict[str, Any]:
    """Give the same as data: what it is, with the gaps in full; the facts themselves are in the file."""
    head = _head(snapshot, covered)
    return {**head, "incomplete": snapshot.incomplete, "gaps": to_jsonable_python(list(covered.gaps))}


def _head(snapshot: Snapshot, covered: Coverage) -> dict[str, Any]:
    running = snapshot.running
    looks: tuple[Observation | Repository | Secret, ...] = (
        *running.everywhere,
        *running.repositories,
        *running.secrets,
    )
    calls = sum(one.calls for one in looks)
    return {
        "schema_version": snapshot.schema_version,
        "sha256": snapshots.sha256(snapshot),
        "taken_at": snapshot.taken_at.isoformat(),
        "tool_version": snapshot.tool_version,
        "incomplete": snapshot.incomplete,
        "caller": snapshot.caller,
        "commit": snapshot.declared.commit,
        "scope": snapshot.declared.scope,
        "selection": snapshot.selection,
        "shard": snapshot.shard,
        "units": {"expected": covered.expected, "read": covered.read, "unread": covered.unread},
        "containers": len(snapshot.declared.containers),
        "repositories": len(running.repositories),
        "releases": {
            "newest": snapshot.released.newest,
            "from": snapshot.released.where,
            "as_of": snapshot.released.as_of.isoformat(),
        },
        "calls": calls,
    }


def diff(found: Sequence[Change]) -> str:
    """List what moved, a tag with a new digest first."""
    headers = ("what", "account", "region", "subject", "fact", "old", "new", "")
    rows = [
        [one_line(part or "-", 60) for part in (one.kind, one.account, one.region, one.subject, one.field)]
        + [_value(one.old), _value(one.new), one.note.upper()]
        for one in found
    ]
    table = tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True) if rows else ""
    return f"{table}\n\n{summary(found)}\n" if rows else f"{summary(found)}\n"


def diff_document(old: Snapshot, new: Snapshot, found: Sequence[Change]) -> dict[str, Any]:
    """Give the same as data."""
    sides = {
        name: {"sha256": snapshots.sha256(one), "taken_at": one.taken_at.isoformat(), "incomplete": one.incomplete}
        for name, one in (("old", old), ("new", new))
    }
    return {"schema_version": 1, **sides, "same": not found, "changes": to_jsonable_python(list(found))}


def written(path: str, snapshot: Snapshot, covered: Coverage) -> str:
    """Say in one line what was written where."""
    excluded = f", {covered.excluded} excluded" if covered.excluded else ""
    number = f"{covered.read} of {counted(covered.expected, 'unit')} read"
    return f"{path}: {number}{excluded}, sha256 {snapshots.sha256(snapshot)}"


def _value(text: str | None) -> str:
    return "-" if text is None else one_line(text, 60)
