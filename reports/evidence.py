"""Where the values of a finding came from, in words: a place in a file, or a call with what CloudTrail knows it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.causes import place

if TYPE_CHECKING:
    from audit.verdict.finding import Evidence, Finding
    from reports.causes import Cause

# The registry belongs to one account, whichever account's finding a call to it is evidence of.
_SHARED = frozenset({"ecr", "secretsmanager"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A place, or a call with its request id and its time, empty where nobody noted them."""

    what: str
    request: str = ""
    time: str = ""

    def __str__(self) -> str:
        more = (f"request {self.request}" if self.request else "", f"at {self.time}" if self.time else "")
        return ", ".join(part for part in (self.what, *more) if part)


def sources(cause: Cause, *, placed: bool = False) -> tuple[Source, ...]:
    """Tell them for all findings of a cause, each once; calls name their account if ``placed``, or of several."""
    several = placed or len(cause.places) > 1
    told = (_source(item, finding, several=several) for finding in cause.findings for item in finding.evidence)
    return tuple(dict.fromkeys(told))


def _source(item: Evidence, finding: Finding, *, several: bool) -> Source:
    if item.source == "hcl":
        return Source(what=":".join(str(part) for part in (item.file, item.line, item.column) if part))
    call = " ".join(part for part in (item.source, item.service, item.operation) if part)
    where = f"{place(finding)}: " if several and item.request_id and item.service not in _SHARED else ""
    return Source(what=f"{where}{call}", request=item.request_id or "", time=item.time or "")
