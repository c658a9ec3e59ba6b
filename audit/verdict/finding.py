"""A finding: what one check says about one subject, with everything that a renderer needs and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from audit.model import Location, SeverityName

Outcome: TypeAlias = Literal["pass", "fail", "unknown", "waived", "not_applicable", "error"]
State: TypeAlias = Literal["new", "persisting"]
Since: TypeAlias = Literal["new", "persisting", "not judged"]
OUTCOMES: tuple[Outcome, ...] = ("error", "fail", "unknown", "waived", "pass", "not_applicable")


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Where a value came from: a place in a file, or an API call."""

    source: Literal["hcl", "aws", "github"]
    file: str | None = None
    line: int | None = None
    column: int | None = None
    service: str | None = None
    operation: str | None = None
    request_id: str | None = None
    time: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WaiverNote:
    """The waiver that covers a finding, with the days left (0 on its last day)."""

    id: str
    owner: str
    reason: str
    expires: date
    days_left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The verdict of one check about one subject; the field names are the results' contract.

    ``kind`` tells several findings of one check about one container apart; ``id`` is the fingerprint of what and
    where (never of names, messages or times); ``cause_id`` groups what one edit would mend. ``state`` and
    ``first_seen`` compare with the run before, ``baseline`` with a baseline; None where there was none. New since a
    baseline is what it judged and did not find; what it did not judge is ``not judged``.
    """

    id: str
    check: str
    severity: SeverityName
    outcome: Outcome
    account: str | None
    account_id: str | None
    region: str | None
    unit: str | None
    stack: str | None
    container: str | None
    subject: str
    kind: str
    declared: str | None
    running: str | None
    released: str | None
    message: str
    location: Location | None
    remedy: str
    controls: tuple[str, ...]
    cause_id: str
    evidence: tuple[Evidence, ...]
    waiver: WaiverNote | None
    state: State | None = None
    first_seen: datetime | None = None
    baseline: Since | None = None


def fingerprint(*parts: str | None) -> str:
    """SHA-256 over the parts, None as empty, kept apart by ``|``."""
    return hashlib.sha256("|".join(part or "" for part in parts).encode(errors="backslashreplace")).hexdigest()


Summary: TypeAlias = Mapping[Outcome, int]
