"""Handing the edits of a plan in: the branch is pushed, and where GitHub may be asked, a pull request opened."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from audit.declared.git import commit_of
from audit.errors import RefusedError
from audit.released.source import token_of
from audit.remedy import pull_request
from audit.remedy.branch import Workshop, remote_of
from audit.remedy.prose import markdown
from audit.remedy.steps import OpenPullRequest
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.remedy.plan import Plan
    from audit.remedy.steps import Step


def hand_in(
    step: Step, plan: Plan, *, root: Path, environment: Mapping[str, str], github_url: str, repository: str | None
) -> str:
    """Push the branch of a step and ask for a review; gives in words where that is. RefusedError where it can't be."""
    if not isinstance(step.action, OpenPullRequest):
        raise TypeError
    branch, title = step.action.branch, step.action.title
    commit, base = (commit_of(root, f"refs/heads/{branch}{parent}") for parent in ("", "^"))
    if commit is None or base is None:
        raise RefusedError(f"there is no branch {branch} to push: carry out the step that commits first")
    remote = remote_of(root)
    with tempfile.TemporaryDirectory(prefix="pipelines-audit-") as folder:
        workshop = Workshop(root, Path(folder) / "work.git", remote, environment)
        try:
            hub = pull_request.hub_of(github_url, repository, remote, token_of(environment))
        except RefusedError as reason:
            _push(workshop, commit, branch)
            return f"branch {branch} is pushed; open the pull request by hand ({one_line(str(reason))})"
        return pull_request.hand_in(
            hub,
            workshop,
            commit=commit,
            base=base,
            branch=branch,
            target=hub.default_branch(),
            title=title,
            body=markdown(plan),
        )


def _push(workshop: Workshop, commit: str, branch: str) -> None:
    before = workshop.pushed(branch)
    if before not in (None, commit):
        raise RefusedError(f"the remote has another branch {branch} already: have it merged or delete it first")
    if before is None:
        workshop.push(commit, branch, instead_of=None)
