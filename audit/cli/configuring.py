"""Commands about the configuration: what is in force and what set it, its keys, its JSON Schema."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from audit.cli.help import Group
from audit.cli.options import as_json_text, options, width
from audit.configuration import config as settings_of
from audit.configuration import options as table
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.configuration.config import Settings


@click.group(cls=Group)
def config() -> None:
    """Show the configuration: what is in force and where it comes from, its keys, its JSON Schema."""


@config.command()
@options(*table.GROUPS)
@click.option("--origin", is_flag=True, help="say which file, variable or option set each value")
@click.option("--json", "as_json", is_flag=True, help="print JSON, with origins")
def show(config_file: Path | None, origin: bool, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    r"""Show what is in force, as TOML that can be read again; secrets are masked.

    Takes the options of every command, and holds all of it to the rules that a run holds it to.

    \b
    Example:
      pipelines-audit config show --infra-live . --origin
    """
    from reports import configuration  # noqa: PLC0415 -- start-up

    found = settings_of.resolved(given, os.environ, config=config_file)
    _hold(found.settings)
    for name in settings_of.unknown_variables(os.environ):
        click.echo(f"warning: {name}: no option has this variable{_meant(name)}", err=True)
    text = as_json_text(configuration.document(found)) if as_json else configuration.show(found, origin=origin)
    click.echo(text, nl=False)
    return 0


@config.command()
@click.option("--repository", "policy_only", is_flag=True, help="of a file in the audited repository: policy only")
@options("checks_dir")
def schema(config_file: Path | None, policy_only: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    r"""Print the JSON Schema of pipelines-audit.toml, for editors and validators.

    \b
    Example:
      pipelines-audit config schema > pipelines-audit.schema.json
    """
    from audit.configuration.schema import schema as made  # noqa: PLC0415 -- start-up

    settings, _ = settings_of.resolve(given, os.environ, config=config_file)
    click.echo(as_json_text(made(_check_ids(settings), policy_only=policy_only)), nl=False)
    return 0


@config.command()
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.option("--markdown", "as_markdown", is_flag=True, help="print the page docs/configuration.md")
def keys(as_json: bool, as_markdown: bool) -> int:  # noqa: FBT001 -- click passes by name
    r"""List every key of the file with its default.

    \b
    Example:
      pipelines-audit config keys
    """
    from reports import keys as renderings  # noqa: PLC0415 -- start-up

    found = renderings.keys()
    if as_json:
        click.echo(as_json_text(renderings.document(found)), nl=False)
    else:
        click.echo(renderings.markdown(found) if as_markdown else renderings.table(found, width=width()), nl=False)
    return 0


def _hold(settings: Settings) -> None:
    """Refuse what a run would refuse: check ids that no check has, templates that give no role or profile."""
    from audit.fleet import access  # noqa: PLC0415 -- start-up
    from audit.selection import known_ids  # noqa: PLC0415 -- start-up

    access(settings)
    named = {"--check": settings.check, "severities": settings.severities, "disabled": settings.disabled}
    if any(named.values()):
        known = _check_ids(settings)
        for where, ids in named.items():
            known_ids(known, ids, where)


def _check_ids(settings: Settings) -> Mapping[str, str]:
    from audit import door  # noqa: PLC0415 -- start-up

    known = door.check_ids(settings.checks_dir)
    if known is None:
        raise UsageError(f"{settings.checks_dir}: its checks could not be loaded; run check -v to see why")
    return known


def _meant(name: str) -> str:
    from audit.configuration.file import near  # noqa: PLC0415 -- start-up

    return near(name, [option.variable for option in table.OPTIONS.values()])
