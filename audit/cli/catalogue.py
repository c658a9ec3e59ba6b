"""The command that lists the checks: as a table, as data, or as the page that stands in docs/."""

from __future__ import annotations

import click

from audit.cli.help import Command
from audit.cli.options import as_json_text, width


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.option("--markdown", "as_markdown", is_flag=True, help="print the page docs/checks.md")
def checks(as_json: bool, as_markdown: bool) -> int:  # noqa: FBT001 -- click passes by name
    r"""List the checks: what each finds, how bad it is, how to mend it, and what it is evidence for.

    \b
    Example:
      pipelines-audit checks
    """
    from checks.catalogue import catalogue  # noqa: PLC0415 -- start-up
    from reports import catalogue as renderings  # noqa: PLC0415 -- start-up

    found = catalogue()
    if as_json:
        click.echo(as_json_text(renderings.document(found)), nl=False)
    else:
        click.echo(renderings.markdown(found) if as_markdown else renderings.table(found, width=width()), nl=False)
    return 0
