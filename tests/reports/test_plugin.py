"""The plugin refuses early, writes at the end, and never hides that it could not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.reports import golden, sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reports.conftest import Run

CANARY = "import pathlib\ndef test_x(): pathlib.Path('worked').touch()"


def test_reports_are_written(judged: Run, tmp_path: Path) -> None:
    """Every report is there, byte-identical to the golden files; the table ends with the verdict."""
    done = judged("--report", "html=out/a.html", "--report=json=b.json", "--report=junit=c.xml")
    assert done.returncode == 0
    assert (tmp_path / "out" / "a.html").read_text("utf-8") == golden.path("html").read_text("utf-8")
    assert (tmp_path / "b.json").read_text("utf-8") == golden.path("json").read_text("utf-8")
    assert (tmp_path / "c.xml").read_text("utf-8") == golden.path("junit").read_text("utf-8")
    assert sample.results().verdict in done.stdout


def test_standard_output_belongs_to_a_report_that_asks_for_it(judged: Run) -> None:
    """With ``-`` there is no table beside the report."""
    done = judged("--report", "json=-", "-q", "--no-header")
    start, end = done.stdout.index("{"), done.stdout.rindex("}")
    assert json.loads(done.stdout[start : end + 1])["exit_code"] == 1
    assert "what to do" not in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--report", "pdf=x"], "unknown format 'pdf'", id="format"),
        pytest.param(["--report", "html=pytest.ini/x"], "File exists", id="unwritable"),
        pytest.param(["--html", "pytest.ini/x"], "File exists", id="pytest-html"),
        pytest.param(["--html", "x.html", "--report", "html=x.html"], "goes there already", id="twice"),
    ],
)
def test_impossible_requests_end_with_4_before_the_work(
    judged: Run, tmp_path: Path, options: list[str], message: str
) -> None:
    """Wrong usage is one line, and nothing ran."""
    done = judged(*options, module=CANARY)
    assert done.returncode == 4
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "worked").exists()


def test_report_that_cannot_be_written_ends_with_3(judged: Run) -> None:
    """A full disk at the end is said, and the run is not green."""
    done = judged("--report", "html=/dev/full")
    assert done.returncode == 3
    assert "error: /dev/full: cannot write the report: No space left on device" in done.stdout


def test_run_without_results_writes_nothing(judged: Run, tmp_path: Path) -> None:
    """Where the judging ended before there were results, no report claims anything."""
    done = judged("--report", "html=a.html", seeded="crash")
    assert done.returncode == 0
    assert not (tmp_path / "a.html").exists()


def test_plugin_alone_is_harmless(judged: Run) -> None:
    """Without the judging plugin it does nothing."""
    assert judged("-p", "no:tests.reports.seeded").returncode == 0
