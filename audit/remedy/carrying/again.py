"""Looking again at the end, by the plan's own commands: for a process that has no way of its own into the accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.look.difference import Change
from audit.remedy.carrying.aftermath import Aftermath
from audit.remedy.steps import ApplyUnit, VerifyUnit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.remedy.carrying.workbench import Workbench
    from audit.remedy.plan import Plan
    from audit.remedy.steps import Step


def looked_again(plan: Plan, bench: Workbench) -> Aftermath:
    """Ask once more what each unit runs that the plan applied, and compare it with what ran when it was made."""
    moved: list[Change] = []
    drifting: list[str] = []
    unread: list[str] = []
    before = _before(plan)
    for step, action in _last(plan):
        with bench.at(step) as work:
            replies = [(command, work.read(command)) for command in step.commands]
        for (family, wanted), (command, reply) in zip(action.images, replies, strict=True):
            then = before.get((action.unit, family))
            # A family may have more containers than the one that is declared.
            now = wanted if reply.fits(command) else " ".join(reply.text.split()) or "nothing"
            if reply.code:
                unread.append(f"{action.unit}: what {family} runs could not be read: exit code {reply.code}")
                continue
            if now != wanted:
                drifting.append(f"{action.unit}: {family} runs {now}, {wanted} is declared")
            if now != then:
                moved.append(_change(step, family, then, now))
    return Aftermath(moved=tuple(moved), drifting=tuple(drifting), unread=tuple(unread))


def _last(plan: Plan) -> Iterator[tuple[Step, VerifyUnit]]:
    """Give the last step that verifies each unit."""
    found = {
        step.action.unit: (step, step.action)
        for step in plan.steps
        if isinstance(step.action, VerifyUnit) and step.waits is None
    }
    yield from found.values()


def _before(plan: Plan) -> Mapping[tuple[str, str], str | None]:
    """Map the families of each unit to what ran before its first apply."""
    applies = [step.action for step in reversed(plan.steps) if isinstance(step.action, ApplyUnit)]
    return {(action.unit, family): image for action in applies for family, image in action.before}


def _change(step: Step, family: str, old: str | None, new: str) -> Change:
    return Change(
        kind="running",
        account=step.account or "",
        region=step.region or "",
        subject=f"family {family}",
        field="image",
        old=old,
        new=new,
    )
