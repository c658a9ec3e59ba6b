"""The command that looks back, and what a judged run leaves behind: its place in the history, and notices."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from audit.cli.help import Group
from audit.cli.options import as_json_text, options, width
from audit.configuration import config
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.configuration.config import Settings
    from audit.verdict.results import Results
    from reports.notify import Target

_DAYS = re.compile(r"(\d{1,5})d")


@click.group(cls=Group, invoke_without_command=True)
@options("history", "checks_dir")
@click.option("--since", metavar="DATE|DAYS", help="runs and fixes since 2026-11-01, or of the last days: 30d")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.pass_context
def history(
    context: click.Context,
    /,
    *,
    config_file: Path | None,
    since: str | None,
    as_json: bool,
    **given: object,
) -> int:
    r"""Show what past runs found: since when, what came and went with each, how long mends took, who lags behind.

    Runs are written there by "check --history URL".

    \b
    Example:
      pipelines-audit history --history sqlite:///history.db --since 30d
    """
    if context.invoked_subcommand is not None:
        return 0
    from audit.verdict.history import keep  # noqa: PLC0415 -- start-up
    from reports import past as shown  # noqa: PLC0415 -- start-up

    start = moment(since, datetime.now(UTC)) if since else None
    past = keep.read(*_named(given, config_file))
    text = as_json_text(shown.document(past, start)) if as_json else shown.table(past, start, width=width())
    click.echo(text, nl=False)
    return 0


@history.command()
@options("history", "checks_dir")
@click.option(
    "--keep-days",
    type=click.IntRange(min=1, max=36500),
    required=True,
    metavar="N",
    help="keep the runs whose snapshot was taken in the last N days, and the newest in any case",
)
@click.option("--dry-run", is_flag=True, help="say what would be removed, and remove nothing")
@click.pass_context
def prune(
    context: click.Context, /, *, config_file: Path | None, keep_days: int, dry_run: bool, **given: object
) -> int:
    r"""Remove old runs from a history; first days, ages, relapses and times to remediate stay as they are.

    \b
    Example:
      pipelines-audit history prune --history sqlite:///history.db \\
        --keep-days 180 --dry-run
    """
    from audit.verdict.history import keep  # noqa: PLC0415 -- start-up
    from reports import past as shown  # noqa: PLC0415 -- start-up

    above = context.parent.params if context.parent else {}
    given = {name: value if value is not None else above.get(name) for name, value in given.items()}
    url, renamed = _named(given, config_file or above.get("config_file"))
    done = keep.prune(url, datetime.now(UTC) - timedelta(days=keep_days), renamed, dry=dry_run)
    click.echo(shown.pruned(done, dry=dry_run))
    return 0


def _named(given: Mapping[str, object], config_file: Path | None) -> tuple[str, Mapping[str, str]]:
    """Give the address of the history that was named, and the old ids of checks with those of today."""
    from audit import door  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    if settings.history is None:
        raise UsageError("which history: give --history sqlite:///FILE or postgresql+psycopg://…, or set it")
    ids = door.check_ids(settings.checks_dir) or {}
    return settings.history, {old: new for old, new in ids.items() if old != new}


def moment(text: str, now: datetime) -> datetime:
    """Read a day (2026-11-01), a moment, or a number of days back from now (30d); all in UTC."""
    days = _DAYS.fullmatch(text)
    try:
        found = now - timedelta(days=int(days[1])) if days else datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"--since {text!r}: give a day such as 2026-11-01, or a number of days such as 30d") from None


def demanded(settings: Settings) -> tuple[Target, ...]:
    """Check before any work where the run is to be kept, and give those who are to be told of it."""
    if settings.history is not None:
        from audit.verdict.history import keep  # noqa: PLC0415 -- start-up

        keep.checked(settings.history)
    if not settings.notify:
        return ()
    from reports import notify  # noqa: PLC0415 -- start-up

    return notify.parse(settings.notify, settings, os.environ)


def kept(results: Results, settings: Settings) -> Results:
    """Write a run to the history, and give its results with what that knows of them."""
    if settings.history is None:
        return results
    from audit.verdict.history import keep  # noqa: PLC0415 -- start-up

    done = keep.keep(results, settings.history)
    if done.note:
        click.echo(f"warning: {done.note}", err=True)
    return done.results


def told(results: Results, targets: tuple[Target, ...]) -> None:
    """Tell those who are to be told; who could not be is said on standard error."""
    if not targets:
        return
    from reports import notify  # noqa: PLC0415 -- start-up

    for line in notify.tell(results, targets, os.environ):
        click.echo(f"warning: {line}", err=True)
