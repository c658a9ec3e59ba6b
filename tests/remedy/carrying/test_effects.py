"""Effects: what AWS and git show of a step whose end nobody saw."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.declared.tree import WorkTree
from audit.model import Location
from audit.remedy import edit
from audit.remedy.carrying.effects import Reply, branch_in_use, committed, edited, effect
from audit.remedy.edit import Edit
from audit.remedy.steps import ApplyUnit, Command
from tests.remedy.scenarios import SCENARIOS
from tests.remedy.scenarios import committed as in_git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audit.remedy.carrying.effects import Effect
    from audit.remedy.plan import Plan
    from audit.remedy.steps import Step

MAKE = {scenario.name: scenario.make for scenario in SCENARIOS}


@pytest.mark.parametrize(
    ("command", "reply", "fits"),
    [
        (Command(argv=("x",), expect="v1"), Reply(code=0, text="v0 v1\n"), True),
        (Command(argv=("x",), expect="v1"), Reply(code=0, text="v1.1"), False),
        (Command(argv=("x",), expect="v1"), Reply(code=1, text="v1"), False),
        (Command(argv=("x",), empty=True), Reply(code=0, text=" \n"), True),
        (Command(argv=("x",), empty=True), Reply(code=0, text="arn"), False),
        (Command(argv=("x",)), Reply(code=0, text="anything"), True),
    ],
)
def test_answer_fits(command: Command, reply: Reply, *, fits: bool) -> None:
    """An answer holds the word that it must, or nothing, and never comes with an error."""
    assert reply.fits(command) is fits


def steps(plan: Plan, kind: str) -> list[Step]:
    """Give the steps of a kind."""
    return [step for step in plan.steps if step.action.kind == kind]


def answering(text: str | None, code: int = 0) -> Callable[[Command], Reply]:
    """Answer every look with a text, or (None) with the word that it asks for."""
    return lambda command: Reply(code=code, text=text if text is not None else command.expect or "")


@pytest.mark.parametrize("kind", ["BuildImage", "ApplyUnit"])
@pytest.mark.parametrize(
    ("ask", "found"),
    [
        (answering(None), "seen"),
        (answering(""), "not seen"),
        (answering(None, code=255), "cannot be told"),
    ],
    ids=["there", "not there", "no answer"],
)
def test_told_by_aws(tmp_path: Path, kind: str, ask: Callable[[Command], Reply], found: Effect) -> None:
    """Images and families are asked for; an error is no answer."""
    plan = MAKE["upgrade"](tmp_path)
    assert effect(steps(plan, kind)[0], plan, tmp_path, ask) == found


def test_build_that_may_still_go_on(tmp_path: Path) -> None:
    """That an image is not there proves nothing as long as a task is in flight, or nobody can ask for tasks."""
    plan = MAKE["upgrade"](tmp_path)
    build = steps(plan, "BuildImage")[0]

    def busy(command: Command) -> Reply:
        return Reply(code=0, text="arn:task" if command.empty else "")

    assert effect(build, plan, tmp_path, busy) == "cannot be told"
    alone = replace(plan, steps=(build,))
    assert effect(build, alone, tmp_path, answering("")) == "cannot be told"
    assert effect(build, plan, tmp_path, answering("")) == "not seen"


def test_apply_that_images_tell_nothing_of(tmp_path: Path) -> None:
    """Where the right images ran before, or nothing verifies the unit, an apply cannot be told."""
    plan = MAKE["converge-one-account"](tmp_path)
    apply, verify = plan.steps
    assert isinstance(apply.action, ApplyUnit)
    same = replace(apply, action=replace(apply.action, before=verify.action.images))  # type: ignore[union-attr]  # it verifies
    assert effect(same, plan, tmp_path, answering(None)) == "cannot be told"
    alone = replace(plan, steps=(apply,))
    assert effect(apply, alone, tmp_path, answering(None)) == "cannot be told"
    assert effect(verify, plan, tmp_path, answering(None)) == "not seen"


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


def test_told_by_git(tmp_path: Path) -> None:
    """An edit is told by the file, a commit by HEAD, a review by a HEAD that is not on the branch of its own."""
    plan = MAKE["upgrade"](tmp_path)
    in_git(tmp_path)
    pins, commit, ask = steps(plan, "EditPin"), *steps(plan, "Commit"), *steps(plan, "OpenPullRequest")
    wanted, nobody = plan.edits(1)[0], answering(None)

    def found() -> tuple[set[Effect], Effect, Effect]:
        told = {effect(one, plan, tmp_path, nobody) for one in pins}
        return told, effect(commit, plan, tmp_path, nobody), effect(ask, plan, tmp_path, nobody)

    assert found() == ({"not seen"}, "not seen", "not seen")
    edit.apply(tmp_path, pins[0].action.edits)  # type: ignore[union-attr]  # they are edits
    assert edited(tmp_path, wanted) == "not seen"
    edit.apply(tmp_path, [one for step in pins[1:] for one in step.action.edits])  # type: ignore[union-attr]  # as above
    assert found() == ({"seen"}, "not seen", "not seen")
    git(tmp_path, "switch", "--create", "pipelines-audit/v0.60.0")
    git(tmp_path, "commit", "--all", "--message", "x")
    assert found() == ({"seen"}, "seen", "not seen")
    git(tmp_path, "switch", "--create", "other")
    assert found() == ({"seen"}, "seen", "seen")
    git(tmp_path, "checkout", "--detach")
    assert branch_in_use(tmp_path) is None


def test_two_literals_in_one_line(tmp_path: Path) -> None:
    """Where the first one has become longer the second one has moved."""
    (tmp_path / "a.tf").write_text('locals { a = ["v1.9.9", "v1.9.9"] }\n')
    edits = tuple(
        Edit(place=Location(file="a.tf", line=1, column=column), old="v1.9.9", new="v1.10.10") for column in (15, 25)
    )
    assert edited(tmp_path, edits) == "not seen"
    edit.apply(tmp_path, edits)
    assert edited(tmp_path, edits) == "seen"
    assert WorkTree(tmp_path).read("a.tf").count("v1.10.10") == 2
    (tmp_path / "a.tf").write_text('locals { a = ["v1.9.9", "v2"] }\n')
    assert edited(tmp_path, edits) == "cannot be told"
    (tmp_path / "a.tf").unlink()
    assert edited(tmp_path, edits) == "cannot be told"


def test_no_commit_tells_nothing(tmp_path: Path) -> None:
    """Outside git, and before the first commit, a commit cannot be told."""
    assert committed(tmp_path, ()) == "cannot be told"
