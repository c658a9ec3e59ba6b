"""Whether what a step is to bring about is there: told by AWS and by git, never by what was written down."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.declared.git import GitTree, run_git
from audit.declared.tree import WorkTree
from audit.errors import AuditError, DeclarationError
from audit.remedy.literals import says
from audit.remedy.steps import (
    ApplyUnit,
    BootstrapImage,
    BuildImage,
    Commit,
    EditPin,
    OpenPullRequest,
    VerifyUnit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from audit.declared.tree import SourceTree
    from audit.remedy.edit import Edit
    from audit.remedy.plan import Plan
    from audit.remedy.steps import Command, Step

Effect: TypeAlias = Literal["seen", "not seen", "cannot be told"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a command that only looks has answered."""

    code: int
    text: str

    def fits(self, command: Command) -> bool:
        """Tell whether it is as the command says that it must be."""
        if self.code:
            return False
        if command.empty:
            return not self.text.strip()
        return command.expect is None or command.expect in self.text.split()


def effect(step: Step, plan: Plan, root: Path, ask: Callable[[Command], Reply]) -> Effect:
    """Look whether the effect of a step is there; ``ask`` runs a command that only looks."""
    found: Effect = "cannot be told"
    match step.action:
        case BuildImage(check=check):
            found = _looked([check], ask)
            if found == "not seen" and not _is_idle(step, plan, ask):
                found = "cannot be told"
        case BootstrapImage(check=check):
            found = _looked([check], ask)
        case ApplyUnit() as action:
            found = _applied(action, step.hop, plan, ask)
        case VerifyUnit():
            found = "not seen"
        case EditPin(edits=edits):
            found = edited(root, edits)
        case Commit():
            found = committed(root, plan.edits(step.hop)[0])
        case OpenPullRequest(branch=branch):
            merged = branch_in_use(root) != branch
            found = committed(root, plan.edits(step.hop)[0]) if merged else "not seen"
    return found


def edited(root: Path, edits: Iterable[Edit]) -> Effect:
    """Tell whether the working tree says what the edits are to say."""
    return _literals(WorkTree(root), edits)


def committed(root: Path, edits: Iterable[Edit]) -> Effect:
    """Tell whether the commit that is checked out says what the edits are to say."""
    try:
        return _literals(GitTree(root, "HEAD"), edits)
    except AuditError:
        return "cannot be told"


def branch_in_use(root: Path) -> str | None:
    """Name the branch that is checked out; None where it is none."""
    try:
        return run_git(root, "symbolic-ref", "--quiet", "--short", "HEAD").decode(errors="replace").strip()
    except DeclarationError:
        return None


def _is_idle(step: Step, plan: Plan, ask: Callable[[Command], Reply]) -> bool:
    """Tell whether no task of the runner that builds is in flight: a build goes on in ECS without its caller.

    The guards of its own apply ask for that, where the plan has one.
    """
    here = [one for one in plan.steps if (one.account_id, one.region) == (step.account_id, step.region)]
    looks = {command for one in here if isinstance(one.action, ApplyUnit) for command in one.guards if command.empty}
    return bool(looks) and all(ask(command).fits(command) for command in looks)


def _applied(action: ApplyUnit, hop: int, plan: Plan, ask: Callable[[Command], Reply]) -> Effect:
    """Look by the commands that verify the unit; where its images were right before, they tell nothing of an apply."""
    for step in plan.steps:
        if step.hop == hop and isinstance(step.action, VerifyUnit) and step.action.unit == action.unit:
            if dict(action.before) == dict(step.action.images):
                return "cannot be told"
            return _looked(step.commands, ask)
    return "cannot be told"


def _looked(commands: Sequence[Command], ask: Callable[[Command], Reply]) -> Effect:
    replies = [(command, ask(command)) for command in commands]
    if not replies or any(reply.code for _, reply in replies):
        return "cannot be told"
    return "seen" if all(reply.fits(command) for command, reply in replies) else "not seen"


def _literals(tree: SourceTree, edits: Iterable[Edit]) -> Effect:
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_file[edit.place.file].append(edit)
    try:
        told = {_told(tree.read(file), sorted(some, key=lambda one: one.place)) for file, some in by_file.items()}
    except DeclarationError:
        return "cannot be told"
    if len(told) == 1:
        return told.pop()
    return "not seen" if told == {"seen", "not seen"} else "cannot be told"


def _told(text: str, edits: Sequence[Edit]) -> Effect:
    """Tell which of its two texts a file has: where two literals share a line, the first one moves the second."""
    if all(says(text, edit.place, edit.old) for edit in edits):
        return "not seen"
    line, moved = 0, 0
    for edit in edits:
        moved = moved if edit.place.line == line else 0
        line = edit.place.line
        if not says(text, replace(edit.place, column=edit.place.column + moved), edit.new):
            return "cannot be told"
        moved += len(edit.new) - len(edit.old)
    return "seen"
