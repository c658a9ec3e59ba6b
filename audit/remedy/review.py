"""Review: the steps that commit the edits of a hop on a branch of their own, and have them reviewed and merged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.errors import RefusedError
from audit.remedy.grammar import valid
from audit.remedy.steps import Command, Commit, EditPin, OpenPullRequest, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def handing_in(files: tuple[str, ...], to: str, hop: int, *, title: str | None = None) -> tuple[Step, Step]:
    """Make the steps that commit the edits and ask for a review."""
    branch, title = branch_of(to), title or title_of(to)
    commit = Step(
        number=0,
        title=f"Commit on {branch}",
        why="a change of versions is reviewed like any other",
        action=Commit(branch=branch, message=title, files=files),
        commands=(
            Command(argv=("git", "switch", "--create", branch)),
            Command(argv=("git", "commit", "--message", title, "--", *files)),
        ),
        postcondition=f"{branch} holds the edits and nothing else",
        undo=f"git switch - && git branch -D {branch}",
        hop=hop,
    )
    ask = Step(
        number=0,
        title="Push, open a pull request, and have it merged",
        why="the pipeline leaves its own runner out, so merging alone applies nothing",
        action=OpenPullRequest(branch=branch, title=title),
        commands=(Command(argv=("git", "push", "--set-upstream", "origin", branch)),),
        preconditions=("the images are in ECR: a merged tag without an image breaks the runner",),
        postcondition="the edits are on the default branch, and in the checkout that is applied from",
        undo=f"close the pull request, or revert its merge; git push origin --delete {branch}",
        hop=hop,
    )
    return commit, ask


def guarded(steps: Sequence[Step], images: tuple[Command, ...]) -> Iterator[Step]:
    """Have the images be there before the first edit, and once more before anything is pushed."""
    kinds: set[str] = set()
    for step in steps:
        is_first = step.waits is None and step.action.kind not in kinds
        kinds.update({step.action.kind} if is_first else ())
        guards = images if is_first and isinstance(step.action, EditPin | OpenPullRequest) else ()
        yield replace(step, guards=guards)


def branch_of(to: str) -> str:
    """Name the branch for a target; RefusedError where git would take no such name."""
    if ".." in valid("tag", to) or to.endswith((".", ".lock")):
        raise RefusedError(f"{to}: no name for a branch; name another release")
    return f"pipelines-audit/{to}"


def title_of(to: str) -> str:
    """Say what the commit and the pull request for a target do."""
    return f"Move the ECS Deploy Runner to {to}"
