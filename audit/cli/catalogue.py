"""The command that lists the checks: as a table, as data, or as the page that stands in docs/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.help import Command
from audit.cli.options import as_json_text, width
from audit.errors import UsageError

if TYPE_CHECKING:
    from checks.catalogue import Listed


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.option("--markdown", "as_markdown", is_flag=True, help="print the page docs/checks.md")
@click.option(
    "--checks-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="list the checks of this folder too, after ours",
)
def checks(as_json: bool, as_markdown: bool, checks_dir: Path | None) -> int:  # noqa: FBT001 -- click passes by name
    r"""List the checks: what each finds, how bad it is, how to mend it, and what it is evidence for.

    \b
    Example:
      pipelines-audit checks
    """
    from checks.catalogue import catalogue  # noqa: PLC0415 -- start-up
    from reports import catalogue as renderings  # noqa: PLC0415 -- start-up

    found = catalogue()
    if checks_dir is not None:
        found += _own(checks_dir, {name for one in found for name in one.check.names})
    if as_json:
        click.echo(as_json_text(renderings.document(found)), nl=False)
    else:
        click.echo(renderings.markdown(found) if as_markdown else renderings.table(found, width=width()), nl=False)
    return 0


def _own(folder: Path, ours: set[str]) -> tuple[Listed, ...]:
    """List the checks of a folder; UsageError where there is none, or they could not be loaded."""
    from audit import door  # noqa: PLC0415 -- start-up
    from checks.catalogue import Listed  # noqa: PLC0415 -- start-up

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; --checks-dir names a folder of pytest modules")
    every = door.catalogue(folder)
    if every is None:
        raise UsageError(f"{folder}: its checks could not be loaded; check --checks-dir {folder} names the line")
    return tuple(Listed(subject=one.subject, check=one) for one in every if one.id not in ours)
