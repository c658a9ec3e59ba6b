"""Doing one step: what is started for each kind of it, in which order, and what must be seen before it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from audit.errors import RefusedError
from audit.remedy import edit
from audit.remedy.carrying.effects import branch_in_use, committed, edited, effect
from audit.remedy.carrying.workbench import unfit
from audit.remedy.plan import Plan
from audit.remedy.steps import (
    PLAN_FILE,
    ApplyUnit,
    BootstrapImage,
    BuildImage,
    Command,
    Commit,
    EditPin,
    OpenPullRequest,
    Step,
    VerifyUnit,
)
from audit.text import one_line

if TYPE_CHECKING:
    from audit.remedy.carrying.workbench import Work

# git without what a repository's own configuration could have it start; signing and identity stay the user's.
_GIT = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


class Agree(Protocol):
    """Asks a question of who carries the plan out; without a terminal the approval of the plan is the answer."""

    def __call__(self, question: str) -> bool:
        """Tell whether it was answered with yes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hands:
    """What doing needs beside the step: questions, the pull request, how long an image is waited for.

    ``hand_in`` brings a commit to where it is reviewed, and says where that is; ``warn`` tells from the JSON of a plan
    of terraform what whoever approves it must know.
    """

    agree: Agree
    hand_in: Callable[[Step, Plan], str]
    warn: Callable[[str], Sequence[str]] = lambda _: ()
    image_wait: float = 300.0
    image_pause: float = 10.0


def do(work: Work, plan: Plan, hands: Hands) -> None:
    """Do a step. Raises StepFailedError, StoppedError or RefusedError where it does not come to its end."""
    match work.step.action:
        case BuildImage(check=check) | BootstrapImage(check=check):
            _build(work, check, hands)
        case EditPin() as action:
            _edit(work, action, plan)
        case Commit() as action:
            _commit(work, action, plan)
        case OpenPullRequest():
            _hand_in(work, plan, hands)
        case ApplyUnit():
            _apply(work, plan, hands)
        case VerifyUnit():
            verify(work)


def verify(work: Work) -> None:
    """Demand that everything runs that is declared."""
    for command in work.step.commands:
        reply = work.read(command)
        if not reply.fits(command):
            work.failed(unfit(work.line(command.argv), command, reply))
    work.bench.say(f"step {work.step.number}: {one_line(work.step.postcondition)}")


def _build(work: Work, check: Command, hands: Hands) -> None:
    if work.fits(check):
        work.bench.say("ECR has it already: not built again")
        return
    work.begin()
    for command in work.step.commands:
        work.run(command)
    end = time.monotonic() + hands.image_wait
    while not work.fits(check):
        if time.monotonic() >= end:
            work.failed(f"the build has ended, but ECR does not show {check.expect} after {hands.image_wait:.0f} s")
        work.bench.say(f"waiting for ECR to show {one_line(check.expect or '')}")
        time.sleep(hands.image_pause)


def _edit(work: Work, action: EditPin, plan: Plan) -> None:
    root = work.bench.root
    if edited(root, action.edits) == "seen":
        work.bench.say("says so already: not edited")
        return
    files = {one.place.file for one in action.edits}
    if work.step.hop == 1:
        edit.demand_unchanged(root, {file: digest for file, digest in plan.files.items() if file in files})
    work.begin()
    for change in edit.apply(root, action.edits):
        work.bench.show(change.diff)
        work.note(change.diff)


def _commit(work: Work, action: Commit, plan: Plan) -> None:
    root = work.bench.root
    if committed(root, plan.edits(work.step.hop)[0]) == "seen":
        work.bench.say("committed already")
        return
    switch, commit = work.step.commands
    work.begin()
    if branch_in_use(root) != action.branch:
        work.run(switch, *_GIT, *switch.argv[1:])
    work.run(commit, *_GIT, *commit.argv[1:])


def _hand_in(work: Work, plan: Plan, hands: Hands) -> None:
    """Hand the edits in, and stop until they are merged."""
    number, journal = work.step.number, work.bench.journal
    if effect(work.step, plan, work.bench.root, work.read) == "seen":
        work.bench.say("merged already")
        return
    said = next((one.details["where"] for one in reversed(journal.of(number)) if one.kind == "waiting"), None)
    if said is None:
        work.begin()
        try:
            said = hands.hand_in(work.step, plan)
        except RefusedError as error:
            work.failed(str(error))
        journal.add("waiting", number, where=said)
    raise RefusedError(
        f"step {number} waits for people: {one_line(str(said))}; have it merged, check out the default branch and pull "
        "it, then apply this plan again"
    )


def _apply(work: Work, plan: Plan, hands: Hands) -> None:
    meant = plan.edits(work.step.hop)[0]
    if meant and edited(work.bench.root, meant) != "seen":
        raise RefusedError(
            f"step {work.step.number}: this checkout does not say what the plan's edits say: check out the branch that "
            "has them and pull it, or make a new plan"
        )
    for command in work.step.commands:
        stages = stages_of(command, f"apply this plan to {work.step.account}/{work.step.region}?")
        if stages is None:
            _one(work, command, hands)
            continue
        for stage in stages:
            _one(work, stage, hands)


def _one(work: Work, command: Command, hands: Hands) -> None:
    """Run one command of an apply: the step begins with the one that applies, those before it change nothing."""
    if command.confirm and not hands.agree(command.confirm):
        raise RefusedError(f"step {work.step.number}: not agreed: nothing was applied there")
    tool = _Tool.of(command)
    if tool.subcommand == "apply":
        work.begin()
    work.run(command)
    if any(word.startswith("-out=") for word in tool.rest):
        _shown(work, tool.command("show", "-json", PLAN_FILE), hands)


def _shown(work: Work, show: Command, hands: Hands) -> None:
    """Tell what of a plan of terraform must be known before it is agreed to."""
    reply = work.read(show, secret=True)
    if reply.code:
        work.failed(unfit(work.line(show.argv), show, reply))
    for warning in hands.warn(reply.text):
        work.bench.say(f"WARNING: {one_line(warning, 600)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tool:
    """terraform or terragrunt as a command starts it: the words up to its name, and those after its subcommand."""

    before: tuple[str, ...]
    subcommand: str
    rest: tuple[str, ...]
    cwd: str

    @classmethod
    def of(cls, command: Command) -> _Tool:
        at = max(i for i, word in enumerate(command.argv) if word in ("terragrunt", "terraform"))
        words = command.argv
        return cls(before=words[: at + 1], subcommand=words[at + 1], rest=words[at + 2 :], cwd=command.cwd)

    def command(self, *words: str) -> Command:
        return Command(argv=(*self.before, *words), cwd=self.cwd)


def stages_of(command: Command, confirm: str) -> tuple[Command, Command] | None:
    """Take an apply that would ask apart: first its plan, then an apply of that and of nothing else."""
    tool = _Tool.of(command)
    if tool.subcommand != "apply" or PLAN_FILE in tool.rest or "-auto-approve" in tool.rest:
        return None
    return (
        tool.command("plan", *tool.rest, f"-out={PLAN_FILE}"),
        replace(tool.command("apply", PLAN_FILE), confirm=confirm),
    )
