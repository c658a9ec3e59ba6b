"""The command that carries a plan out: what it prints, what it asks, and what is to be done next however it ends."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit import config
from audit.cli.options import options, text_of
from audit.errors import AuditError, RefusedError, UsageError
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.config import Settings
    from audit.remedy.plan import Plan
    from audit.remedy.run import Answer, Outcome
    from audit.remedy.steps import Step


@click.command()
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@options("infra_live", "github_url", "infra_live_repo")
@click.option("--approve", metavar="SHA256", help="carry out the plan with this SHA-256 without asking")
@click.option("--only", multiple=True, type=click.IntRange(min=1), metavar="STEP", help="only this step; repeatable")
@click.option("--until", type=click.IntRange(min=1), metavar="STEP", help="no step after this one")
@click.option(
    "--max-parallel",
    type=click.IntRange(min=1, max=32),
    default=1,
    metavar="N",
    help="how many accounts of a wave at once (default 1); above 1 no command gets the terminal",
)
def apply(
    config_file: Path | None,
    plan_file: Path,
    approve: str | None,
    only: tuple[int, ...],
    until: int | None,
    max_parallel: int,
    **given: object,
) -> int:
    r"""Carry a plan out: wave by wave, each with your consent; started again, it goes on where it stopped.

    The plan is printed first. What was done is kept in the git folder, under pipelines-audit/.

    \b
    Examples:
      pipelines-audit apply plan.json
      pipelines-audit apply plan.json --until 4
      pipelines-audit apply plan.json --approve 3f786850e387550fdab836ed7e6dc881de23001b…
    """
    from audit.remedy import document, prose  # noqa: PLC0415 -- start-up
    from audit.remedy.run import Choice  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    plan = document.from_json(text_of(plan_file), name=str(plan_file))
    click.echo(prose.text(plan), nl=False)
    document.demand_fresh(plan, datetime.now(UTC), name=str(plan_file))
    _demand_approval(plan, approve)
    choice = Choice(only=frozenset(only), until=until, parallel=max_parallel)
    _demand_steps(plan, choice.only)
    return _carried_out(plan, settings, choice, Consent(approved=approve is not None))


def _demand_approval(plan: Plan, approve: str | None) -> None:
    from audit.remedy.document import sha256  # noqa: PLC0415 -- start-up

    if approve is None:
        if not sys.stdin.isatty():
            raise RefusedError(f"not approved: start this at a terminal, or give --approve {sha256(plan)}")
    elif approve != sha256(plan):
        raise RefusedError(f"--approve {one_line(approve, 70)} is of another plan: this one is {sha256(plan)}")


def _demand_steps(plan: Plan, only: frozenset[int]) -> None:
    unknown = only - {step.number for step in plan.steps}
    if unknown:
        raise UsageError(f"--only {min(unknown)}: the plan has {counted(len(plan.steps), 'step')}")


def _carried_out(plan: Plan, settings: Settings, choice: object, consent: Consent) -> int:
    """Open all that a run needs, run, and say how it ended."""
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.remedy import lock, run  # noqa: PLC0415 -- start-up
    from audit.remedy.document import sha256  # noqa: PLC0415 -- start-up
    from audit.remedy.doing import Hands  # noqa: PLC0415 -- start-up
    from audit.remedy.handing import hand_in  # noqa: PLC0415 -- start-up
    from audit.remedy.journal import Journal, home, private  # noqa: PLC0415 -- start-up
    from audit.remedy.masking import Masker  # noqa: PLC0415 -- start-up
    from audit.remedy.programs import Programs  # noqa: PLC0415 -- start-up
    from audit.remedy.supervise import Asked, Supervisor  # noqa: PLC0415 -- start-up
    from audit.remedy.terminal import Terminal  # noqa: PLC0415 -- start-up
    from audit.remedy.workbench import Workbench  # noqa: PLC0415 -- start-up

    if not isinstance(choice, run.Choice):
        raise TypeError
    root = open_tree(settings.infra_live or Path())[0].root
    digest, folder = sha256(plan), home(root)
    programs = Programs.of(root, os.environ, plan.scrubbed)
    holder = lock.Holder.this(digest, datetime.now(UTC))
    with ExitStack() as stack:
        held = stack.enter_context(lock.locked(folder / "lock", holder))
        journal = stack.enter_context(Journal(folder / f"{digest}.jsonl"))
        journal.add("run", owner=holder.owner, host=holder.host, process=holder.process)
        terminal = Terminal.open() if choice.parallel == 1 else None
        if terminal is not None:
            stack.callback(terminal.close)
        bench = Workbench(
            root=root,
            logs=private(folder / digest),
            lock=held,
            programs=programs,
            supervisor=Supervisor(
                asked=Asked(tell=_say), terminal=terminal, masker=partial(Masker, programs.environment)
            ),
            journal=journal,
            say=_say,
            show=Screen().show,
        )
        _say(f"journal and logs: {folder}")
        hands = Hands(
            agree=consent.agree,
            hand_in=partial(
                hand_in,
                root=root,
                environment=programs.environment,
                github_url=settings.github_url,
                repository=settings.infra_live_repo,
            ),
        )
        try:
            outcome = run.run(plan, bench, hands=hands, approver=consent, choice=choice)
        except AuditError:
            _say(f"the steps' logs are in {bench.logs}")
            raise
        lock.release(held)
    return _told(outcome)


def _told(outcome: Outcome) -> int:
    from audit.remedy.run import summary  # noqa: PLC0415 -- start-up

    code = RefusedError.exit_code if outcome.waiting else 0
    _say(f"exit {code}: {summary(outcome)}")
    return code


@dataclass(slots=True)
class Screen:
    """Standard output for what commands write; one that is closed stops nothing that is under way."""

    closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, text: str) -> None:
        """Write text as far as somebody still reads it."""
        with self._lock:
            if not self.closed:
                try:
                    sys.stdout.write(text)
                    sys.stdout.flush()
                except OSError:
                    self.closed = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """The consent of who carries a plan out: given with the plan's SHA-256, or asked for at the terminal."""

    approved: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wave(self, title: str, steps: Sequence[Step]) -> bool:
        """Ask for a wave, with what is to be done in it."""
        _say(f"{title}:")
        for step in steps:
            _say(f"  {step.number}. {one_line(step.title)}")
        return self.approved or self._asked(f"carry out {counted(len(steps), 'step')} of {title}?") == "yes"

    def agree(self, question: str) -> bool:
        """Ask before something is applied; with the SHA-256 of the plan this was answered."""
        return self.approved or self._asked(question) == "yes"

    def doubt(self, step: Step, told: str) -> Answer:
        """Ask about a step that was cut off; without a terminal only what is proved not to be there is done again."""
        if not sys.stdin.isatty():
            is_over = told == "not seen" and (step.action.kind != "BuildImage" or bool(step.guards))
            return "again" if is_over else "stop"
        words = "its effect is not there" if told == "not seen" else "whether its effect is there cannot be told"
        _say(f"step {step.number} ({one_line(step.title)}) was cut off, and {words}")
        answer = self._asked("was it done (done), should it be started once more (again), or neither (stop)?")
        return "done" if answer == "done" else "again" if answer == "again" else "stop"

    def by_hand(self, step: Step) -> bool:
        """Ask whether people have done what waits for them."""
        return sys.stdin.isatty() and self._asked(f"is step {step.number} done?") == "yes"

    def _asked(self, question: str) -> str:
        with self._lock:
            click.echo(f"{question} ", err=True, nl=False)
            answer = sys.stdin.readline()
        return answer.strip().lower()


def _say(text: str) -> None:
    try:
        click.echo(text, err=True)
    except OSError:  # nobody reads any more: that stops nothing that is under way
        return
