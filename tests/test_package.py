"""The package: what the wheel holds, and that the command works from it as it does from a checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from tests.nouns import fresh, snapshot
from tests.processes import BIN, ROOT
from tests.ready.world import git
from tests.test_doors import plant

if TYPE_CHECKING:
    from pathlib import Path

START = "import sys; from audit.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and of that the wheel; gives the folder of both."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def unpacked(built: Path) -> Path:
    """Unpack the wheel, as an installer would."""
    (wheel,) = built.glob("*.whl")
    shutil.unpack_archive(wheel, built / "site", "zip")
    return built / "site"


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment, which has its dependencies from this one; gives its folder."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    (wheel,) = built.glob("*.whl")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    command = [str(BIN / "uv"), "pip", "install", "--no-deps", "--offline", "--python", str(folder), str(wheel)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    # A path that a .pth file names is no place for further ones: the checkout is not on the path of this environment.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder


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


def call(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command in an empty home, with nothing of this checkout on its path."""
    command = installed / "bin" / "pipelines-audit"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [str(command), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--version"], "pipelines-audit, version ", id="version"),
        pytest.param(["--help"], "ready", id="help"),
        pytest.param(["checks"], "image-tag-drift", id="checks"),
        pytest.param(["released", "--offline"], "v1.3.0", id="the bundled list"),
        pytest.param(
            ["policy", "--trusted", "arn:aws:iam::111122223333:root"], "ecs:DescribeTaskDefinition", id="policies"
        ),
        pytest.param(["config", "schema"], '"$schema"', id="schema"),
    ],
)
def test_the_installed_command_has_all_it_needs(
    installed: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    """Checks, lists and templates came along, and nothing comes from the checkout."""
    ended = call(installed, *arguments, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert words in ended.stdout
    assert not ended.stderr


def test_the_installed_command_reads_the_sample(installed: Path, tmp_path: Path) -> None:
    """The repository of the demo is in the wheel; what it declares is read from there."""
    (sample,) = installed.glob("lib/python*/site-packages/audit/demo/repo")
    ended = call(installed, "declared", "--infra-live", str(sample), "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {row["container"] for row in json.loads(ended.stdout)["containers"]} >= {"terraform-planner"}


def test_the_version_is_that_of_the_distribution(built: Path, installed: Path, tmp_path: Path) -> None:
    """By the git tag, or what stands for it; the same in both files and in what the command says."""
    (source,), (wheel,) = built.glob("*.tar.gz"), built.glob("*.whl")
    version = source.name.removeprefix("pipelines_audit-").removesuffix(".tar.gz")
    assert wheel.name == f"pipelines_audit-{version}-py3-none-any.whl"
    assert call(installed, "--version", cwd=tmp_path).stdout == f"pipelines-audit, version {version}\n"


def test_the_source_distribution_is_whole(built: Path) -> None:
    """Whoever packages it has the tests, the pages and the locks; nothing of a working tree is in it."""
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "tests/test_package.py",
        "docs/checks.md",
        "requirements.lock",
        "requirements.runtime.lock",
        "Dockerfile",
    } <= names
    assert {"LICENSE", "README.md", "CHANGELOG.md", "Makefile", "PKG-INFO"} <= names
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name or name.startswith(".git/")]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("v1.2.3", "1.2.3", id="a tag"),
        pytest.param(None, r"0\.1\.\d+\.dev\d+\+g[0-9a-f]+", id="a clone without tags"),
        pytest.param("", "0.1.0", id="no git at all"),
    ],
)
def test_the_version_comes_from_the_tag(tmp_path: Path, tag: str | None, expected: str) -> None:
    """Of a release it is the tag; without one it can still be built."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    if tag != "":
        git(tmp_path, "init", "--quiet")
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message=First")
    if tag:
        git(tmp_path, "tag", tag)
    command = [sys.executable, "-m", "hatchling", "version"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert re.fullmatch(expected, ended.stdout.strip()), ended.stdout


def test_no_other_distribution_claims_our_names() -> None:
    """audit, checks and reports are generic names: in this environment they are ours alone."""
    claimed = metadata.packages_distributions()
    for name in ("audit", "checks", "reports"):
        assert set(claimed.get(name, [])) <= {"pipelines-audit"}, name


def test_no_plugin_is_loaded_unasked() -> None:
    """There is no pytest11 entry point: an installed copy does not join other people's test runs."""
    assert not [point for point in metadata.distribution("pipelines-audit").entry_points if point.group == "pytest11"]
