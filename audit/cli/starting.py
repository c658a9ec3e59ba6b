"""The command that a repository begins with: writes policy, waivers and a nightly workflow, says what is next."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.help import DONE, NOTHING, Command
from audit.cli.options import options
from audit.configuration import config
from audit.errors import RefusedError, UsageError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.starter.survey import Survey


# What a repository has that is built by one of them.
_TRACES = {
    "github": ".github/workflows",
    "gitlab": ".gitlab-ci.yml",
    "circleci": ".circleci/config.yml",
    "jenkins": "Jenkinsfile",
}


@click.command(cls=Command, ends={**DONE, **NOTHING, 13: "nothing written: the files are there"})
@options("infra_live", "role_arn")
@click.option(
    "--ci",
    type=click.Choice(("github", "gitlab", "circleci", "jenkins")),
    help="write a nightly workflow for this CI system too",
)
@click.option("--package", metavar="SPEC", help="where the workflow installs pipelines-audit from, as pip takes it")
@click.option("--force", is_flag=True, help="overwrite files that are there")
def init(config_file: Path | None, ci: str | None, package: str | None, force: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    r"""Write a policy file, a waivers file and (--ci) a nightly workflow into the repository.

    Looks at the repository in this folder, or at --infra-live PATH. What is there already is kept: at a terminal you
    are asked, elsewhere --force overwrites it.

    \b
    Example:
      pipelines-audit init --ci github
    """
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.look import once  # noqa: PLC0415 -- start-up
    from audit.starter.survey import survey  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    place = settings.infra_live or Path()
    tree, scope = open_tree(place)
    found = survey(once.evaluated(replace(settings, infra_live=place))[1], scope)
    for line in found.lines():
        click.echo(line)
    drafts = _drafts(found, tree.root, ci=ci, package=package, role_arn=settings.role_arn)
    done = [_write(draft, force=force) for draft in drafts]
    for draft, said in zip(drafts, done, strict=True):
        click.echo(f"{said}: {draft.shown}")
    if "kept" in done and "written" not in done:
        raise RefusedError("nothing written: the files are there; change them by hand, or overwrite them with --force")
    click.echo("next:")
    nightly = _nightly(tree.root)
    for number, line in enumerate(_next(found, place, ci, drafts[-1].shown, nightly=nightly), 1):
        click.echo(f"  {number}. {line}")
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    path: Path
    shown: str
    text: str


def _drafts(
    found: Survey, root: Path, *, ci: str | None, package: str | None, role_arn: str | None
) -> tuple[_Draft, ...]:
    from audit.starter import writing  # noqa: PLC0415 -- start-up

    wishes = writing.Wishes(package=package or writing.PACKAGE, role_arn=role_arn or writing.ROLE)
    texts = {
        f"{found.scope}/{config.FILE_NAME}": writing.policy_file(found),
        f"{found.scope}/{writing.WAIVERS}": writing.waivers_file(),
    }
    if ci is not None:
        texts[_workflow_place(root, ci)] = writing.workflow(ci, found, wishes)
    drafts = tuple(
        _Draft(path=root / name, shown=one_line(name), text=text)
        for name, text in ((name.lstrip("/"), text) for name, text in texts.items())
    )
    for draft in drafts:
        _demand_inside(draft, root)
    return drafts


def _workflow_place(root: Path, ci: str) -> str:
    """Say where a workflow goes; CircleCI has one file, which may be taken by other work."""
    from audit.starter.writing import WORKFLOWS  # noqa: PLC0415 -- start-up

    place = WORKFLOWS[ci][1]
    taken = root / place
    if ci == "circleci" and taken.is_file() and b"pipelines-audit" not in taken.read_bytes():
        return place.replace("config", "pipelines-audit")
    return place


def _demand_inside(draft: _Draft, root: Path) -> None:
    """Refuse links: the repository is data, and says nowhere else to write."""
    if draft.path.is_symlink() or not draft.path.parent.resolve().is_relative_to(root.resolve()):
        raise RefusedError(f"{draft.shown}: a link, or below one that leads out of the repository; not written")


def _write(draft: _Draft, *, force: bool) -> str:
    from audit import files  # noqa: PLC0415 -- start-up

    try:
        if draft.path.exists():
            if draft.path.read_bytes() == draft.text.encode():
                return "unchanged"
            asked = not force and sys.stdin.isatty()
            if not force and not (asked and click.confirm(f"{draft.shown} is there: overwrite it?", err=True)):
                return "kept"
        files.replace(draft.path, draft.text.encode())
    except OSError as error:
        raise UsageError(f"{draft.shown}: cannot be written: {error.strerror or error}") from None
    return "written"


def _next(found: Survey, place: Path, ci: str | None, workflow: str, *, nightly: str) -> Sequence[str]:
    from audit.configuration.config import quoted  # noqa: PLC0415 -- start-up

    where = f"--infra-live {quoted(str(place))}"
    caller = f"arn:aws:iam::{found.hub or 'ACCOUNT'}:role/pipelines-audit-ci"
    role = "'arn:aws:iam::{account_id}:role/pipelines-audit'"
    steps = [
        "read what was written, make it yours, and commit it",
        f"see what is in force: pipelines-audit config show {where} --origin",
        f"write the audit's role: pipelines-audit policy --format terraform {where} --trusted {caller}",
        f"once that is applied, try it: pipelines-audit check {where} --role-arn {role} --preflight",
    ]
    own = {
        "gitlab": [f"include it from .gitlab-ci.yml: include: [{{local: {workflow}}}]"],
        "jenkins": [f"make a job of the script path {workflow}"],
        "circleci": [f"add {workflow} as a pipeline of its own, or move its parts into .circleci/config.yml"]
        * (not workflow.endswith("config.yml")),
    }
    if ci is None:
        return [*steps, nightly]
    return [*steps, f"do what the first lines of {workflow} ask for", *own.get(ci, ())]


def _nightly(root: Path) -> str:
    """Say how a workflow is had: for the CI system that builds the repository already, where that can be told."""
    there = [name for name, path in _TRACES.items() if (root / path).exists()]
    if len(there) == 1:
        return f"each night: pipelines-audit init --ci {there[0]}"
    return "each night: pipelines-audit init --ci github (or gitlab, circleci, jenkins)"
