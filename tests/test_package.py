"""The package: what the wheel holds, and that the command works from it as it does from a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from tests.nouns import fresh, snapshot
from tests.processes import ROOT
from tests.test_doors import plant

if TYPE_CHECKING:
    from pathlib import Path

START = "import sys; from audit.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_what_the_command_needs(unpacked: Path) -> None:
    """Checks, templates, the list of releases, the ini and the sample repository; no tests."""
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    needed = {"audit/pytest.ini", "audit/released/catalog.json", "checks/test_images.py", "audit/demo/repo/common.hcl"}
    needed |= {f"audit/starter/templates/{name}" for name in ("Jenkinsfile", "github.yml", "pipelines-audit.toml")}
    assert needed <= names
    assert any(name.endswith(".html.j2") for name in names)
    assert any("migrations/versions/v0001" in name for name in names)
    assert any(name.startswith("audit/demo/repo/.github/") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_the_command_runs_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    """Installed as a wheel it judges, and touches nothing of a hostile folder that it stands in."""
    facts, hostile = tmp_path / "s.json", tmp_path / "hostile"
    hostile.mkdir()
    canary = plant(hostile)
    snapshots.save(fresh(snapshot()), facts)
    report = tmp_path / "r.html"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", START, "check", "--snapshot", str(facts), "--report", f"html={report}"],
        cwd=hostile,
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTEST_ADDOPTS": "-p conftest", "PYTEST_PLUGINS": "conftest"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not canary.exists()
    assert "6 of 6" not in ended.stdout
    assert "1 of 1 units read" in ended.stdout
    assert report.stat().st_size > 10_000


def test_no_other_distribution_claims_our_names() -> None:
    """audit, checks and reports are generic names: in this environment they are ours alone."""
    claimed = metadata.packages_distributions()
    for name in ("audit", "checks", "reports"):
        assert set(claimed.get(name, [])) <= {"pipelines-audit"}, name


def test_no_plugin_is_loaded_unasked() -> None:
    """There is no pytest11 entry point: an installed copy does not join other people's test runs."""
    assert not [point for point in metadata.distribution("pipelines-audit").entry_points if point.group == "pytest11"]
