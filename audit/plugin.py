"""The judging plugin: options, nouns as fixtures, one item per check and unit, a Finding on each report.

It judges only where it was asked to: by the command, which registers a ``Handover``, or by ``pytest checks
--infra-live=PATH`` in a checkout. Any other pytest run, as that of this project's own tests, it leaves alone.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.terminal import TerminalReporter

from audit import fixtures, refusals, selection
from audit.configuration import config as configuration
from audit.configuration.options import LEVELS, OPTIONS
from audit.errors import AuditError, UsageError
from audit.fixtures import FINDINGS, NOTE, SESSION, check_of
from audit.look.exclusions import standing
from audit.verdict import judging
from audit.verdict.check import SETTLED, Findings, Subject, UnknownError, accident, mishap
from audit.verdict.handover import Handover
from audit.verdict.history import keep
from audit.verdict.precedents import precedents, waivers
from audit.verdict.results import Results
from audit.verdict.session import Session
from audit.verdict.subject import of_noun

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from audit.verdict.pairing import UnitView
    from audit.verdict.registry import RepositoryView
    from audit.verdict.secrets import SecretView

RESULTS = pytest.StashKey[Results]()
JUDGE = "pipelines-audit-judge"

_PYTESTS = {"-k": "keyword", "-m": "markexpr"}
_MANY = 1_000  # items whose room is worth a walk over all that there is
_UNSAFE = re.compile(r"[^A-Za-z0-9._/-]")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options of ``pipelines-audit check`` to pytest too."""
    group = parser.getgroup("pipelines-audit", "pipelines-audit")
    group.addoption("--config", dest="audit_config", metavar="FILE", type=Path, help="read this configuration file")
    for option in OPTIONS.values():
        name, dest = option.flag, f"audit_{option.name}"
        if option.short:
            continue  # pytest has it
        if option.kind == "flag":
            group.addoption(name, dest=dest, action="store_true", default=None, help=option.help)
        elif option.kind == "words":
            group.addoption(name, dest=dest, action="append", metavar=option.metavar, help=option.help)
        else:
            group.addoption(name, dest=dest, metavar=option.metavar, help=option.help)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and the judge where this run is one of ours."""
    config.addinivalue_line("markers", "check(record): a judgement, with its id, severity, needs, remedy and controls")
    for name in (*LEVELS, *refusals.SUBJECTS):
        config.addinivalue_line("markers", f"{name}: checks of this severity or subject")
    plugins = config.pluginmanager.get_plugins()
    handover = next((plugin for plugin in plugins if isinstance(plugin, Handover)), None)
    if handover is None and not refusals.is_asked(config):
        return
    refusals.demand_ours(config, handover)
    refusals.demand_marks(config)
    # Both doors agree on these, whatever the configuration in force says: values must not reach a traceback.
    config.option.tbstyle = "line"
    config.option.showlocals = False
    config.addinivalue_line("filterwarnings", "default")
    config.pluginmanager.register(fixtures, "pipelines-audit-fixtures")
    config.pluginmanager.register(Judge(handover), JUDGE)
    if handover is not None:
        _move_to_stderr(config, shown=handover.verbose)


class Judge:
    """The hooks of a judging run."""

    def __init__(self, handover: Handover | None) -> None:
        self.handover = handover
        self.session: Session | None = None
        self.expected = 0
        self.faults: list[str] = []
        self.reasons: dict[str, str] = {}

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look, once, before collection; ``--collect-only`` never looks."""
        if session.config.getoption("collectonly"):
            return
        try:
            self.session = session.config.stash[SESSION] = self._begin(session.config)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        except AuditError as error:
            if self.handover is not None:
                self.handover.error = error
            pytest.exit(str(error), returncode=error.exit_code)

    def _begin(self, config: pytest.Config) -> Session:
        if self.handover is not None:
            had = self.handover
            begun = Session.begin(had.settings, had.config_sha256, had.snapshot, had.precedents, grounds=had.grounds)
            begun.id = had.run_id or begun.id
            return begun
        from audit.look import grounds, once  # noqa: PLC0415 -- load boto3 and the parser: only for a run that judges

        given = {
            name: config.getoption(_PYTESTS.get(option.short or "", f"audit_{name}"))
            for name, option in OPTIONS.items()
        }
        lists = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        settings, digest = configuration.resolve(lists, os.environ, config=config.getoption("audit_config"))
        if settings.history is not None:
            keep.checked(settings.history)
        today = datetime.now(UTC).date()
        beside = precedents(settings, today)
        excluded = standing(beside.waivers.exclusions, today)
        asked = config.getoption("audit_to")
        wanted = replace(settings, simulate_caller=True) if asked else settings
        seen = once.seen(wanted, os.environ, exclusions=excluded)
        found = grounds.gather(settings, os.environ, seen.released) if asked else None
        return Session.begin(settings, digest, seen, beside, grounds=found)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one item per unit, repository or secret for a check that takes one."""
        session = self.session
        nouns: dict[str, Sequence[UnitView | RepositoryView | SecretView | None]] = {
            # One item at least, which says that there is nothing to judge: pytest would call an empty set skipped.
            "unit": (session.units if session else ()) or (None,),
            "repository": (session.repositories if session else ()) or (None,),
            "secret": (session.secrets if session else ()) or (None,),
        }
        for name in nouns.keys() & set(metafunc.fixturenames):
            ids = [_UNSAFE.sub("_", noun.key) if noun else "none" for noun in nouns[name]]
            metafunc.parametrize(name, nouns[name], ids=ids, indirect=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the checks that are selected; an id that no check has is wrong usage."""
        if self.session is None:
            return
        try:
            self._name_waivers(self.session, items)
            if not self.faults:
                selection.demand_own(items, self.session.settings.checks_dir)
            gone, disabled = selection.settle(
                items, self.session.settings, "ready" if self.session.readiness else "check"
            )
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self.session.disabled = tuple(disabled)
        config.hook.pytest_deselected(items=[item for item in items if item in gone])
        items[:] = [item for item in items if item not in gone]

    def _name_waivers(self, session: Session, items: list[pytest.Item]) -> None:
        """Hold the waivers to the checks that there are; the command does so before it looks."""
        if self.handover is None and session.precedents.waivers.file and not self.faults:
            names = {name: record.id for record in map(check_of, items) if record for name in record.names}
            named = waivers(session.settings, session.judged_at.date(), names)
            session.precedents = replace(session.precedents, waivers=named)

    def pytest_exception_interact(
        self, call: pytest.CallInfo[object], report: pytest.CollectReport | pytest.TestReport
    ) -> None:
        """Remember why a module of checks could not be loaded."""
        if isinstance(report, pytest.CollectReport) and call.excinfo:
            error = call.excinfo.value
            self.reasons[report.nodeid] = mishap(error.__cause__ or error)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a module of checks that could not be loaded: its checks were not judged."""
        if report.failed:
            self.faults.append(f"{report.nodeid} ({self.reasons.get(report.nodeid, 'look at it with -v')})")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note how many items there are to judge, and by which checks."""
        records = [record for record in map(check_of, session.items) if record]
        self.expected = len(records)
        if self.session is not None:
            self.session.checks = tuple({record.id: record for record in records}.values())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let an item fail, end in error or be skipped as its judgements say."""
        if check_of(item) is None:
            return (yield)
        collected = item.stash.setdefault(FINDINGS, Findings())
        result = None
        with collected.of_all(_whole(item)):
            result = yield
        collected.settle()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the entry for the ledger, and its findings, on the report of the phase that decides."""
        if call.excinfo and isinstance(call.excinfo.value, (pytest.fail.Exception, UnknownError)):
            # It says nothing of the fleet, and to look at its frames would take half the time of the whole run.
            call.excinfo = _innermost(call.excinfo)
        report = yield
        record = check_of(item)
        judgements = tuple(item.stash[FINDINGS].judgements) if FINDINGS in item.stash else ()
        if call.when == "teardown" and FINDINGS in item.stash:
            del item.stash[FINDINGS]  # items stay until the end: a fleet has tens of thousands
        if record is None or self.session is None or (call.when != "call" and not call.excinfo):
            return report
        if call.excinfo and not (call.when == "call" and isinstance(call.excinfo.value, SETTLED)):
            judgements = (*judgements, accident(_whole(item), call.excinfo.value))
        whole = _whole(item)
        entry = self.session.entry(item.nodeid, record, whole.name, judgements)
        report.__dict__["entry"] = entry
        report.__dict__["finding"] = entry["findings"] or [judging.quiet(record, whole, entry["outcome"])]
        if entry["outcome"] == "not_applicable" and report.failed:
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, judgements[-1].message)
        if entry["outcome"] == "waived":
            # It fails and somebody accepted that: what pytest calls an expected failure.
            ids = ", ".join(sorted({found["waiver"]["id"] for found in entry["findings"] if found["waiver"]}))
            report.outcome, report.__dict__["wasxfail"] = "skipped", f"waived by {ids}"
        if entry["outcome"] == "unknown":
            # Facts were missing: pytest calls that an error, not a failure, and shows it as a failed set-up.
            report.when = "setup"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the ledger's line as the item ends."""
        entry = getattr(report, "entry", None)
        if entry is not None and self.session is not None:
            self.session.ledger.add(entry)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Conclude from the ledger; the exit code is ours, not pytest's count."""
        if self.session is None or exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        results = self.session.end(expected=self.expected, reason=self._reason(exitstatus))
        if self.handover is None and self.session.settings.history is not None:  # else the command keeps the run
            kept = keep.keep(results, self.session.settings.history)
            results, session.config.stash[NOTE] = kept.results, kept.note
        session.config.stash[RESULTS] = results
        session.exitstatus = results.exit_code
        if self.handover is not None:
            self.handover.results = results

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Let go of the items: pytest outlives its run, and the reports of a large fleet need the room."""
        session = config.pluginmanager.get_plugin("session")
        if session is not None:
            many = len(session.items) > _MANY
            session.items.clear()
            if many:
                gc.collect()

    def _reason(self, exitstatus: int) -> str | None:
        if self.faults:
            return f"checks that could not be loaded: {', '.join(self.faults)}"
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            return "stopped by a signal"
        if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            return "stopped by an internal error"
        return None


def _move_to_stderr(config: pytest.Config, *, shown: bool) -> None:
    """Keep standard output for our own table: pytest's words go to standard error, or nowhere."""
    reporter = config.pluginmanager.unregister(name="terminalreporter")
    if reporter is not None and shown:
        config.pluginmanager.register(TerminalReporter(config, sys.stderr), "terminalreporter")


def _innermost(raised: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """Leave only the frame that raised; pytest's own, on the way to it, are a good thirty."""
    frame = raised.tb
    while frame.tb_next is not None:
        frame = frame.tb_next
    return pytest.ExceptionInfo.from_exc_info((raised.type, raised.value, frame))


def _whole(item: pytest.Item) -> Subject:
    """Make the subject of an item as a whole: its unit, repository or secret, or the fleet."""
    params: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    return of_noun(next((params[name] for name in ("unit", "repository", "secret") if params.get(name)), None))
