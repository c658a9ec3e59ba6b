"""The command line: ``main(argv) -> int``, one short function a command; exceptions become exit codes here alone."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

import audit
from audit.cli import (
    carrying,
    catalogue,
    configuring,
    facts,
    judging,
    past,
    policies,
    readiness,
    remedy,
    reporting,
    returning,
    snapshots,
    tour,
    waivers,
)
from audit.cli.options import EXIT_CODES
from audit.errors import AuditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; never raises, never shows a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        with _terminable():
            code = cli.main(args=arguments, prog_name="pipelines-audit", standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", 2)
    except AuditError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone: nothing is left to be said to it, and the interpreter must not try.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except Exception as error:  # noqa: BLE001 -- the one border where a fault of our own becomes exit code 3
        return _say(_fault(error), 3)
    return code if isinstance(code, int) else 0


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(audit.__version__, prog_name="pipelines-audit")
def cli() -> None:
    """Find drift of Gruntwork Pipelines on the ECS Deploy Runner, account by account.

    Compares what the infrastructure-live repository declares with what runs in AWS and with the newest release.
    Try "pipelines-audit demo" first: it needs no account.
    """


COMMANDS = (
    judging.check,
    readiness.ready,
    remedy.plan,
    carrying.apply,
    returning.rollback,
    facts.declared,
    facts.running,
    facts.released,
    snapshots.snapshot,
    snapshots.diff,
    reporting.report,
    waivers.waivers,
    policies.policy,
    past.history,
    catalogue.checks,
    configuring.config,
    tour.demo,
)


def _unescape(command: click.Command) -> None:
    """Read a docstring's backslashes as click wants them: raw docstrings write its mark for examples in two letters."""
    command.help = (command.help or "").replace("\\b\n", "\b\n").replace("\\\\\n", "\\\n")
    for part in command.commands.values() if isinstance(command, click.Group) else ():
        _unescape(part)


for command in COMMANDS:
    _unescape(command)
    cli.add_command(command)


def _say(message: str, code: int) -> int:
    click.echo(f"pipelines-audit: {message}", err=True)
    return code


def _fault(error: Exception) -> str:
    """Describe a fault of our own without its text, which may quote what it was working on."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"internal error: {type(error).__name__} at {where}; please report it with the command that you ran"


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does, so that what was seen is written and marked."""

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
