"""Commands for the waivers file: hold it to its rules, list what it says, write an entry."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli.help import Group
from audit.cli.options import as_json_text, options, today
from audit.configuration import config
from audit.errors import UsageError
from audit.text import counted, one_line

if TYPE_CHECKING:
    from audit.configuration.config import Settings
    from audit.verdict.waiver_file import Rules
    from audit.verdict.waivers import Waivers

_OPTIONS = ("infra_live", "waivers", "checks_dir")
FILE = click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")


@click.group(cls=Group)
def waivers() -> None:
    """Check, list and write what was accepted for a time: waivers and exclusions.

    FILE is, unless it is named, the one of --waivers, else waivers.yaml in the folder of --infra-live or in this one.
    """


@waivers.command()
@FILE
@options(*_OPTIONS)
def lint(config_file: Path | None, file: Path | None, **given: object) -> int:
    r"""Say every fault of the file with its line and column; exit 4 where there is one.

    \b
    Example:
      pipelines-audit waivers lint --infra-live .
    """
    from audit.verdict.advice import due  # noqa: PLC0415 -- start-up

    found = _read(_settings(config_file, file, given))
    for warning in due(found, today()):
        click.echo(f"warning: {warning.location}: {one_line(warning.message)}", err=True)
    holds = f"{counted(len(found.waivers), 'waiver')}, {counted(len(found.exclusions), 'exclusion')}"
    click.echo(f"{found.file}: {holds}, no faults")
    return 0


@waivers.command("list")
@FILE
@options(*_OPTIONS)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def show(config_file: Path | None, file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    r"""List waivers and exclusions: what they cover, whose they are, how long they hold.

    \b
    Example:
      pipelines-audit waivers list --infra-live .
    """
    from reports import waivers as tables  # noqa: PLC0415 -- start-up

    found = _read(_settings(config_file, file, given))
    day = today()
    click.echo(as_json_text(tables.document(found, day)) if as_json else tables.table(found, day), nl=False)
    return 0


@waivers.command()
@FILE
@options(*_OPTIONS)
@click.option("--id", metavar="ID", help="default: the next free one, as W-2026-008")
@click.option("--check", "check", multiple=True, required=True, metavar="ID", help="the check; repeatable")
@click.option("--account", "accounts", multiple=True, metavar="NAME", help="name or id; repeatable; none: all")
@click.option("--region", "regions", multiple=True, metavar="NAME", help="only there; repeatable; none: all")
@click.option("--container", "containers", multiple=True, metavar="NAME", help="only there; repeatable; none: all")
@click.option("--declared", metavar="TAG", help="holds only while this is declared")
@click.option("--running", metavar="TAG", help="holds only while this runs")
@click.option("--reason", required=True, metavar="TEXT", help="why it is accepted")
@click.option("--owner", required=True, metavar="NAME", help="who answers for it")
@click.option("--ticket", metavar="TEXT", help="where it is followed up")
@click.option("--expires", metavar="DAY", help="last day on which it holds (UTC), as 2026-12-15")
@click.option("--days", type=click.IntRange(min=0, max=10_000), metavar="N", help="instead of --expires: from today on")
def add(config_file: Path | None, file: Path | None, days: int | None, **given: Any) -> int:  # noqa: ANN401 -- click's
    r"""Write an entry at the end of the list, and leave every other byte as it is.

    Refuses what lint would refuse; asks nothing.

    \b
    Example:
      pipelines-audit waivers add --infra-live . --check image-tag-drift \\
        --account prod --reason "change freeze" \\
        --owner platform@example.com --days 21
    """
    from audit import files  # noqa: PLC0415 -- start-up
    from audit.verdict import waiver_edit  # noqa: PLC0415 -- start-up

    if (days is None) == (given["expires"] is None):
        raise UsageError("give the last day by --expires DAY, or by --days N, one of them")
    settings = _settings(config_file, file, {name: given.pop(name) for name in (*_OPTIONS, "max_waiver_days")})
    path, name, rules = _place(settings), _name(settings), _rules(settings)
    text = _text(settings) if path.exists() or path.is_symlink() else ""
    expires = given.pop("expires") or str(today() + timedelta(days=days or 0))
    id_ = given.pop("id") or waiver_edit.next_id(text, name=name, rules=rules)
    entry: dict[str, Any] = {
        key: tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value for key, value in given.items()
    }
    wanted = waiver_edit.Entry(id=id_, created=str(today()), expires=expires, **entry)
    edited = waiver_edit.add(text, wanted, name=name, rules=rules)
    try:
        files.replace(path, edited.encode(errors="surrogateescape"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    click.echo(f"{name}: {id_} added, holds until {expires}")
    return 0


def _settings(config_file: Path | None, file: Path | None, given: dict[str, object]) -> Settings:
    settings, _ = config.resolve(given, os.environ, config=config_file)
    return replace(settings, waivers=file) if file else settings


def _place(settings: Settings) -> Path:
    from audit.verdict.precedents import FILE_NAME  # noqa: PLC0415 -- start-up

    return settings.waivers or (settings.infra_live or Path()) / FILE_NAME


def _name(settings: Settings) -> str:
    from audit.verdict.precedents import shown  # noqa: PLC0415 -- start-up

    return shown(_place(settings), settings)


def _text(settings: Settings) -> str:
    from audit.verdict.precedents import text_of  # noqa: PLC0415 -- start-up

    return text_of(_place(settings), settings)


def _rules(settings: Settings) -> Rules:
    from audit import door  # noqa: PLC0415 -- start-up
    from audit.verdict.waiver_file import Rules  # noqa: PLC0415 -- start-up

    known = door.check_ids(settings.checks_dir)
    if known is None:
        raise UsageError(f"{settings.checks_dir}: its checks could not be loaded; run check -v to see why")
    return Rules(today=today(), max_days=settings.max_waiver_days, known=known)


def _read(settings: Settings) -> Waivers:
    from audit.verdict.waiver_file import read  # noqa: PLC0415 -- start-up

    return read(_text(settings), name=_name(settings), rules=_rules(settings))
