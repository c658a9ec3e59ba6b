"""Admission: whose credentials a step has, how long they last, and that the unit is as planned; else nothing starts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.errors import RefusedError, UsageError
from audit.model import ImageRef
from audit.remedy.carrying import guard
from audit.remedy.carrying.stale import demand_same
from audit.remedy.carrying.workbench import unfit
from audit.remedy.steps import ApplyUnit, VerifyUnit
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.remedy.carrying.workbench import Work
    from audit.remedy.plan import Plan
    from audit.remedy.steps import Command, Step


def admit(work: Work, plan: Plan) -> None:
    """Demand that a step can be started: variables, programs, credentials. Raises RefusedError that says why not."""
    step, programs = work.step, work.bench.programs
    for name in sorted({name for command in step.commands for name in command.environment}):
        if not programs.environment.get(name):
            raise _refused(step, f"{name} is not set: export it")
    for command in step.commands:
        if step.action.kind != "EditPin":
            programs.argv(command.argv)
    if step.identity is not None:
        try:
            _credentials(work, plan, step.identity)
        except RefusedError as error:
            raise _refused(step, str(error)) from None


def demand_guards(work: Work) -> None:
    """Demand that all holds that must hold before a step."""
    for command in work.step.guards:
        reply = work.read(command)
        if not reply.fits(command):
            raise _refused(work.step, unfit(work.line(command.argv), command, reply))
    if work.step.guards:
        work.bench.say(f"step {work.step.number}: all that is looked at before it is as it must be")


def demand_as_planned(work: Work, plan: Plan) -> None:
    """Raise UsageError where a unit runs something else, right before its apply, than when the plan was made."""
    action = work.step.action
    if not isinstance(action, ApplyUnit) or not action.before:
        return
    for step in plan.steps:
        if isinstance(step.action, VerifyUnit) and (step.hop, step.action.unit) == (work.step.hop, action.unit):
            demand_same(plan, action, _running(work, step.action, step.commands))


def _running(work: Work, action: VerifyUnit, commands: tuple[Command, ...]) -> Mapping[str, str | None]:
    """Read which image each family has, as far as it has one and names it by its tag."""
    found: dict[str, str | None] = {}
    for (family, _), command in zip(action.images, commands, strict=True):
        reply = work.read(command)
        images = [ImageRef.parse(word) for word in reply.text.split()] if reply.code == 0 else []
        if len(images) == 1 and images[0].tag:
            found[family] = f"{images[0].name}:{images[0].tag}"
    return found


def _credentials(work: Work, plan: Plan, identity: Command) -> None:
    asking = guard.asking_who(identity)
    reply = work.read(asking)
    if reply.code:
        raise RefusedError(
            f"whose credentials these are cannot be told: {work.line(asking.argv)} ended with exit code {reply.code}; "
            "sign in anew, then apply again"
        )
    caller = guard.Caller.parse(reply.text)
    guard.demand_account(caller, work.step)
    guard.demand_caller(caller.arn, plan)
    needs = guard.needed(work.step)
    if needs:
        ends = work.read(guard.asking_until_when(identity))
        guard.demand_lasting(guard.expiry(ends.text) if ends.code == 0 else None, needs, datetime.now(UTC))
    work.bench.journal.add("caller", work.step.number, arn=one_line(caller.arn))
    work.bench.say(f"step {work.step.number}: as {one_line(caller.arn)}")


def warnings(shown: str, machines: tuple[str, ...]) -> tuple[str, ...]:
    """Say what a plan of terraform does to the pipeline's permissions, or that it is not known."""
    try:
        found = guard.touched_permissions(shown, machines)
    except UsageError as error:
        return (str(error),)
    return tuple(f"this plan touches the pipeline's permissions: {line}" for line in found)


def _refused(step: Step, reason: str) -> RefusedError:
    reason = reason.removesuffix(": nothing was started")
    return RefusedError(f"step {step.number} ({one_line(step.title)}) was not started: {reason}")
