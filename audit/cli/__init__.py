"""The command line: ``main(argv) -> int``, one short function a command; exceptions become exit codes here alone."""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from audit.cli.commands import Lazy
from audit.cli.help import CARRIED_OUT, JUDGED
from audit.cli.telemetry import Lines, Run, asked_format, tell_timings, telling
from audit.errors import AuditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# mypy's way: what a command makes mostly stays to its end, and each collection goes through it again.
_SELDOM = (20_000, 20, 50)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; never raises, never shows a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    with contextlib.ExitStack() as resources:
        run = Run(format=asked_format(arguments, os.environ), resources=resources)
        if isinstance(sys.stderr, Lines):
            run.join(sys.stderr.run)  # a command within a command, as "demo" has it
        elif run.format == "json":
            resources.enter_context(telling(run))
        code = _run(arguments, run)
        if run.timings:
            tell_timings(run)
        return code


def _run(arguments: list[str], run: Run) -> int:
    try:
        with _terminable(), _collecting_seldom():
            code = cli.main(args=arguments, prog_name="pipelines-audit", standalone_mode=False, obj=run)
    except click.ClickException as error:
        error.show(sys.stderr)
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", 2)
    except AuditError as error:
        return _say(str(error), error.exit_code)
    except OSError as error:
        return _unwritten(error)
    except Exception as error:  # noqa: BLE001 -- the one border where a fault of our own becomes exit code 3
        return _say(_fault(error), 3)
    return code if isinstance(code, int) else 0


@click.group(
    cls=Lazy,
    ends={**JUDGED, **CARRIED_OUT},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="pipelines-audit", prog_name="pipelines-audit")
def cli() -> None:
    r"""Find drift of Gruntwork Pipelines on the ECS Deploy Runner, account by account.

    Compares what the infrastructure-live repository declares with what runs in AWS and with the newest release.
    Try "pipelines-audit demo" first: it needs no account.

    "pipelines-audit COMMAND --help" shows every option. Each can also stand in a configuration file or in the
    environment: "pipelines-audit config keys" lists them.

    \b
    Shell completion:
      eval "$(_PIPELINES_AUDIT_COMPLETE=bash_source pipelines-audit)"
      eval "$(_PIPELINES_AUDIT_COMPLETE=zsh_source pipelines-audit)"
      _PIPELINES_AUDIT_COMPLETE=fish_source pipelines-audit | source
    """


def _unwritten(error: OSError) -> int:
    """Say why the output could not be written; to a reader that has gone nothing is left to be said."""
    if not isinstance(error, BrokenPipeError) and (error.errno not in _FULL or error.filename is not None):
        return _say(_fault(error), 3)
    # The interpreter, as it ends, must not try again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 3
    return _say(f"the output cannot be written: {error.strerror}; make room, and run again", 3)


def _say(message: str, code: int) -> int:
    click.echo(f"pipelines-audit: {message}", err=True)
    return code


def _fault(error: Exception) -> str:
    """Describe a fault of our own without its text, which may quote what it was working on."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"internal error: {type(error).__name__} at {where}; please report it with the command that you ran"


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for garbage less often than the interpreter would: that is a tenth of the evaluation of a repository.

    And not once more in all that there is when the process ends anyway.
    """
    before = gc.get_threshold()
    atexit.register(gc.freeze)
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


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
