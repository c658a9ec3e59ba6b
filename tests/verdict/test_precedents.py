"""What the look before tells: the results, or the snapshot, of the run before, and which tags were moved since."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit import door
from audit import snapshot as snapshots
from audit.configuration.config import Settings
from audit.errors import UsageError
from audit.verdict import results as documents
from audit.verdict.precedents import precedents
from tests.nouns import KANIKO, RUNNER, fresh, repository, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from audit.verdict.precedents import Precedents
    from audit.verdict.results import Results

OTHER = "sha256:" + "e" * 64
BEFORE = fresh(snapshot())
MOVED = fresh(snapshot(repositories=(repository(RUNNER, {"v1.3.0": OTHER}), repository(KANIKO))))


def judged(beside: Precedents | None = None) -> Results:
    """Judge the digests of the fleet whose tag has moved."""
    return door.judge(Settings(check=("image-digest-drift",)), None, MOVED, precedents=beside)


def read(previous: Path) -> Precedents:
    """Read a document of the run before."""
    return precedents(Settings(previous=previous), date(2026, 11, 24))


def test_move_is_seen_by_the_results_before(tmp_path: Path) -> None:
    """Results keep what each tag meant: by them the next run tells that it was moved."""
    assert not judged().findings
    before = door.judge(Settings(check=("image-digest-drift",)), None, BEFORE)
    assert {(tag.repository, tag.tag) for tag in before.tags} >= {("ecs-deploy-runner", "v1.3.0"), ("kaniko", "v1.3.0")}
    file = tmp_path / "r.json"
    file.write_text(documents.to_json(before), encoding="utf-8")
    found = judged(read(file))
    assert {one.message for one in found.findings} == {
        f"v1.3.0 means {OTHER} now, at the look before it was sha256:{'a' * 64}"
    }
    assert found.history is not None


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_move_is_seen_by_the_snapshot_before(tmp_path: Path, name: str) -> None:
    """A snapshot does as well; it has no findings to compare with."""
    snapshots.save(BEFORE, tmp_path / name)
    found = judged(read(tmp_path / name))
    assert [one.outcome for one in found.findings] == ["fail", "fail"]
    assert found.history is None


def test_neither_is_wrong_usage(tmp_path: Path) -> None:
    """What is neither results nor a snapshot says what to give."""
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"give a file written by --report json=FILE"):
        read(tmp_path / "x.json")
