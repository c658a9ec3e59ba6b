"""Commands about snapshots: take one, show one, put shards together, compare two."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.help import DONE, NOTHING, UNREAD, Command, Group
from audit.cli.options import as_json_text, options, say_incomplete, seen, today, with_gaps
from audit.configuration import config

if TYPE_CHECKING:
    from audit.snapshot import Snapshot
    from audit.verdict.results import Coverage
    from audit.verdict.waivers import Waivers

_FILE = click.Path(path_type=Path)
_OUTPUT = click.option(
    "-o",
    "output",
    type=_FILE,
    metavar="FILE",
    help="where the snapshot goes; gzipped where it ends with .gz  [required]",
)


@click.group(cls=Group, invoke_without_command=True, ends={**DONE, **NOTHING, **UNREAD})
@options("repository", "access", "scale", "selection", "releases", "waivers")
@_OUTPUT
@click.pass_context
def snapshot(context: click.Context, /, config_file: Path | None, output: Path | None, **given: object) -> int | None:
    r"""Look, and write what was seen as a snapshot: evidence that "check --snapshot" judges later.

    Until it is written, what was seen so far is kept in FILE.state, and "--resume" goes on from there.

    \b
    Example:
      pipelines-audit snapshot --infra-live . --profile 'your-{account}' \\
        -o snapshot.json.gz
    """
    if context.invoked_subcommand is not None:
        return None
    from audit import snapshot as snapshots  # noqa: PLC0415 -- start-up
    from audit.look import exclusions, once  # noqa: PLC0415 -- start-up
    from audit.verdict import precedents  # noqa: PLC0415 -- start-up

    if output is None:
        raise click.MissingParameter(ctx=context, param_hint="'-o'", param_type="option")
    settings, _ = config.resolve(given, os.environ, config=config_file)
    settings = replace(settings, state=settings.state or output.with_name(f"{output.name}.state"))
    waivers = precedents.waivers(settings, today())
    facts = seen(settings, exclusions.standing(waivers.exclusions, today()))
    snapshots.save(facts, output)
    once.forget(settings, facts.incomplete)
    return _ended(output, facts, waivers)


@snapshot.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def show(file: Path, as_json: bool) -> int:  # noqa: FBT001 -- click passes by name
    r"""Show what is in a snapshot.

    \b
    Example:
      pipelines-audit snapshot show snapshot.json.gz
    """
    from audit.snapshot import load  # noqa: PLC0415 -- start-up
    from reports import snapshots as shown  # noqa: PLC0415 -- start-up

    facts = load(file)
    covered = _covered(facts)
    click.echo(
        as_json_text(shown.document(facts, covered)) if as_json else shown.show(facts, covered),
        nl=False,
    )
    return 0


@snapshot.command(ends={**DONE, **UNREAD})
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_OUTPUT
@click.pass_context
def merge(context: click.Context, /, files: tuple[Path, ...], output: Path | None) -> int:
    r"""Put the shards of one look together; what overlaps or was taken of different states is refused.

    \b
    Example:
      pipelines-audit snapshot merge part-*.json.gz -o whole.json.gz
    """
    from audit import snapshot as snapshots  # noqa: PLC0415 -- start-up
    from audit.look import merge as merging  # noqa: PLC0415 -- start-up

    if output is None:
        raise click.MissingParameter(ctx=context, param_hint="'-o'", param_type="option")
    whole = merging.merge([(str(path), snapshots.load(path)) for path in files])
    snapshots.save(whole, output)
    say_incomplete(whole.incomplete)
    return _ended(output, whole)


@click.command(cls=Command, ends={0: "nothing moved", 1: "something moved"})
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def diff(old: Path, new: Path, as_json: bool) -> int:  # noqa: FBT001 -- click passes by name
    r"""Show what moved between two snapshots: tags, digests, revisions, policies, coverage.

    \b
    Example:
      pipelines-audit diff last-night.json.gz snapshot.json.gz
    """
    from audit.look.difference import changes  # noqa: PLC0415 -- start-up
    from audit.snapshot import load  # noqa: PLC0415 -- start-up
    from reports import snapshots as shown  # noqa: PLC0415 -- start-up

    before, after = load(old), load(new)
    found = changes(before, after)
    text = as_json_text(shown.diff_document(before, after, found)) if as_json else shown.diff(found)
    click.echo(text, nl=False)
    return 1 if found else 0


def _ended(output: Path, facts: Snapshot, waivers: Waivers | None = None) -> int:
    """Say what was written, and give the exit code."""
    from reports import snapshots as shown  # noqa: PLC0415 -- start-up

    covered = _covered(facts, waivers)
    click.echo(shown.written(str(output), facts, covered), err=True)
    return with_gaps(covered.gaps, facts.incomplete)


def _covered(facts: Snapshot, waivers: Waivers | None = None) -> Coverage:
    from audit.verdict import left_out  # noqa: PLC0415 -- start-up
    from audit.verdict.waivers import Waivers  # noqa: PLC0415 -- start-up

    return left_out.keep(facts, waivers or Waivers(), today()).coverage
