"""Runs of pytest with the reporting plugin, in a process of their own, with results that the test chose."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.reports.browser import launched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

Run: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]

_ROOT = Path(__file__).resolve().parents[2]
_NO_TRACE = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--tb=line")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Give one browser to all tests of this folder."""
    with launched() as browser:
        yield browser


def run_judged(folder: Path, module: str, seeded: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in ``folder`` on a module of items that yield findings of the sample named by ``seeded``."""
    (folder / "test_seeded.py").write_text(f"import pytest\n{module}", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CI", "GITHUB_"))}
    ci = {"GITLAB_CI": "true", "CI_COMMIT_SHA": "planted-in-ci", "JENKINS_URL": "http://planted-in-ci.example.com"}
    argv = [sys.executable, "-m", "pytest", *_NO_TRACE, "-p", "reports.plugin", "-p", "tests.reports.seeded"]
    return subprocess.run(
        [*argv, *options],
        cwd=folder,
        env={**kept, **ci, "SEEDED": seeded, "PYTHONPATH": str(_ROOT), "COLUMNS": "140"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def judged(tmp_path: Path) -> Run:
    """Run pytest in the test's own folder."""

    def run(
        *options: str, module: str = "def test_x(): pass", seeded: str = "results"
    ) -> subprocess.CompletedProcess[str]:
        return run_judged(tmp_path, module, seeded, *options)

    return run
