"""Commands that draw reports from results, and put the results of shards together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from audit.cli import telemetry
from audit.cli.help import Command
from audit.cli.judging import say_warnings
from audit.cli.options import colour, report_option, say_incomplete, width

_FILE = click.Path(path_type=Path)


class _Report(Command):
    """``report RESULTS`` itself; ``report merge`` is another command, for files that are called otherwise."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 -- click's own signature
    ) -> click.Context:
        """Look at the first word."""
        if args[:1] == ["merge"]:
            return merge.make_context(f"{info_name} merge", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


@click.command(cls=_Report)
@click.argument("results_file", type=_FILE, metavar="RESULTS")
@report_option
def report(results_file: Path, reports: tuple[str, ...]) -> int:
    r"""Draw reports again from results that "check --report json=RESULTS" has written.

    Without --report it prints the table. "pipelines-audit report merge RESULTS… -o FILE" puts the results of shards
    together.

    \b
    Example:
      pipelines-audit report results.json --report html=report.html
    """
    from audit.verdict.results import load  # noqa: PLC0415 -- start-up
    from reports import checklist, emit, terminal  # noqa: PLC0415 -- start-up

    requests = [emit.parse_request(text) for text in reports]
    emit.check_requests(requests)
    results = load(results_file)
    say_warnings(results)
    if not requests:
        draw = checklist.render if results.readiness else terminal.render
        click.echo(draw(results, width=width(), colour=colour()), nl=False)
    emit.emit(results, requests)
    return 0


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="RESULTS…")
@click.option("-o", "output", type=_FILE, required=True, metavar="FILE", help="where the joined results go")
@report_option
def merge(files: tuple[Path, ...], output: Path, reports: tuple[str, ...]) -> int:
    r"""Put the results of the shards of one run together; what overlaps or differs in kind is refused.

    Checks of the whole fleet saw only their own shard: "snapshot merge" and "check --snapshot" judge it as one.

    \b
    Example:
      pipelines-audit report merge part-1.json part-2.json -o results.json
    """
    from audit.verdict.joined import join  # noqa: PLC0415 -- start-up
    from audit.verdict.results import load  # noqa: PLC0415 -- start-up
    from reports import emit  # noqa: PLC0415 -- start-up

    requests = [("json", str(output)), *(emit.parse_request(text) for text in reports)]
    emit.check_requests(requests)
    results = join([(str(path), load(path)) for path in files])
    say_warnings(results)
    say_incomplete(results.run.incomplete)
    emit.emit(results, requests)
    click.echo(results.verdict, err=True)
    return 0


telemetry.options(merge)
