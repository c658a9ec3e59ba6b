"""The rounds through AWS: every account, then the registries and secrets they name; into a logbook, until stopped."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from audit import fleet
from audit.errors import UsageError
from audit.look.logbook import Logbook, open_logbook
from audit.running.caller import whose
from audit.running.fanout import Fanout
from audit.running.model.ecr import Repository
from audit.running.model.seen import Observation, Running
from audit.running.model.targets import Target
from audit.running.observe import look_at_account, look_at_registry, look_at_secret
from audit.running.spent import Measured, measured
from audit.running.tally import calls_by_account
from audit.running.unread import gaps_in
from audit.stopping import on_signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.declared.model import DeclaredContainer
    from audit.fleet import Order
    from audit.look.crew import Crew
    from audit.look.logbook import Entry
    from audit.running.pool import Job, Place
    from audit.running.spent import Spent

P = TypeVar("P", bound="Place")
R = TypeVar("R", bound="Entry")


class Progress(Protocol):
    """What a look tells about itself: a stage begins with ``total`` pieces (None: not known), pieces end."""

    def begin(self, stage: str, total: int | None) -> None:
        """Start a stage."""

    def advance(self, *, calls: int = 0, failed: bool = False, spent: Spent | None = None, what: str = "") -> None:
        """Count one piece as done, with the calls it took, and whether some of it could not be read.

        ``spent`` says what the calls cost by service, where that was measured, ``what`` which piece it was.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where to look: the places of units, and those ``beyond``, of which only what runs is looked at; None: nowhere."""

    units: tuple[Target, ...]
    beyond: tuple[Target, ...] | None = None

    @property
    def all(self) -> tuple[Target, ...]:
        """Give all of them, those of units first."""
        return (*self.units, *(self.beyond or ()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rounds:
    """What was seen, since when, and why not all of it, where the rounds were stopped; ``caller`` is who looked."""

    running: Running
    began_at: datetime
    incomplete: str | None
    caller: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """What each stage uses."""

    fanout: Fanout
    logbook: Logbook | None
    progress: Progress

    def look(self, stage: str, job: Job[P, R], places: Sequence[P]) -> tuple[R, ...]:
        """Look at the places that no earlier process has seen."""
        self.progress.begin(stage, len(places))
        known: dict[P, R] = {}
        for place in places:
            if self.logbook is not None and (found := self.logbook.found(place)) is not None:
                known[place] = cast("R", found)
                self.progress.advance()
        unknown = [place for place in places if place not in known]
        fresh = iter(self.fanout.run(partial(measured, job), unknown, self._done))
        return tuple(known[place] if place in known else next(fresh).result for place in places)

    def _done(self, done: Measured[R]) -> None:
        entry = done.result
        if self.logbook is not None:
            self.logbook.add(entry)
        failed = any(True for _ in gaps_in(entry))
        self.progress.advance(calls=entry.calls, failed=failed, spent=done.spent, what=_name(entry))


def rounds(
    crew: Crew,
    places: Places,
    containers: Iterable[DeclaredContainer],
    order: Order,
    *,
    also: Iterable[str | None],
    progress: Progress,
) -> Rounds:
    """Have the crew look at the places, then at what they lead to; a signal ends it within seconds, with what was seen.

    ``also`` are tags to look for in the registries besides those declared and running.
    """
    settings = crew.settings
    if settings.resume and settings.state is None:
        raise UsageError("--resume needs the state of the look that was stopped: name it by --state FILE")
    with ExitStack() as stack:
        logbook = open_logbook(settings.state, crew.access, resume=settings.resume) if settings.state else None
        if logbook is not None:
            stack.callback(logbook.close)
        began_at = logbook.began_at if logbook else datetime.now(UTC).replace(microsecond=0)
        pool = crew.pool(len(places.all))
        stack.callback(pool.close)
        one = _Round(fanout=Fanout(pool, lambda: crew.here), logbook=logbook, progress=progress)
        with on_signal(one.fanout.stop):
            seen = one.look("accounts", look_at_account, places.all)
            observations = seen[: len(places.units)]
            repositories = one.look(
                "registries", look_at_registry, fleet.registry_targets(containers, observations, order, also)
            )
            secrets = one.look("secrets", look_at_secret, fleet.secret_targets(observations, order))
            who = _caller(one.fanout, observations)
        running = Running(
            observations=observations,
            repositories=repositories,
            secrets=secrets,
            calls=calls_by_account(seen, repositories, secrets),
            beyond=None if places.beyond is None else seen[len(places.units) :],
        )
        return Rounds(running=running, began_at=began_at, incomplete=_why(one.fanout, running), caller=who)


def _caller(fanout: Fanout, seen: Iterable[Observation]) -> str | None:
    """Give the ARN of who looked: of who assumed the roles, and where none were, of the first that was seen."""
    for found in seen:
        # After a stop nothing more is asked: there may be no answer, and it would be waited for.
        if found.identity.kind == "seen" and not fanout.is_stopped:
            (base,) = fanout.run(whose, [Target(account=found.account, region=found.region, stacks=())])
            return None if base.kind == "unread" else base.value or found.identity.value.arn
    return None


def _name(entry: Entry) -> str:
    if isinstance(entry, Observation):
        return f"{entry.account.name} {entry.region}"
    return f"repository {entry.name} {entry.region}" if isinstance(entry, Repository) else f"secret {entry.arn}"


def _why(fanout: Fanout, running: Running) -> str | None:
    if not fanout.is_stopped:
        return None
    read = sum(1 for one in running.observations if not any(gap.code == "Stopped" for gap in gaps_in(one)))
    return f"stopped by a signal, {read} of {len(running.observations)} units looked at"
