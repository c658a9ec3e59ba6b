"""The demo replaces what it made, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.demo.folder import prepare, reports, repository
from audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_makes_the_folder_with_its_parents(tmp_path: Path) -> None:
    """A fresh place is made, marker included."""
    prepare(tmp_path / "a" / "out")
    assert [path.name for path in (tmp_path / "a" / "out").iterdir()] == [".pipelines-audit-demo"]


def test_takes_an_empty_folder(tmp_path: Path) -> None:
    """Where nothing is, nothing can be lost."""
    prepare(tmp_path)
    assert (tmp_path / ".pipelines-audit-demo").is_file()


def test_replaces_what_an_earlier_demo_wrote_and_keeps_the_rest(tmp_path: Path) -> None:
    """Sample and reports go, a plan that the user wrote beside them stays."""
    prepare(tmp_path)
    (repository(tmp_path) / ".git").mkdir(parents=True)
    for path in (*reports(tmp_path).values(), tmp_path / "plan.json"):
        path.write_text("old")
    prepare(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".pipelines-audit-demo", "plan.json"}


def test_keeps_the_reports_where_asked_to(tmp_path: Path) -> None:
    """What the demo wrote is still there when its AWS is started again for more commands."""
    prepare(tmp_path)
    repository(tmp_path).mkdir()
    (tmp_path / "report.html").write_text("of the demo")
    prepare(tmp_path, keep_reports=True)
    assert {path.name for path in tmp_path.iterdir()} == {".pipelines-audit-demo", "report.html"}


def test_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """Without the marker, not a byte is touched."""
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(UsageError, match="was not made by the demo"):
        prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_refuses_a_file(tmp_path: Path) -> None:
    """A file of that name is somebody's."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="was not made by the demo"):
        prepare(tmp_path / "out")


def test_refuses_a_link_even_to_a_folder_of_its_own(tmp_path: Path) -> None:
    """What a link points at is not ours to empty."""
    prepare(tmp_path / "real")
    (tmp_path / "out").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="was not made by the demo"):
        prepare(tmp_path / "out")


def test_says_where_it_may_not_write(tmp_path: Path) -> None:
    """A parent that is a file ends in one line with the place and the way out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/out: .*; start the demo in a folder that you may write to"):
        prepare(tmp_path / "file" / "out")
