"""pytest plugin: ``--report FORMAT=PATH``, refused early, written at the end of the session from its results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.fixtures import NOTE, SESSION
from audit.text import one_line
from audit.verdict.handover import Handover
from reports import FORMATS
from reports.emit import check_requests, emit, parse_request
from reports.write import WriteError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from _pytest.terminal import TerminalReporter

    from audit.verdict.results import Results
    from reports.notify import Target

REQUESTS = pytest.StashKey[tuple[tuple[str, str], ...]]()
FAILURE = pytest.StashKey[str]()
TARGETS: pytest.StashKey[tuple[Target, ...]] = pytest.StashKey()
UNTOLD = pytest.StashKey[tuple[str, ...]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--report``."""
    parser.getgroup("pipelines-audit").addoption(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT=PATH",
        help=f"write a report (repeatable; PATH may be - for standard output): {', '.join(FORMATS)}",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the requests and refuse what could not be written, before anything is looked at."""
    page: str | None = config.getoption("htmlpath", default=None)
    try:
        requests = tuple(map(parse_request, config.getoption("report")))
        check_requests((*requests, ("pytest-html", page)) if page else requests)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[REQUESTS] = requests
    if page:
        config.option.self_contained_html = True
        config.pluginmanager.import_plugin("reports.pytest_html")


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_metadata(metadata: MutableMapping[str, object]) -> None:
    """Drop what pytest-metadata gathered for the report of pytest-html: plugins, and every CI variable that was set.

    Here, not among the other hooks for pytest-html: it is called before they are registered.
    """
    metadata.clear()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Check whom to tell, once the judging plugin has read its settings; the command tells by itself."""
    judged = session.config.stash.get(SESSION, None)
    if judged is None or not judged.settings.notify or _handed_over(session.config):
        return
    from reports.notify import parse  # noqa: PLC0415 -- start-up: requests, only where somebody is told

    try:
        session.config.stash[TARGETS] = parse(judged.settings.notify, judged.settings, os.environ)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports once the judging plugin has laid down its results, then tell those who are to be told.

    The command does both by itself, once the history has told it what is new.
    """
    results = results_of(session.config)
    if results is None or _handed_over(session.config):
        return
    requests = session.config.stash[REQUESTS]
    try:
        emit(results, requests)
    except WriteError as error:
        session.config.stash[FAILURE] = str(error)
        session.exitstatus = error.exit_code
    if TARGETS in session.config.stash:
        from reports.notify import tell  # noqa: PLC0415 -- as above

        targets = session.config.stash[TARGETS]
        session.config.stash[UNTOLD] = tell(results, targets, os.environ)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Show the table, unless standard output carries a report; a report that could not be written is said last."""
    results = results_of(config)
    if results is not None and not _stdout_taken(config.stash[REQUESTS]) and not _handed_over(config):
        from reports import terminal  # noqa: PLC0415 -- not needed where only files are written

        writer = terminalreporter._tw  # noqa: SLF001 -- pytest has no public way to its width and colour
        text = terminal.render(results, width=max(writer.fullwidth, 60), colour=writer.hasmarkup)
        terminalreporter.write(f"\n{text}")
    advice = [f"{one.location}: {one.message}" for one in results.warnings] if results else []
    for note in (config.stash.get(NOTE, None), *map(one_line, advice), *config.stash.get(UNTOLD, ())):
        if note:
            terminalreporter.write_line(f"warning: {note}", yellow=True)
    if FAILURE in config.stash:
        terminalreporter.write_line(f"error: {config.stash[FAILURE]}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the verdict be the last line, below what pytest says of its own count."""
    results, reporter = results_of(config), config.pluginmanager.get_plugin("terminalreporter")
    if results is not None and reporter is not None and not _handed_over(config):
        reporter.write_line(results.verdict)


def results_of(config: pytest.Config) -> Results | None:
    """Give the results that the judging plugin left in the stash; None where the run did not get that far."""
    judging = config.pluginmanager.get_plugin("audit.plugin")
    if judging is None:
        return None
    key: pytest.StashKey[Results] = judging.RESULTS
    return config.stash.get(key, None)


def _handed_over(config: pytest.Config) -> bool:
    """Tell whether the command started this run: it shows the table itself."""
    return any(isinstance(plugin, Handover) for plugin in config.pluginmanager.get_plugins())


def _stdout_taken(requests: tuple[tuple[str, str], ...]) -> bool:
    return any(path == "-" for _, path in requests)
