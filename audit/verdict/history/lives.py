"""The life of each finding over many runs: first seen, fixed, back again, not looked at. Pure.

The axis of time is when a snapshot was taken, not when it was judged or recorded: a replay gives the same ages. A
finding is *there* where a check failed or a waiver covers it. It ends where a later run proves that (``judged``); a
night that could not read its place says nothing about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.model import Severity, SeverityName
from audit.verdict.finding import Outcome
from audit.verdict.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable

Ending: TypeAlias = Literal["fixed", "left"]
THERE: tuple[Outcome, ...] = ("fail", "waived")


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What the fingerprint of a finding is made of, and its unit's path, which it had when it was last seen."""

    id: str
    check: str
    account_id: str | None
    region: str | None
    stack: str | None
    container: str | None
    kind: str
    account: str | None = None
    unit: str | None = None
    subject: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A finding as one run had it."""

    finding: Identity
    outcome: Outcome
    severity: SeverityName
    declared: str | None = None
    running: str | None = None
    released: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far a unit was behind in one run: the oldest version that ran there, None where nobody could tell."""

    unit: str
    account: str | None
    account_id: str | None
    region: str | None
    stack: str | None
    coverage: str
    version: str | None = None
    releases_behind: int | None = None
    days_behind: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastRun:
    """One run as the store has it; ``at`` is when its snapshot was taken."""

    id: str
    at: datetime
    judged_at: datetime
    tool_version: str
    scope: str
    selection: str
    exit_code: int
    verdict: str
    incomplete: str | None
    newest: str | None
    expected: int
    read: int
    judged: Judged
    sightings: tuple[Sighting, ...] = ()
    standings: tuple[Standing, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """One stretch of time in which a finding was there; ``end`` is when a run proved that it was not any more."""

    start: datetime
    end: datetime | None = None
    ending: Ending | None = None
    severity: SeverityName = "info"

    @property
    def length(self) -> timedelta | None:
        """How long it took to end; None where it has not."""
        return self.end - self.start if self.end else None


@dataclass(slots=True)
class Life:
    """All that is known of one finding; ``last`` is its last sighting, ``unread`` the runs since that said nothing."""

    identity: Identity
    scope: str
    last: Sighting
    last_seen: datetime
    episodes: list[Episode] = field(default_factory=list)
    unread: int = 0

    @property
    def open(self) -> bool:
        """Whether it is there, as far as is known."""
        return self.episodes[-1].end is None

    @property
    def first_seen(self) -> datetime:
        """When it was seen for the very first time."""
        return self.episodes[0].start

    @property
    def since(self) -> datetime:
        """Since when it is there without a proven end between."""
        return self.episodes[-1].start

    @property
    def returns(self) -> int:
        """How often it came back."""
        return len(self.episodes) - 1

    def age(self, now: datetime) -> timedelta:
        """How long it has been there, or was there the last time."""
        return (self.episodes[-1].end or now) - self.since


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What changed with one run, by fingerprint.

    ``unread``: still open, and this run could not tell; ``escalated``: what got worse, with what it was before.
    """

    run: PastRun
    new: tuple[str, ...]
    back: tuple[str, ...]
    persisting: tuple[str, ...]
    unread: tuple[str, ...]
    fixed: tuple[str, ...]
    left: tuple[str, ...]
    escalated: tuple[tuple[str, str], ...] = ()

    @property
    def open(self) -> int:
        """How many findings were open after it, as far as was known."""
        return len(self.new) + len(self.back) + len(self.persisting) + len(self.unread)


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """The whole of it: one tally a run, in order of time, and the life of every finding.

    ``pruned`` is the moment before which runs were removed: of those only the lives are left.
    """

    tallies: tuple[Tally, ...]
    lives: Mapping[str, Life]
    pruned: datetime | None = None


def trace(
    runs: Iterable[PastRun], carried: Mapping[str, Life] = MappingProxyType({}), pruned: datetime | None = None
) -> Past:
    """Follow every finding through the runs, from the lives on that were ``carried`` over from runs before them."""
    lives = dict(carried)
    tallies = [_step(run, lives) for run in sorted(runs, key=lambda run: (run.at, run.judged_at, run.id))]
    return Past(tallies=tuple(tallies), lives=lives, pruned=pruned)


def _step(run: PastRun, lives: dict[str, Life]) -> Tally:
    moved: dict[str, list[str]] = defaultdict(list)
    there = {seen.finding.id: seen for seen in run.sightings if seen.outcome in THERE}
    for id_, life in lives.items():
        if life.open and id_ not in there:
            moved[_missed(run, life)].append(id_)
    worse = tuple((id_, was) for id_, seen in there.items() if id_ in lives and (was := _was(lives[id_], seen)))
    for id_, seen in there.items():
        moved[_seen(run, seen, lives)].append(id_)
    return Tally(
        run=run,
        new=tuple(moved["new"]),
        back=tuple(moved["back"]),
        persisting=tuple(moved["persisting"]),
        unread=tuple(moved["unread"]),
        fixed=tuple(moved["fixed"]),
        left=tuple(moved["left"]),
        escalated=worse,
    )


def _was(life: Life, seen: Sighting) -> str | None:
    """Say what a finding was before it got worse; None where it did not."""
    if not life.open or seen.outcome == "waived":
        return None
    if life.last.outcome == "waived":
        return "waived"
    return life.last.severity if Severity[seen.severity] > Severity[life.last.severity] else None


def _missed(run: PastRun, life: Life) -> Literal["fixed", "left", "unread"]:
    """Ask a run about a finding that it does not have, and end its episode where it can tell."""
    proof = run.judged.proof(life.identity)
    if proof == "left" and life.scope != run.scope:  # it looked at another part of the repository
        proof = "unread"
    if proof == "unread":
        life.unread += 1
        return proof
    episode = life.episodes[-1]
    life.episodes[-1] = Episode(start=episode.start, end=run.at, ending=proof, severity=life.last.severity)
    return proof


def _seen(run: PastRun, seen: Sighting, lives: dict[str, Life]) -> Literal["new", "back", "persisting"]:
    life = lives.get(seen.finding.id)
    if life is None:
        start = Episode(start=run.at, severity=seen.severity)
        lives[seen.finding.id] = Life(
            identity=seen.finding, scope=run.scope, last=seen, last_seen=run.at, episodes=[start]
        )
        return "new"
    was_open = life.open
    life.identity, life.scope, life.last, life.last_seen, life.unread = seen.finding, run.scope, seen, run.at, 0
    if not was_open:
        life.episodes.append(Episode(start=run.at, severity=seen.severity))
    return "persisting" if was_open else "back"
