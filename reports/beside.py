"""What a report says beside its findings: since when they are, what is gone, what was left out and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from audit.text import counted, one_line
from audit.verdict.results import Excluded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audit.verdict.finding import Finding
    from audit.verdict.results import CheckNote, Remembered, Results


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Units that one exclusion took out of the audit."""

    units: tuple[Excluded, ...]
    reason: str
    owner: str
    expires: date
    days_left: int
    ticket: str

    @property
    def places(self) -> tuple[str, ...]:
        """Account and region of each, once."""
        return tuple(dict.fromkeys(where(unit) for unit in self.units))


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """A finding of an earlier run that is fixed, or that nobody could judge this time."""

    check: str
    place: str
    container: str
    first_seen: str
    last_seen: str
    days: int


def left_out(results: Results) -> tuple[LeftOut, ...]:
    """Group the excluded units by what was said of them."""
    groups: defaultdict[tuple[str, str, date, str], list[Excluded]] = defaultdict(list)
    for unit in results.excluded:
        groups[unit.reason, unit.owner, unit.expires, unit.ticket or ""].append(unit)
    return tuple(
        LeftOut(
            units=tuple(units),
            reason=reason,
            owner=owner,
            expires=expires,
            days_left=units[0].days_left,
            ticket=ticket,
        )
        for (reason, owner, expires, ticket), units in groups.items()
    )


def disabled(results: Results) -> tuple[CheckNote, ...]:
    """Give the checks that the configuration leaves out, each with its reason: they judged nothing."""
    return tuple(note for note in results.checks if note.disabled is not None)


def fixed(results: Results) -> tuple[Gone, ...]:
    """Give what the run before had and this one has not."""
    return _gone(results.history.fixed if results.history else (), results)


def unread(results: Results) -> tuple[Gone, ...]:
    """Give what was open, and was not judged anew."""
    return _gone(results.history.unread if results.history else (), results)


def changes(results: Results) -> str:
    """Sum up in one line what changed since the run before; empty where there was none."""
    if results.history is None:
        return ""
    states = Counter(finding.state for finding in results.findings)
    counts = (
        (states["new"], "new"),
        (states["persisting"], "persisting"),
        (len(results.history.escalated), "worse"),
        (len(results.history.fixed), "fixed"),
        (len(results.history.unread), "not judged anew"),
    )
    said = ", ".join(f"{number:,} {words}" for number, words in counts if number) or "nothing"
    return f"since the run of {results.history.previous_at:%Y-%m-%d %H:%M}: {said}"


def age(findings: Iterable[Finding], results: Results) -> str:
    """Say in a word or two since when findings are; of several, how many are new, or the age of the oldest."""
    found = tuple(findings)
    if results.history is None and all(finding.state is None for finding in found):
        return _by_baseline(found)
    new = sum(finding.state == "new" for finding in found)
    if new:
        return "new" if new == len(found) else f"{new:,} new"
    first = min((finding.first_seen for finding in found if finding.first_seen), default=None)
    days = (results.run.judged_at.date() - first.date()).days if first else None
    return "" if days is None else "today" if days == 0 else counted(days, "day")


def where(thing: Excluded | Remembered) -> str:
    """Name an account and a region, or what else is known."""
    account = thing.account or thing.account_id
    return " ".join(part for part in (account, thing.region) if part) if account else thing.unit or "fleet"


def _by_baseline(found: Sequence[Finding]) -> str:
    since = Counter(finding.baseline for finding in found)
    if since["new"]:
        return "new" if since["new"] == len(found) else f"{since['new']:,} new"
    if since["not judged"]:
        return (
            "not judged before" if since["not judged"] == len(found) else f"{since['not judged']:,} not judged before"
        )
    return "known" if since["persisting"] else ""


def _gone(several: Iterable[Remembered], results: Results) -> tuple[Gone, ...]:
    return tuple(_rows(several, results))


def _rows(several: Iterable[Remembered], results: Results) -> Iterator[Gone]:
    for one in several:
        place = where(one) if one.account or one.account_id else one.subject
        yield Gone(
            check=one_line(one.check),
            place=one_line(place),
            container=one_line(one.container or ""),
            first_seen=f"{one.first_seen:%Y-%m-%d}",
            last_seen=f"{one.last_seen:%Y-%m-%d}",
            days=(results.run.judged_at.date() - one.first_seen.date()).days,
        )
