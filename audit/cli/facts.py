"""Commands that show facts, without judging them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from audit.cli import preflights
from audit.cli.help import DONE, NOTHING, UNREAD, Command
from audit.cli.options import as_json_text, options, say_incomplete, with_gaps
from audit.cli.preflights import preflight_option
from audit.configuration import config

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=Command, ends={**DONE, **NOTHING, **UNREAD})
@options("repository", "selection")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def declared(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    r"""Show what the repository declares: every container, its image and tag, and where each is written.

    \b
    Example:
      pipelines-audit declared --infra-live . --account 'prod*' --json
    """
    from audit.declared.document import to_document  # noqa: PLC0415 -- start-up
    from audit.look import once  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    wanted = once.declared(settings)
    click.echo(as_json_text(to_document(wanted)) if as_json else facts.declared(wanted), nl=False)
    return with_gaps(wanted.gaps)


@click.command(cls=Command, ends={**DONE, **NOTHING, **UNREAD})
@options("repository", "access", "scale", "selection")
@preflight_option
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def running(config_file: Path | None, *, as_json: bool, preflight: bool, **given: object) -> int:
    r"""Show what runs in AWS: task definitions, images in ECR, the invoker, account by account.

    \b
    Example:
      pipelines-audit running --infra-live . --profile 'your-{account}'
    """
    from audit.cli.progress import progress  # noqa: PLC0415 -- start-up
    from audit.look import once  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    if preflight and (code := preflights.preflight(settings, alone=not as_json)) is not None:
        return code
    with progress() as shown:
        rounds, unplaced = once.at_aws(settings, shown)
    there = rounds.running
    click.echo(
        as_json_text(facts.running_document(there, unplaced)) if as_json else facts.running(there, unplaced), nl=False
    )
    say_incomplete(rounds.incomplete)
    once.forget(settings, rounds.incomplete)
    return with_gaps([*unplaced, *facts.all_gaps(there)], rounds.incomplete)


@click.command(cls=Command)
@options("releases")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def released(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    r"""Show the releases: the newest, where the list came from, and its date.

    \b
    Example:
      pipelines-audit released --offline
    """
    from audit.look import once  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    newest = once.released(settings, os.environ)
    click.echo(as_json_text(facts.released_document(newest)) if as_json else facts.released(newest), nl=False)
    return 0
