"""Commands that show or keep facts, without judging them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from audit import config
from audit.cli.options import as_json_text, options, seen, today, with_gaps


@click.command()
@options("repository", "selection")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def declared(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    """Show what the repository declares: every container, its image and tag, and where each is written."""
    from audit import look  # noqa: PLC0415 -- start-up
    from audit.declared.document import to_document  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    wanted = look.declared(settings)
    click.echo(as_json_text(to_document(wanted)) if as_json else facts.declared(wanted), nl=False)
    return with_gaps(wanted.gaps)


@click.command()
@options("repository", "access", "selection")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def running(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    """Show what runs in AWS: task definitions, images in ECR, the invoker, account by account."""
    from audit import look  # noqa: PLC0415 -- start-up
    from audit.progress import progress  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    with progress() as shown:
        there, unplaced = look.at_aws(settings, shown)
    click.echo(
        as_json_text(facts.running_document(there, unplaced)) if as_json else facts.running(there, unplaced), nl=False
    )
    return with_gaps([*unplaced, *facts.all_gaps(there)])


@click.command()
@options("releases")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def released(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    """Show the releases: the newest, where the list came from, and its date."""
    from audit import look  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    newest = look.released(settings, os.environ)
    click.echo(as_json_text(facts.released_document(newest)) if as_json else facts.released(newest), nl=False)
    return 0


@click.command()
@options("repository", "access", "selection", "releases", "waivers")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="gzipped where it ends with .gz",
)
def snapshot(config_file: Path | None, output: Path, **given: object) -> int:
    """Look, and write what was seen as a snapshot: evidence that "check --snapshot" judges later."""
    from audit import exclusions  # noqa: PLC0415 -- start-up
    from audit import snapshot as snapshots  # noqa: PLC0415 -- start-up
    from audit.verdict import left_out, precedents  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    waivers = precedents.waivers(settings, today())
    facts = seen(settings, exclusions.standing(waivers.exclusions, today()))
    snapshots.save(facts, output)
    covered = left_out.keep(facts, waivers, today()).coverage
    excluded = f", {covered.excluded} excluded" if covered.excluded else ""
    click.echo(
        f"{output}: {covered.read} of {covered.expected} units read{excluded}, sha256 {snapshots.sha256(facts)}",
        err=True,
    )
    return with_gaps(covered.gaps)
