"""Carrying a plan out: the order of its steps, who agrees to each wave, what is passed over, and when it stops.

Nothing else in the house changes anything. A step that has ended is not done again; of one that was cut off the effect
is looked at first, and where that tells nothing, nothing is done.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from audit.errors import AuditError, RefusedError, StoppedError, UsageError
from audit.remedy.carrying.admission import admit, demand_as_planned, demand_guards
from audit.remedy.carrying.doing import Hands, do
from audit.remedy.carrying.effects import effect
from audit.remedy.carrying.guard import demand_from_outside, demand_outside, last_to_go
from audit.remedy.carrying.workbench import Work, Workbench
from audit.remedy.plan import Plan
from audit.remedy.steps import ApplyUnit, EditPin, VerifyUnit
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.remedy.steps import Step

Answer: TypeAlias = Literal["done", "again", "stop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which steps are to be carried out, and how many accounts of a wave at once; ``only`` empty: all."""

    only: frozenset[int] = frozenset()
    until: int | None = None
    parallel: int = 1

    def takes(self, step: Step) -> bool:
        """Tell whether a step is among them."""
        return (not self.only or step.number in self.only) and (self.until is None or step.number <= self.until)


class Approver(Protocol):
    """Who agrees: to a wave, to go on with a step in doubt, to a step that people had to do."""

    def wave(self, title: str, steps: Sequence[Step]) -> bool:
        """Tell whether these steps may be carried out."""

    def doubt(self, step: Step, told: str) -> Answer:
        """Say what is to be done about a step whose end nobody saw."""

    def by_hand(self, step: Step) -> bool:
        """Tell whether people have done a step that waited for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a run ended: steps that were done in it, those that were done before, those that wait or were left out."""

    done: tuple[int, ...]
    before: tuple[int, ...]
    waiting: tuple[int, ...]
    left_out: tuple[int, ...]


@dataclass(kw_only=True, slots=True)
class _Tally:
    done: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)


def run(
    plan: Plan,
    bench: Workbench,
    *,
    hands: Hands,
    approver: Approver,
    choice: Choice = Choice(),
) -> Outcome:
    """Carry a plan out, wave by wave.

    Raises RefusedError, StepFailedError or StoppedError at the first step that does not come to its end, and UsageError
    where the plan turns out to be stale.
    """
    demand_outside(bench.programs.environment)
    demand_from_outside(plan)
    runner = _Runner(plan, bench, hands, approver, choice)
    for title, steps in waves_of(plan):
        chosen = tuple(step for step in steps if choice.takes(step))
        if chosen:
            runner.wave(title, chosen)
    bench.journal.add("finished", waiting=runner.tally.waiting)
    left_out = tuple(step.number for step in plan.steps if not choice.takes(step))
    tally = runner.tally
    return Outcome(
        done=tuple(sorted(tally.done)),
        before=tuple(sorted(tally.before)),
        waiting=tuple(sorted(tally.waiting)),
        left_out=left_out,
    )


def waves_of(plan: Plan) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Give what is agreed to together: the preparations of a hop, then its waves."""
    for hop, of_hop in groupby(plan.steps, key=lambda step: step.hop):
        parts = [(wave, tuple(steps)) for wave, steps in groupby(of_hop, key=lambda step: step.wave)]
        waves = [wave for wave, _ in parts if wave is not None]
        start = f"hop {hop} of {len(plan.hops)}, " if len(plan.hops) > 1 else ""
        for wave, steps in parts:
            names = ", ".join(dict.fromkeys(one_line(step.account or "?", 60) for step in steps))
            place = f"wave {waves.index(wave) + 1} of {len(waves)} ({names})" if wave is not None else "preparations"
            yield f"{start}{place}", steps


@dataclass(slots=True)
class _Runner:
    plan: Plan
    bench: Workbench
    hands: Hands
    approver: Approver
    choice: Choice
    tally: _Tally = field(default_factory=_Tally)

    def wave(self, title: str, steps: tuple[Step, ...]) -> None:
        """Carry out what belongs together, once somebody has agreed to what of it is still to be done."""
        due = tuple(step for step in steps if self._is_due(step))
        if due:
            if not self.approver.wave(title, due):
                raise RefusedError(f"{title}: not approved; nothing of it was started")
            self.bench.journal.add("approved", wave=title, steps=[step.number for step in due])
        chains = [tuple(chain) for _, chain in groupby(steps, key=lambda step: (step.account, step.region))]
        # The account that goes last is never the only way back in: all others are known to work by then.
        last = last_to_go(self.plan) if steps[0].wave is not None else None
        final = [chain for chain in chains if chain[0].account == last]
        others = [chain for chain in chains if chain[0].account != last] if last else chains
        if self.choice.parallel == 1 or steps[0].wave is None:
            for chain in others:
                self._chain(chain)
        else:
            self._at_once(others)
        for chain in final:
            self._chain(chain)

    def _is_due(self, step: Step) -> bool:
        return step.waits is None and not self._is_done(step)

    def _is_done(self, step: Step) -> bool:
        """Tell whether a step is done; an apply after which other images ran is not."""
        fate = self.bench.journal.fate
        if isinstance(step.action, ApplyUnit):
            checks = (one for one in self.plan.steps if one.hop == step.hop and isinstance(one.action, VerifyUnit))
            if any(fate(one.number) == "failed" for one in checks if unit_of(one) == step.action.unit):
                return False
        return fate(step.number) == "done"

    def _at_once(self, chains: Sequence[tuple[Step, ...]]) -> None:
        """Carry out the accounts of a wave side by side; after the first that fails no other one is started."""
        failed: list[AuditError] = []

        def one(chain: tuple[Step, ...]) -> None:
            if not failed:
                try:
                    self._chain(chain)
                except AuditError as error:
                    failed.append(error)

        with (
            self.bench.supervisor.asked.listening(),
            ThreadPoolExecutor(max_workers=self.choice.parallel, thread_name_prefix="account") as pool,
        ):
            list(pool.map(one, chains))
        for error in failed[1:]:
            self.bench.say(str(error))
        if failed:
            raise failed[0]

    def _chain(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if self.bench.supervisor.asked.signal is not None:
                raise StoppedError(f"stopped before step {step.number}: apply again to go on")
            if step.waits is not None:
                self._waits(step)
            elif self._is_done(step) and not self._is_to_hold(step):
                self.tally.before.append(step.number)
            else:
                self._step(step)

    def _is_to_hold(self, step: Step) -> bool:
        """Tell whether a step verifies what no later step has changed again: then it is looked at once more."""
        if not isinstance(step.action, VerifyUnit):
            return False
        fate = self.bench.journal.fate
        later = (one for one in self.plan.steps if one.number > step.number and isinstance(one.action, ApplyUnit))
        return all(fate(one.number) == "not started" for one in later if unit_of(one) == step.action.unit)

    def _waits(self, step: Step) -> None:
        if self.bench.journal.fate(step.number) == "done":
            self.tally.before.append(step.number)
            return
        self.bench.say(f"step {step.number} waits: {one_line(step.waits or '', 600)}")
        if isinstance(step.action, ApplyUnit | VerifyUnit):
            self.tally.waiting.append(step.number)
            return
        with self.bench.at(step) as work:
            seen = effect(step, self.plan, self.bench.root, work.read) == "seen"
        if not seen and not self.approver.by_hand(step):
            kept = " and commit it" if isinstance(step.action, EditPin) else ""
            raise RefusedError(
                f"step {step.number} waits for people: {one_line(step.waits or '', 600)}; do that{kept}, "
                "then apply this plan again"
            )
        self.bench.journal.add("done", step.number, by="hand")
        self.tally.done.append(step.number)

    def _step(self, step: Step) -> None:
        bench, number = self.bench, step.number
        bench.say(f"== step {number} of {len(self.plan.steps)}: {one_line(step.title)}")
        with bench.at(step) as work:
            try:
                admit(work, self.plan)
                word = self._settled(work)
                if word is None:
                    demand_guards(work)
                    demand_as_planned(work, self.plan)
                    do(work, self.plan, self.hands)
                # Also of what was cut off: nothing goes on before the invoker has answered.
                for command in step.evidence:
                    work.keep(command)
                if step.evidence:
                    bench.say(f"step {number}: all that is looked at after it is as it must be; kept in the journal")
            except (RefusedError, UsageError) as error:
                bench.journal.add("refused", number, reason=str(error))
                raise
        bench.journal.add("done", number, **({"by": word} if word else {}))
        self.tally.done.append(number)

    def _settled(self, work: Work) -> str | None:
        """Look at a step of whose end there is no line; say by whose word it was done, None where it is to be done."""
        step, journal = work.step, self.bench.journal
        fate = journal.fate(step.number)
        if fate == "unproved":
            return "its commands' end"
        if fate != "in doubt":
            return None
        self.bench.say(f"step {step.number} was cut off: looking at what it has done")
        found = effect(step, self.plan, self.bench.root, work.read)
        journal.add("effect", step.number, found=found)
        if found == "seen":
            self.bench.say(f"step {step.number}: its effect is there; not done again")
        else:
            answer = self.approver.doubt(step, found)
            if answer == "stop":
                raise RefusedError(
                    f"step {step.number} was cut off, and whether it has done its work {_TOLD[found]}: look at "
                    f"{one_line(self._log(step))} and at AWS, then apply again at a terminal, where you are asked"
                )
            if answer == "again":
                return None
        return "a look" if found == "seen" else "the user's word"

    def _log(self, step: Step) -> str:
        return str(self.bench.logs / f"step-{step.number}.log")


def unit_of(step: Step) -> str | None:
    """Name the unit that a step applies or verifies."""
    return step.action.unit if isinstance(step.action, ApplyUnit | VerifyUnit) else None


_TOLD = {"not seen": "is not to be seen", "cannot be told": "cannot be told"}


def summary(outcome: Outcome) -> str:
    """Say in words what was done."""
    parts = [f"{counted(len(outcome.done), 'step')} done"]
    if outcome.before:
        parts.append(f"{len(outcome.before)} done before")
    if outcome.waiting:
        parts.append(f"{len(outcome.waiting)} waiting ({', '.join(map(str, outcome.waiting))})")
    if outcome.left_out:
        parts.append(f"{len(outcome.left_out)} left out")
    return ", ".join(parts)
