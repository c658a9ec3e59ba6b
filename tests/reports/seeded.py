"""Stands in for the judging plugin in a pytest run: results and findings that the test chose, as the real one leaves.

The run's own test module (written by ``pytester`` or into ``tmp_path``) names the findings by number.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from tests.reports import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from audit.verdict.results import Results

RESULTS = pytest.StashKey["Results"]()
_SAMPLES: dict[str, Callable[[], Results]] = {
    "results": sample.results,
    "clean": sample.clean,
    "hostile": sample.hostile,
}

FINDINGS = [asdict(found) for found in _SAMPLES.get(os.environ.get("SEEDED", ""), sample.results)().findings]


def pytest_configure(config: pytest.Config) -> None:
    """Take the name under which the other plugins look for the judging one."""
    config.addinivalue_line("markers", "finding(*numbers): which findings of the sample the item yields")
    config.pluginmanager.register(Seeded(), "audit.plugin")


class Seeded:
    """The hooks and the key of the judging plugin."""

    RESULTS = RESULTS

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave the results, or none, as a crash would."""
        name = os.environ["SEEDED"]
        if name != "crash":
            session.config.stash[RESULTS] = _SAMPLES[name]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the chosen findings on the report of the phase that decides."""
        report = yield
        mark = item.get_closest_marker("finding")
        if mark and (report.when == "call" or report.failed):
            report.finding = [FINDINGS[number] for number in mark.args]  # type: ignore[attr-defined]
            if not mark.args:
                report.finding = [{**FINDINGS[0], "outcome": "pass"}]  # type: ignore[attr-defined]
        return report
