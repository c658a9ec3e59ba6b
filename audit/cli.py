"""The command line: ``main(argv) -> int``, one short function a command; exceptions become exit codes here alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import audit
from audit import config
from audit.errors import AuditError, UnreadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from audit.config import Settings
    from audit.model import Gap
    from audit.snapshot import Snapshot

EXIT_CODES = """\b
Exit codes:
  0   in sync and fully covered
  1   findings at or above --fail-on
  2   interrupted
  3   internal error, or a check with a bug
  4   wrong usage or configuration
  5   nothing selected: no units, no accounts, no checks
  10  incomplete: no finding, but something could not be read
  11  a remediation step failed
  12  remediated, still drifting
  13  refused or not approved
"""


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
        return _say("interrupted; nothing was written", 2)
    except AuditError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone: nothing is left to be said to it, and the interpreter must not try.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except Exception as error:  # noqa: BLE001 -- the one border where a fault of our own becomes exit code 3
        return _say(_fault(error), 3)
    return code if isinstance(code, int) else 0


def options(*groups: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of these groups of the table, and ``--config``."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        chosen = [option for group in groups for option in config.GROUPS[group]]
        for option in reversed(chosen):
            function = _click_option(option)(function)
        return click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="read this configuration file (TOML)",
        )(function)

    return add


def _click_option(option: config.Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    kwargs: dict[str, Any] = {"help": option.help, "default": None}
    if option.kind == "flag":
        kwargs |= {"is_flag": True}
    else:
        kwargs |= {"metavar": option.metavar, "multiple": option.kind == "words"}
        if option.kind == "level":
            kwargs["type"] = click.Choice(config.LEVELS)
        elif option.kind == "number":
            kwargs["type"] = click.IntRange(min=1)
        elif option.kind == "path":
            kwargs["type"] = click.Path(path_type=Path)
    return click.option(option.flag, option.name, **kwargs)


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(audit.__version__, prog_name="pipelines-audit")
def cli() -> None:
    """Find drift of Gruntwork Pipelines on the ECS Deploy Runner, account by account.

    Compares what the infrastructure-live repository declares with what runs in AWS and with the newest release.
    Try "pipelines-audit demo" first: it needs no account.
    """


@cli.command(epilog=EXIT_CODES)
@options("repository", "access", "selection", "releases", "judging")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=PATH",
    help="write a report; PATH - is standard output; repeatable",
)
@click.option(
    "--html", "html", type=click.Path(path_type=Path), metavar="FILE", help="write pytest-html's own report of this run"
)
@click.option("-v", "--verbose", count=True, help="show pytest's own output on standard error")
def check(config_file: Path | None, reports: tuple[str, ...], html: Path | None, verbose: int, **given: object) -> int:
    r"""Look, judge and report: the nightly job.

    \b
    Example:
      pipelines-audit check --infra-live . --role-arn 'arn:aws:iam::{account_id}:role/audit' \\
        --report html=report.html --report json=report.json
    """
    from audit import door  # noqa: PLC0415 -- start-up: pytest, boto3 and the parser are loaded only where needed
    from reports import emit, terminal  # noqa: PLC0415 -- as above

    settings, digest = config.resolve(given, os.environ, config=config_file)
    requests = [emit.parse_request(text) for text in reports]
    emit.check_requests(requests)
    results = door.judge(settings, digest, _seen(settings), html=html, verbose=bool(verbose))
    table = terminal.render(results, width=_width(), colour=_colour())
    click.echo(table, nl=False, err=any(path == "-" for _, path in requests))
    emit.emit(results, requests)
    return results.exit_code


@cli.command()
@options("repository", "selection")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def declared(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    """Show what the repository declares: every container, its image and tag, and where each is written."""
    from audit import look  # noqa: PLC0415 -- start-up
    from audit.declared.document import to_document  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    wanted = look.declared(settings)
    click.echo(_json(to_document(wanted)) if as_json else facts.declared(wanted), nl=False)
    return _with_gaps(wanted.gaps)


@cli.command()
@options("repository", "access", "selection")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def running(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    """Show what runs in AWS: task definitions, images in ECR, the invoker, account by account."""
    from audit import look  # noqa: PLC0415 -- start-up
    from audit.progress import progress  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    with progress() as shown:
        there, unplaced = look.at_aws(settings, shown)
    click.echo(_json(facts.running_document(there, unplaced)) if as_json else facts.running(there, unplaced), nl=False)
    return _with_gaps([*unplaced, *facts.all_gaps(there)])


@cli.command()
@options("releases")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def released(config_file: Path | None, as_json: bool, **given: object) -> int:  # noqa: FBT001 -- click passes by name
    """Show the releases: the newest, where the list came from, and its date."""
    from audit import look  # noqa: PLC0415 -- start-up
    from reports import facts  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    newest = look.released(settings, os.environ)
    click.echo(_json(facts.released_document(newest)) if as_json else facts.released(newest), nl=False)
    return 0


@cli.command()
@options("repository", "access", "selection", "releases")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="gzipped where it ends with .gz",
)
def snapshot(config_file: Path | None, output: Path, **given: object) -> int:
    """Look, and write what was seen as a snapshot: evidence that "check --snapshot" judges later."""
    from audit import snapshot as snapshots  # noqa: PLC0415 -- start-up
    from audit.verdict import coverage, pairing  # noqa: PLC0415 -- start-up

    settings, _ = config.resolve(given, os.environ, config=config_file)
    seen = _seen(settings)
    snapshots.save(seen, output)
    covered = coverage.coverage(seen, pairing.views(seen))
    click.echo(f"{output}: {covered.read} of {covered.expected} units read, sha256 {snapshots.sha256(seen)}", err=True)
    return _with_gaps(covered.gaps)


@cli.command()
@click.argument("results_file", type=click.Path(path_type=Path), metavar="RESULTS")
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=PATH", help="write a report; PATH - is standard output"
)
def report(results_file: Path, reports: tuple[str, ...]) -> int:
    """Draw reports again from results that "check --report json=RESULTS" has written."""
    from audit.verdict.results import from_json  # noqa: PLC0415 -- start-up
    from reports import emit, terminal  # noqa: PLC0415 -- start-up

    requests = [emit.parse_request(text) for text in reports]
    emit.check_requests(requests)
    results = from_json(_text(results_file), name=str(results_file))
    if not requests:
        click.echo(terminal.render(results, width=_width(), colour=_colour()), nl=False)
    emit.emit(results, requests)
    return 0


@cli.command()
@click.option("-o", "output", type=click.Path(path_type=Path), metavar="DIR", help="default ./pipelines-audit-demo")
@click.option("--keep-running", is_flag=True, help="keep the emulated AWS until Ctrl-C, to try other commands on it")
@click.option("--in-sync", is_flag=True, help="with --keep-running: a fleet in which nothing is wrong")
def demo(output: Path | None, keep_running: bool, in_sync: bool) -> int:  # noqa: FBT001 -- click passes by name
    """Run the main job on a sample repository and an emulated AWS: no account is needed, nothing is left running."""
    from audit.demo import folder, run, serve  # noqa: PLC0415 -- start-up

    out = output or folder.OUT
    return serve.serve(out, in_sync=in_sync) if keep_running else run.run(out, judge=main)


def _seen(settings: Settings) -> Snapshot:
    from audit import look  # noqa: PLC0415 -- start-up
    from audit.progress import progress  # noqa: PLC0415 -- start-up

    with progress() as shown:
        return look.seen(settings, os.environ, shown)


def _with_gaps(gaps: Sequence[Gap]) -> int:
    return UnreadError.exit_code if gaps else 0


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{path}: cannot be read: {reason}") from None


def _width() -> int:
    return max(60, shutil.get_terminal_size((140, 24)).columns)


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


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
