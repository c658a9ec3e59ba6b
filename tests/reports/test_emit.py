"""What the user asked for is understood, refused early, and carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from reports.emit import check_requests, emit, parse_request
from reports.write import WriteError
from tests.reports import golden, sample

if TYPE_CHECKING:
    from pathlib import Path


def test_request_is_split_at_the_first_sign() -> None:
    """A path may hold an equals sign."""
    assert parse_request("html=a=b.html") == ("html", "a=b.html")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("html", "give it as FORMAT=PATH", id="no-path"),
        pytest.param("html=", "give it as FORMAT=PATH", id="empty-path"),
        pytest.param("pdf=x.pdf", "unknown format 'pdf'; known are", id="unknown"),
        pytest.param("=x", "unknown format ''", id="no-format"),
    ],
)
def test_wrong_requests_are_refused(text: str, message: str) -> None:
    """The message says what was given and what is known."""
    with pytest.raises(UsageError, match=message):
        parse_request(text)


def test_two_reports_in_one_file_are_refused(tmp_path: Path) -> None:
    """The second would destroy the first; a link does not hide it."""
    (tmp_path / "link").symlink_to(tmp_path / "report")
    with pytest.raises(UsageError, match="the html report goes there already"):
        check_requests((("html", str(tmp_path / "report")), ("json", str(tmp_path / "link"))))


def test_two_reports_on_standard_output_are_refused() -> None:
    """Nobody could tell them apart."""
    with pytest.raises(UsageError, match="the json report goes there already"):
        check_requests((("json", "-"), ("junit", "-")))


def test_every_request_is_written(tmp_path: Path) -> None:
    """Each format goes to its own file."""
    requests = (("json", str(tmp_path / "a.json")), ("junit", str(tmp_path / "b.xml")))
    check_requests(requests)
    emit(sample.results(), requests)
    for name, place in requests:
        assert golden.path(name).read_text("utf-8") == (tmp_path / place).read_text("utf-8")


def test_one_failure_does_not_stop_the_others(tmp_path: Path) -> None:
    """A full disk for one report: the other is written, the failure is raised at the end."""
    with pytest.raises(WriteError, match="/dev/full"):
        emit(sample.results(), (("html", "/dev/full"), ("json", str(tmp_path / "a.json"))))
    assert (tmp_path / "a.json").exists()


def test_step_summary_is_written_by_itself(tmp_path: Path) -> None:
    """In a step of GitHub Actions the summary is appended to, once; elsewhere the variable means nothing."""
    summary = tmp_path / "summary"
    summary.write_text("an earlier step\n", encoding="utf-8")
    emit(sample.results(), (), {"GITHUB_STEP_SUMMARY": str(summary)})
    assert summary.read_text("utf-8") == "an earlier step\n"
    emit(sample.results(), (), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    emit(sample.results(), (), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert summary.read_text("utf-8").startswith("an earlier step\n## Pipelines audit\n")
    assert summary.read_text("utf-8").count("## Pipelines audit\n") == 1


def test_step_summary_that_cannot_be_written_is_said() -> None:
    """A summary that cannot be written is an error with its name."""
    with pytest.raises(WriteError, match=r"GITHUB_STEP_SUMMARY: cannot write the step's summary: No space left"):
        emit(sample.results(), (), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/dev/full"})
