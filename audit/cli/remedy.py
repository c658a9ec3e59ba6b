"""The command that plans: what is to be done, as data, as a runbook, as edits, as a pull request."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from audit import files
from audit.cli.help import DONE, NOTHING, REFUSED, UNREAD, Command
from audit.cli.judging import judged_beside
from audit.cli.options import options, seen, today
from audit.configuration import config
from audit.errors import DeclarationError, RefusedError, UsageError
from audit.text import counted, one_line

if TYPE_CHECKING:
    from audit.configuration.config import Settings
    from audit.declared.model import Declared
    from audit.remedy.edit import Edit
    from audit.remedy.plan import Plan
    from audit.snapshot import Snapshot
    from audit.verdict.waivers import Waivers

Form: TypeAlias = Literal["json", "sh", "md", "text"]
_SUFFIXES: dict[str, Form] = {".json": "json", ".sh": "sh", ".md": "md", ".txt": "text"}

# What every command that makes a plan takes: where it is written, and how it is printed.
to_file = click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write the plan: as JSON, as a script (.sh), a page (.md) or text (.txt)",
)
in_form = click.option(
    "--format", "form", type=click.Choice(("json", "sh", "md", "text")), help="print it so (default text, without -o)"
)


@click.command(cls=Command, ends={**DONE, **NOTHING, **UNREAD, **REFUSED})
@options("repository", "access", "scale", "selection", "releases", "upgrade", "plan", "snapshot", "waivers")
@to_file
@in_form
@click.option("--edit", "edits_files", is_flag=True, help="make the edits in the working tree, and show the diff")
@click.option(
    "--pull-request", "asks", is_flag=True, help="put the edits on a branch of their own, and open a pull request"
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, asked: _say_schema(ctx) if asked else None,
    help="print the JSON schema of a plan, and do nothing else",
)
def plan(
    config_file: Path | None,
    output: Path | None,
    form: Form | None,
    edits_files: bool,  # noqa: FBT001 -- as above
    asks: bool,  # noqa: FBT001 -- as above
    **given: object,
) -> int:
    r"""Plan what is to be done: apply what is declared and does not run, or (--to) upgrade, hop by hop.

    Nothing is changed, but for --edit and --pull-request, which make the edits of the first hop.

    \b
    Example:
      pipelines-audit plan --to latest-allowed --infra-live . \\
        --profile 'your-{account}' -o runbook.sh
    """
    from audit.look.exclusions import standing  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    if edits_files or asks:
        _repository(settings)
    if edits_files and settings.at is not None:
        raise UsageError("--edit changes the working tree: leave out --at")
    waivers = judged_beside(settings).waivers
    facts = seen(settings, standing(waivers.exclusions, today()))
    made = _made(settings, facts, waivers)
    show(made, output, form or (None if output or edits_files or asks else "text"))
    if edits_files:
        _edit(settings, made)
    if asks:
        _ask(settings, made)
    return 0


def _say_schema(context: click.Context) -> None:
    from audit.remedy.document import schema_text  # noqa: PLC0415 -- start-up

    click.echo(schema_text(), nl=False)
    context.exit()


def _made(settings: Settings, facts: Snapshot, waivers: Waivers) -> Plan:
    from audit.look.exclusions import standing, without  # noqa: PLC0415 -- start-up
    from audit.released.target import target  # noqa: PLC0415 -- start-up
    from audit.remedy.making import make  # noqa: PLC0415 -- start-up
    from audit.remedy.plan import Wishes  # noqa: PLC0415 -- start-up
    from audit.remedy.way import Way  # noqa: PLC0415 -- start-up
    from audit.running.access import Access  # noqa: PLC0415 -- start-up

    kept = {unit.path for unit in without(facts.declared, standing(waivers.exclusions, today())).units}
    wishes = Wishes(
        to=target(settings.to, facts.released, settings.policy, today()) if settings.to else None,
        way=Way.parse(settings.authenticator),
        access=Access(profile=settings.profile or "your-{account}", accounts=settings.accounts),
        now=datetime.now(UTC).replace(microsecond=0),
        source_update=_source_update(settings, facts),
        auto_approve=settings.auto_approve,
        waves=settings.wave,
        selection=facts.selection or (settings.words() if settings.narrowed else ""),
        excluded=frozenset(unit.path for unit in facts.declared.units if unit.path not in kept),
        waivers=tuple(waiver for waiver in waivers.waivers if waiver.expires >= today()),
        texts=texts(settings, facts.declared),
    )
    return make(facts, wishes)


def _source_update(settings: Settings, facts: Snapshot) -> str:
    """Name the flag that the installed terragrunt takes; without one, the flag of those that are not out of date."""
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.workstation.tools import find_tools, source_update_flag  # noqa: PLC0415 -- start-up

    if any(unit.kind == "terragrunt" for unit in facts.declared.units):
        root = open_tree(settings.infra_live)[0].root if settings.infra_live else None
        (tool,) = find_tools(os.environ, root, names=("terragrunt",))
        if tool.version.kind == "seen" and tool.version.value:
            return source_update_flag(tool.version.value) or "--source-update"
        click.echo("terragrunt: no version to be had here; the plan is for v0.73.0 or newer", err=True)
    return "--source-update"


def texts(settings: Settings, wanted: Declared) -> dict[str, str]:
    """Read the files in which versions stand, as the snapshot's repository has them; what can't be read is left out."""
    from audit.declared.tree import open_tree  # noqa: PLC0415 -- start-up
    from audit.remedy.bumps import in_repository  # noqa: PLC0415 -- start-up

    if settings.infra_live is None:
        return {}
    tree, _ = open_tree(settings.infra_live, settings.at)
    places = [row.tag_origin for row in wanted.containers if row.tag_origin]
    places += [pin.origin for pin in wanted.pins]
    found = {}
    for file in sorted({in_repository(place, wanted.scope).file for place in places}):
        try:
            found[file] = tree.read(file)
        except DeclarationError as error:
            click.echo(f"{one_line(str(error))}: its literals are to be edited by hand", err=True)
    return found


def show(made: Plan, output: Path | None, form: Form | None) -> None:
    """Write a plan to a file, by whose name its form is chosen, and print it where a form is asked for."""
    if output is not None:
        own = _SUFFIXES.get(output.suffix) or form or "json"
        try:
            files.replace(output, _rendered(made, own).encode())
        except OSError as error:
            raise UsageError(f"{output}: cannot be written: {error.strerror or error}") from None
        waiting = sum(step.waits is not None for step in made.steps)
        click.echo(f"{output}: {counted(len(made.steps), 'step')}, {waiting} waiting", err=True)
        form = None if form == own else form
    if form is not None:
        click.echo(_rendered(made, form), nl=False)


def _rendered(made: Plan, form: Form) -> str:
    from audit.remedy import document, prose, script  # noqa: PLC0415 -- start-up

    return {"json": document.to_json, "sh": script.runbook, "md": prose.markdown, "text": prose.text}[form](made)


def _edit(settings: Settings, made: Plan) -> None:
    from audit.declared.tree import WorkTree, open_tree  # noqa: PLC0415 -- start-up
    from audit.look.whole import read_whole  # noqa: PLC0415 -- start-up
    from audit.remedy import edit  # noqa: PLC0415 -- start-up
    from audit.remedy.proof import prove  # noqa: PLC0415 -- start-up

    edits = _first(made)
    tree, scope = open_tree(_repository(settings))
    if not isinstance(tree, WorkTree):
        raise TypeError
    edit.demand_unchanged(tree.root, made.files)
    prove(tree, edits, partial(read_whole, settings, scope))
    for change in edit.apply(tree.root, edits):
        click.echo(change.diff, nl=False)
    click.echo(f"{counted(len(edits), 'literal')} edited", err=True)


def _ask(settings: Settings, made: Plan) -> None:
    from audit.declared.tree import GitTree, open_tree  # noqa: PLC0415 -- start-up
    from audit.look.whole import read_whole  # noqa: PLC0415 -- start-up
    from audit.released.source import token_of  # noqa: PLC0415 -- start-up
    from audit.remedy.branch import Workshop, remote_of  # noqa: PLC0415 -- start-up
    from audit.remedy.proof import prove  # noqa: PLC0415 -- start-up
    from audit.remedy.prose import markdown  # noqa: PLC0415 -- start-up
    from audit.remedy.pull_request import hand_in, hub_of  # noqa: PLC0415 -- start-up
    from audit.remedy.review import branch_of, title_of  # noqa: PLC0415 -- start-up

    edits = _first(made)
    if not edits or made.commit is None:
        raise RefusedError("nothing to hand in: the plan edits nothing, or the repository has no commit")
    standing, scope = open_tree(_repository(settings))
    root = standing.root
    remote = remote_of(root)
    hub = hub_of(settings.github_url, settings.infra_live_repo, remote, token_of(os.environ))
    target = hub.default_branch()
    changes = prove(GitTree(root, made.commit), edits, partial(read_whole, settings, scope))
    to = made.hops[0].to
    with tempfile.TemporaryDirectory(prefix="pipelines-audit-") as folder:
        workshop = Workshop(root, Path(folder) / "work.git", remote, os.environ)
        commit = workshop.commit(made.commit, changes, title_of(to))
        address = hand_in(
            hub,
            workshop,
            commit=commit,
            base=made.commit,
            branch=branch_of(to),
            target=target,
            title=title_of(to),
            body=markdown(made),
        )
    click.echo(address)


def _first(made: Plan) -> tuple[Edit, ...]:
    """Give the edits of the first hop, and say what has to be edited by hand."""
    edits, by_hand = made.edits(1)
    for reason in by_hand:
        click.echo(f"by hand: {one_line(reason)}", err=True)
    return edits


def _repository(settings: Settings) -> Path:
    if settings.infra_live is None:
        raise UsageError("--edit and --pull-request need the repository: name it by --infra-live PATH")
    return settings.infra_live
