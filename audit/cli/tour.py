"""The command that needs no account: the demo."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.help import Command


@click.command(cls=Command)
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="where it writes (default ./pipelines-audit-demo)",
)
@click.option("--keep-running", is_flag=True, help="keep the emulated AWS until Ctrl-C, to try other commands on it")
@click.option("--in-sync", is_flag=True, help="with --keep-running: a fleet in which nothing is wrong")
def demo(output: Path | None, keep_running: bool, in_sync: bool) -> int:  # noqa: FBT001 -- click passes by name
    r"""Run the main job on a sample repository and an emulated AWS: no account is needed, nothing is left running.

    \b
    Example:
      pipelines-audit demo
    """
    from audit.cli import main  # noqa: PLC0415 -- it imports this module
    from audit.demo import folder, run, serve  # noqa: PLC0415 -- start-up

    out = output or folder.OUT
    return serve.serve(out, in_sync=in_sync) if keep_running else run.run(out, judge=main)
