"""The two doors: the command and pytest in a checkout give the same results, and neither runs foreign code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.model import Seen
from tests.nouns import (
    DEV,
    RUNNER,
    SHARED,
    STACK,
    definition,
    families,
    fresh,
    observation,
    row,
    snapshot,
    unread,
)
from tests.processes import ROOT, run

ROWS = (row(account=DEV), row(account=SHARED))


def drifting() -> snapshots.Snapshot:
    """Make a fleet of two of which one drifts."""
    old = definition(f"{STACK}-terraform-planner", f"{RUNNER}:v1.2.0")
    seen = observation(DEV, families=Seen(value=(old,)))
    return snapshot(rows=ROWS, observations=(seen, observation(SHARED, families=Seen(value=families(ROWS[:1])))))


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Write a snapshot in which one account drifts."""
    return saved(tmp_path, drifting())


def saved(folder: Path, facts: snapshots.Snapshot) -> Path:
    """Write a snapshot file."""
    path = folder / "snapshot.json"
    snapshots.save(fresh(facts), path)
    return path


def results(path: Path) -> dict[str, Any]:
    """Read a results file without what differs from run to run."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found["run"] = {**found["run"], "id": "", "judged_at": ""}
    return found


def test_the_same_from_both_doors(judged: Path, tmp_path: Path) -> None:
    """Same findings, coverage and exit code, whichever way the checks were started."""
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    command = run("pipelines-audit", "check", "--snapshot", judged, "--report", f"json={one}", cwd=tmp_path)
    assert command.returncode == 1, command.stderr
    assert command.stdout.splitlines()[-1] == "exit 1: 1 finding ≥ low"
    second = run(
        "pytest", "-c", ROOT / "pyproject.toml", ROOT / "checks", f"--snapshot={judged}", f"--report=json={two}"
    )
    assert second.returncode == 1, second.stdout + second.stderr
    assert second.stdout.splitlines()[-1] == "exit 1: 1 finding ≥ low"
    assert results(one) == results(two)


@pytest.mark.parametrize("form", ["relative", "from elsewhere"])
def test_documented_forms_are_clean(judged: Path, tmp_path: Path, form: str) -> None:
    """``pytest checks`` in the checkout and ``pytest /path/to/checks`` from elsewhere both work."""
    where, checks = (ROOT, Path("checks")) if form == "relative" else (tmp_path, ROOT / "checks")
    assert run("pytest", checks, f"--snapshot={judged}", cwd=where).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        pytest.param(["--assert=plain"], {}, "checks are assertions", id="plain asserts"),
        pytest.param([], {"PYTHONOPTIMIZE": "1"}, "checks are assertions", id="optimised"),
        pytest.param(["-n", "2"], {}, "one process", id="xdist"),
        pytest.param(["--check=nonsense"], {}, "no check has the id 'nonsense'", id="unknown check"),
        pytest.param(
            ["-c", "foreign.ini", "-p", "audit.plugin", "-p", "reports.plugin"], {}, "not ours", id="foreign ini"
        ),
        pytest.param(["--infra-live=/"], {}, "stands inside the repository", id="tool inside PATH"),
    ],
)
def test_what_can_be_noticed_ends_with_4(
    judged: Path, tmp_path: Path, arguments: list[str], environment: dict[str, str], words: str
) -> None:
    """Where assertions would not count, or a foreign configuration is in force, nothing is judged."""
    (tmp_path / "foreign.ini").write_text("[pytest]\naddopts =\n", encoding="utf-8")
    ended = run("pytest", ROOT / "checks", f"--snapshot={judged}", *arguments, cwd=tmp_path, **environment)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert words in ended.stdout + ended.stderr


def test_foreign_conftest_ends_with_4(judged: Path, tmp_path: Path) -> None:
    """A conftest.py of another folder that pytest was made to load is noticed."""
    (tmp_path / "conftest.py").write_text("", encoding="utf-8")
    ended = run(
        "pytest", "-c", ROOT / "pyproject.toml", ROOT / "checks", tmp_path, f"--snapshot={judged}", cwd=tmp_path
    )
    assert ended.returncode == 4
    assert "conftest.py that is not ours" in ended.stderr


def test_collect_only_never_looks(tmp_path: Path) -> None:
    """``--collect-only`` needs no repository, no credentials and no network."""
    ended = run("pytest", ROOT / "checks", f"--infra-live={tmp_path}", "--collect-only", "-q", cwd=tmp_path)
    assert "test_image_tag_drift" in ended.stdout
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_bare_pytest_runs_only_the_tests() -> None:
    """Without arguments pytest takes tests/, and no check is judged."""
    ended = run("pytest", "--collect-only", "-q", "--ignore-glob=*/tests/*/*")
    assert not [line for line in ended.stdout.splitlines() if line.startswith("checks/")]
    assert "tests/test_doors.py" in ended.stdout


def test_pytest_without_a_repository_is_told_what_to_give(tmp_path: Path) -> None:
    """``pytest checks`` alone is wrong usage, in one line."""
    ended = run("pytest", ROOT / "checks", cwd=tmp_path)
    assert ended.returncode == 4
    assert "--infra-live" in ended.stderr


def plant(folder: Path) -> Path:
    """Fill a folder with everything that pytest or Python could pick up, each of which leaves a canary."""
    canary = folder / "canary"
    touch = f"open({str(canary)!r}, 'a').write(__name__)\n"
    for name in (
        "conftest.py",
        "tabulate.py",
        "sitecustomize.py",
        "audit/__init__.py",
        "checks/__init__.py",
        "checks/test_x.py",
    ):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(touch, encoding="utf-8")
    for name in ("pytest.ini", "pytest.toml"):
        (folder / name).write_text("[pytest]\naddopts = --collect-only\n", encoding="utf-8")
    return canary


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_canaries_stay_untouched(tmp_path: Path, judged: Path, *, inside: bool) -> None:
    """The command loads nothing of the folder it stands in, whatever PYTEST_… says."""
    hostile = tmp_path / "live"
    hostile.mkdir()
    canary = plant(hostile)
    report = tmp_path / "r.json"
    ended = run(
        "pipelines-audit",
        *("check", "--snapshot", judged, "--infra-live", hostile, "--report", f"json={report}"),
        cwd=hostile if inside else tmp_path,
        PYTEST_ADDOPTS=f"-p conftest --rootdir={hostile} -c {hostile / 'pytest.ini'} --collect-only",
        PYTEST_PLUGINS="conftest",
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert results(report)["summary"]["fail"] == 1
    assert not canary.exists()


OWN = '''
import pytest
from audit.verdict.check import check

@check("own-crash", severity="low", remedy="mend the check")
def test_own_crash(unit, findings):
    """A check with a bug."""
    secret = "AKIAIOSFODNN7EXAMPLE"
    raise RuntimeError(secret)

@check("own-skip", severity="low", remedy="none")
def test_own_skip(unit, findings):
    """A check that skips."""
    pytest.skip("not today")

@check("own-plain", severity="low", remedy="none")
def test_own_plain(unit, findings):
    """A check that asserts without a subject."""
    assert unit.key == "nowhere"
'''


def own(folder: Path, text: str = OWN) -> Path:
    """Write a folder of somebody's own checks."""
    folder.mkdir()
    (folder / "test_images.py").write_text(text, encoding="utf-8")
    return folder


def test_own_checks_run_beside_ours(judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crash is an error and exit 3, a skip is unknown, a bare assertion a failure; no value of a crash is shown."""
    folder, report = own(tmp_path / "own"), tmp_path / "r.json"
    code = main(["check", "--snapshot", str(judged), "--checks-dir", str(folder), "--report", f"json={report}"])
    assert code == 3
    found = {(one["check"], one["outcome"]) for one in results(report)["findings"]}
    assert {
        ("own-crash", "error"),
        ("own-skip", "unknown"),
        ("own-plain", "fail"),
        ("image-tag-drift", "fail"),
    } <= found
    shown = capsys.readouterr()
    assert "AKIAIOSFODNN7EXAMPLE" not in shown.out + shown.err + report.read_text(encoding="utf-8")


def test_a_module_that_does_not_load_is_not_green(judged: Path, tmp_path: Path) -> None:
    """Checks that could not be loaded were not judged: the run says so and does not end with 0 or 1."""
    folder = own(tmp_path / "own", "import nonsense_that_is_not_there\n")
    assert main(["check", "--snapshot", str(judged), "--checks-dir", str(folder)]) in (2, 3)


def test_unread_unit_is_10_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One account that could not be read, all else in sync: exit 10, and the last line says how many were read."""
    same = unread("identity", DEV)
    dark = replace(observation(DEV), identity=same, families=same)
    facts = snapshot(rows=ROWS, observations=(dark, observation(SHARED, families=Seen(value=families(ROWS[:1])))))
    assert main(["check", "--snapshot", str(saved(tmp_path, facts))]) == 10
    assert "1 of 2 units read" in capsys.readouterr().out.splitlines()[-1]


def test_in_sync_is_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything seen and nothing wrong: exit 0."""
    assert main(["check", "--snapshot", str(saved(tmp_path, snapshot(rows=ROWS)))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "exit 0: in sync, 2 of 2 units read"


def test_selected_check_only(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A selection is said in the verdict."""
    assert main(["check", "--snapshot", str(judged), "--check", "invoker-missing"]) == 0
    assert "(selection: --check invoker-missing)" in capsys.readouterr().out.splitlines()[-1]


def test_severity_and_fail_on(judged: Path) -> None:
    """A finding below --fail-on does not fail the run; --severity leaves milder checks out."""
    assert main(["check", "--snapshot", str(judged), "--fail-on", "critical"]) == 0
    assert main(["check", "--snapshot", str(judged), "--severity", "critical"]) == 0
    assert main(["check", "--snapshot", str(judged), "--severity", "high"]) == 1


def test_unknown_check_is_wrong_usage(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ids that there are stand beside the complaint."""
    assert main(["check", "--snapshot", str(judged), "--check", "image-tag-dritf"]) == 4
    assert "image-tag-drift" in capsys.readouterr().err
