"""The first door: pytest in process, under our own configuration, touching nothing of the folder it stands in.

Nothing of the working directory or of the audited repository is loaded: no conftest.py, no ini file, no PYTEST_…
variable, no plugin that only happens to be installed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit.errors import AuditError, UsageError
from audit.verdict.handover import Handover
from audit.verdict.precedents import Precedents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.configuration.config import Settings
    from audit.look.grounds import Grounds
    from audit.snapshot import Snapshot
    from audit.verdict.check import Check
    from audit.verdict.results import Results

HERE = Path(__file__).resolve().parent
CHECKS = HERE.parent / "checks"
# A fleet has tens of thousands of items, and each of these costs every one of them; together they take a third.
UNUSED = ("faulthandler", "logging", "setuponly", "setupplan", "threadexception", "unraisableexception")
PLUGINS = ("pytest_metadata.plugin", "pytest_html.plugin", "audit.plugin", "reports.plugin")


def judge(  # noqa: PLR0913 -- what is judged, beside what, and how much is said: each by its name
    settings: Settings,
    config_sha256: str | None,
    snapshot: Snapshot,
    *,
    precedents: Precedents | None = None,
    grounds: Grounds | None = None,
    html: Path | None = None,
    verbose: bool = False,
    run_id: str | None = None,
) -> Results:
    """Run the checks on a snapshot and give the results; with ``grounds`` the readiness checks, and only those.

    ``verbose`` shows pytest's own output on standard error; ``run_id`` is the id that the results get.

    Raises UsageError where pytest refuses, AuditError where it ended without results.
    """
    handover = Handover(
        settings=settings,
        config_sha256=config_sha256,
        snapshot=snapshot,
        precedents=precedents or Precedents(),
        grounds=grounds,
        verbose=verbose,
        run_id=run_id,
    )
    if settings.checks_dir is not None and not settings.checks_dir.is_dir():
        raise UsageError(f"{settings.checks_dir}: no such folder; --checks-dir names a folder of pytest modules")
    with _scrubbed(os.environ):
        code = pytest.main([*arguments(html, settings.checks_dir), *_narrowed(settings)], plugins=[handover])
    if handover.error is not None:
        raise handover.error
    if handover.results is not None:
        return handover.results
    if code == pytest.ExitCode.USAGE_ERROR:
        raise UsageError("the checks were not run: see the line above")
    raise AuditError(f"pytest ended with {int(code)} and without results; run again with -v to see why")


def catalogue(checks_dir: Path | None = None) -> tuple[Check, ...] | None:
    """List the checks, ours and those in ``checks_dir``, without judging; None where some could not be loaded."""
    collector = _Collector()
    with _scrubbed(os.environ):
        code = pytest.main([*arguments(None, checks_dir), "--collect-only"], plugins=[collector])
    return tuple(collector.found.values()) if code == pytest.ExitCode.OK else None


def check_ids(checks_dir: Path | None = None) -> Mapping[str, str] | None:
    """Map each id of a check, earlier ones too, to the present one; None where some could not be loaded."""
    known = catalogue(checks_dir)
    return None if known is None else {name: check.id for check in known for name in check.names}


class _Collector:
    """Keeps the record of each check that was collected, by its id, and lets pytest say nothing."""

    def __init__(self) -> None:
        self.found: dict[str, Check] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        records = (mark.args[0] for item in session.items for mark in item.iter_markers("check"))
        self.found = {record.id: record for record in records}


def arguments(html: Path | None, checks_dir: Path | None) -> list[str]:
    """Give pytest's arguments; every path absolute, so that the working directory does not count."""
    options = ["-c", str(HERE / "pytest.ini"), f"--rootdir={CHECKS.parent}", "--noconftest", "--import-mode=importlib"]
    options += ["--disable-plugin-autoload", "-p", "no:cacheprovider", "--strict-markers", "--tb=line"]
    options += [part for name in PLUGINS for part in ("-p", name)]
    options += [part for name in UNUSED for part in ("-p", f"no:{name}")] + ["--capture=sys"]
    options += [f"--html={html.absolute()}", "--self-contained-html"] if html else []
    return [str(CHECKS), *([str(checks_dir.resolve())] if checks_dir else []), *options]


def _narrowed(settings: Settings) -> list[str]:
    """Give pytest's own selection, where there is one."""
    pairs = (("-k", settings.keyword), ("-m", settings.marks))
    return [part for name, value in pairs if value for part in (name, value)]


@contextmanager
def _scrubbed(environment: os._Environ[str]) -> Iterator[None]:
    """Take every PYTEST_… variable away while pytest runs: they could add options, plugins and code."""
    kept: Mapping[str, str] = {name: value for name, value in environment.items() if name.startswith("PYTEST_")}
    for name in kept:
        del environment[name]
    try:
        yield
    finally:
        environment.update(kept)
