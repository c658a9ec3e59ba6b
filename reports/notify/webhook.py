"""The document for a webhook of one's own: the changes as data, with the verdict they belong to."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.verdict.finding import Finding
    from audit.verdict.results import Remembered, Results
    from reports.notify.changes import Changes

SCHEMA_VERSION: Final = 1
_MOST: Final = 200  # findings of a kind: a receiver that wants more reads the results
_FIELDS: Final = (
    *("id", "check", "severity", "outcome", "account", "account_id", "region", "unit", "stack", "container"),
    *("subject", "declared", "running", "released", "message", "remedy", "first_seen"),
)


def document(results: Results, found: Changes) -> dict[str, Any]:
    """Make the document; ``counts`` are whole where a list is cut."""
    history = results.history
    whole: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": "pipelines-audit-changes",
        "run": {"id": results.run.id, "judged_at": results.run.judged_at, "scope": results.run.scope},
        "snapshot_sha256": results.snapshot_sha256,
        "previous_run": history.previous_run if history else None,
        "exit_code": results.exit_code,
        "verdict": results.verdict,
        "coverage": {name: getattr(results.coverage, name) for name in ("expected", "read", "unread", "excluded")},
        "counts": {name: len(getattr(found, name)) for name in ("new", "worse", "unread", "fixed")},
        "new": _listed(found.new),
        "worse": [{**_plain(one), "was": was} for one, was in found.worse[:_MOST]],
        "unread": _listed(found.unread),
        "fixed": [asdict(gone) for gone in found.fixed[:_MOST]],
    }
    plain: dict[str, Any] = to_jsonable_python(whole)
    return plain


def _listed(findings: Sequence[Finding | Remembered]) -> list[dict[str, Any]]:
    return [_plain(one) for one in findings[:_MOST]]


def _plain(found: Finding | Remembered) -> dict[str, Any]:
    return {name: getattr(found, name, None) for name in _FIELDS}
