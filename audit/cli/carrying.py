"""The command that carries a plan out: what it prints, what it asks, and what is to be done next however it ends."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit import config
from audit.cli.options import options, seen, text_of
from audit.config import Settings
from audit.errors import AuditError, RefusedError, UsageError
from audit.remedy.plan import Plan
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.remedy.run import Answer, Choice, Outcome
    from audit.remedy.stale import Found
    from audit.remedy.steps import Step
    from audit.snapshot import Snapshot


@click.command()
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@options("infra_live", "var_file", "access", "releases", "infra_live_repo", "carrying")
@click.option("--approve", metavar="SHA256", help="carry out the plan with this SHA-256 without asking")
@click.option("--only", multiple=True, type=click.IntRange(min=1), metavar="STEP", help="only this step; repeatable")
@click.option("--until", type=click.IntRange(min=1), metavar="STEP", help="no step after this one")
def apply(
    config_file: Path | None,
    plan_file: Path,
    approve: str | None,
    only: tuple[int, ...],
    until: int | None,
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
    from audit.remedy import document, prose, stale  # noqa: PLC0415 -- start-up
    from audit.remedy.run import Choice  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    settings = replace(settings, infra_live=settings.infra_live or Path())
    plan, oldest = document.from_json(text_of(plan_file), name=str(plan_file)), stale.age(settings.max_age)
    click.echo(prose.text(plan), nl=False)
    document.demand_fresh(plan, datetime.now(UTC), name=str(plan_file))
    _demand_approval(plan, approve)
    choice = Choice(only=frozenset(only), until=until, parallel=settings.max_parallel)
    _demand_steps(plan, choice.only)
    looks = Looks(plan=plan, settings=settings)
    before = looks.again()
    stale.demand_current(plan, looks.found(before), name=str(plan_file), max_age=oldest)
    outcome = _carried_out(plan, settings, choice, Consent(approved=approve is not None))
    return _told(outcome, looks, before)


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


def _carried_out(plan: Plan, settings: Settings, choice: Choice, consent: Consent) -> Outcome:
    """Open all that a run needs, and run."""
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.remedy import lock, run  # noqa: PLC0415 -- start-up
    from audit.remedy.admission import warnings  # noqa: PLC0415 -- start-up
    from audit.remedy.document import sha256  # noqa: PLC0415 -- start-up
    from audit.remedy.doing import Hands  # noqa: PLC0415 -- start-up
    from audit.remedy.handing import hand_in  # noqa: PLC0415 -- start-up
    from audit.remedy.journal import Journal, home, private  # noqa: PLC0415 -- start-up
    from audit.remedy.masking import Masker  # noqa: PLC0415 -- start-up
    from audit.remedy.programs import Programs  # noqa: PLC0415 -- start-up
    from audit.remedy.supervise import Asked, Supervisor  # noqa: PLC0415 -- start-up
    from audit.remedy.terminal import Terminal  # noqa: PLC0415 -- start-up
    from audit.remedy.workbench import Workbench  # noqa: PLC0415 -- start-up

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
            warn=partial(warnings, machines=plan.machines),
        )
        try:
            outcome = run.run(plan, bench, hands=hands, approver=consent, choice=choice)
        except AuditError:
            _say(f"the steps' logs are in {bench.logs}")
            raise
        lock.release(held)
    return outcome


def _told(outcome: Outcome, looks: Looks, before: Snapshot | None) -> int:
    """Look again, and say how it ended, and what is to be done next."""
    from audit.remedy import aftermath  # noqa: PLC0415 -- start-up
    from audit.remedy.run import summary  # noqa: PLC0415 -- start-up

    words = summary(outcome)
    if outcome.waiting or outcome.left_out:
        code = RefusedError.exit_code if outcome.waiting else 0
        _say(f"exit {code}: {words}")
        return code
    after = looks.again() if before is not None else None
    if after is None:
        _say("not looked again: name --profile or --role-arn for that; each account was verified on its own")
        _say(f"exit 0: {words}")
        return 0
    found = aftermath.aftermath(looks.plan, before, after)
    click.echo(aftermath.text(found), nl=False)
    _say(f"exit {found.exit_code}: {words}")
    return found.exit_code


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """The looks before and after a run, at the accounts of the plan alone; none where no way in is named."""

    plan: Plan
    settings: Settings

    def again(self) -> Snapshot | None:
        """Look at AWS; None where the user named no way in for this process itself."""
        if self.settings.profile is None and self.settings.role_arn is None:
            return None
        accounts = tuple(sorted({step.account for step in self.plan.steps if step.account}))
        return seen(replace(self.settings, account=accounts)) if accounts else None

    def found(self, before: Snapshot | None) -> Found:
        """Say how things stand now."""
        from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
        from audit.look import once  # noqa: PLC0415 -- start-up
        from audit.remedy.stale import Found  # noqa: PLC0415 -- start-up

        root = open_tree(self.settings.infra_live or Path())[0].root
        return Found(root=root, now=datetime.now(UTC), declared=once.declared(self.settings), seen=before)


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
