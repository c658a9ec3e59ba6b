"""What commands share: options from the table of settings, the look with its progress, the shape of their output."""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli.help import Option
from audit.configuration import options as table
from audit.errors import UnreadError, UsageError
from audit.text import one_line
from reports import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from audit.configuration.config import Settings
    from audit.look.exclusions import Exclusion
    from audit.model import Gap
    from audit.snapshot import Snapshot


def options(*groups: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of these groups of the table, or single ones, and ``--config``."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        chosen = [option for group in groups for option in table.GROUPS.get(group) or (table.OPTIONS[group],)]
        for option in reversed(chosen):
            function = _click_option(option)(function)
        return click.option(
            "--config",
            "config_file",
            cls=Option,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="read this configuration file (TOML); options can stand there, and in the environment: --role-arn as "
            "PIPELINES_AUDIT_ROLE_ARN",
        )(function)

    return add


report_option = click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=PATH",
    help=f"write a report; FORMAT is one of {', '.join(FORMATS)}; PATH - is standard output; repeatable",
)


def report_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that judges the options that say which reports it writes."""
    html = click.option(
        "--html",
        "html",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="write pytest-html's own report of this run",
    )
    return report_option(html(function))


def _click_option(option: table.Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    kwargs: dict[str, Any] = {"help": option.help, "default": None, "cls": Option}
    kwargs["heading"] = next(table.heading(name) for name, group in table.GROUPS.items() if option in group)
    if option.kind == "flag":
        kwargs |= {"is_flag": True}
    else:
        kwargs |= {"metavar": option.metavar, "multiple": option.kind == "words"}
        if option.kind == "words":
            kwargs["help"] += "; repeatable"
        if option.kind == "level":
            kwargs["type"] = click.Choice(table.LEVELS)
            kwargs["help"] += f"; LEVEL is one of {', '.join(table.LEVELS)}"
        elif option.kind == "number":
            kwargs["type"] = click.IntRange(min=1)
        elif option.kind == "path":
            kwargs["type"] = click.Path(path_type=Path)
        if option.name == "check":
            kwargs["shell_complete"] = _check_ids
    flags = (option.flag, option.short) if option.short else (option.flag,)
    return click.option(*flags, option.name, **kwargs)


def _check_ids(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Complete the id of a check for a shell."""
    from checks.catalogue import catalogue  # noqa: PLC0415 -- start-up

    return [one.check.id for one in catalogue() if one.check.id.startswith(typed)]


def seen(settings: Settings, exclusions: tuple[Exclusion, ...] = ()) -> Snapshot:
    """Look, or read the snapshot that the settings name, and show progress meanwhile."""
    from audit.cli.progress import progress  # noqa: PLC0415 -- start-up
    from audit.look import once  # noqa: PLC0415 -- start-up

    with progress() as shown:
        found = once.seen(settings, os.environ, shown, exclusions=exclusions)
    say_incomplete(found.incomplete)
    return found


def say_incomplete(reason: str | None) -> None:
    """Say that a look ended early, and why."""
    if reason:
        click.echo(f"INCOMPLETE: {one_line(reason)}", err=True)


def today() -> date:
    """Give the day, in UTC, that waivers are held to."""
    return datetime.now(UTC).date()


def with_gaps(gaps: Sequence[Gap], incomplete: str | None = None) -> int:
    """Give the exit code of a command that shows facts: 10 where something could not be read, 2 if it was stopped."""
    if incomplete:
        return 2
    return UnreadError.exit_code if gaps else 0


def as_json_text(document: object) -> str:
    """Write a document as people and scripts read it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def text_of(path: Path) -> str:
    """Read a file that the user named; UsageError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{path}: cannot be read: {reason}") from None


def width(least: int = 60) -> int:
    """Give the width of the terminal in columns, ``least`` for a narrower one; 140 where there is none."""
    return max(least, shutil.get_terminal_size((140, 24)).columns)


def colour() -> bool:
    """Tell whether standard output is a terminal that wants colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
