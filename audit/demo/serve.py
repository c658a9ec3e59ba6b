"""The emulated AWS kept running until Ctrl-C, for commands of the user's own against the sample."""

from __future__ import annotations

import shlex
from threading import Event
from typing import TYPE_CHECKING

import click

from audit.demo import folder
from audit.demo.emulator import emulator, environment, settings
from audit.demo.run import Say, main_job, program, say_on_stderr, where
from audit.demo.sample import export
from audit.demo.scenario import scenario, seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _until_interrupted() -> None:
    Event().wait()


def serve(
    out: Path = folder.OUT,
    *,
    port: int = 0,
    in_sync: bool = False,
    say: Say = say_on_stderr,
    wait: Callable[[], None] = _until_interrupted,
) -> int:
    """Export, seed, print the environment to set (on stdout) and what to try in it, and wait for Ctrl-C.

    ``wait`` returns, or is interrupted, when it is time to stop.
    """
    with emulator(port) as endpoint:
        # The reports of the demo that proposed to come here are still to be read.
        folder.prepare(out, keep_reports=True)
        export(folder.repository(out), in_sync=in_sync)
        with environment(settings(endpoint)):
            seed(endpoint, scenario(in_sync=in_sync))
        say(f"an emulated AWS runs at {endpoint} until Ctrl-C; in another terminal, in this folder, set:")
        click.echo("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN")
        for name, value in settings(endpoint).items():
            click.echo(f"export {name}={shlex.quote(value)}")
        # So that no command in that terminal asks GitHub for what the sample does not need.
        click.echo("export PIPELINES_AUDIT_OFFLINE=true")
        say("and try:")
        for arguments in (("running", *where(out)), main_job(out)):
            say(f"{program()} {shlex.join(arguments)}")
        try:
            wait()
        except KeyboardInterrupt:
            say("stopped; nothing is left running")
    return 0
