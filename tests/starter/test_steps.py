"""Single steps of the workflows where a night goes wrong: the verdict on every exit code, and no night before."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from audit.starter.writing import WORKFLOWS
from tests.starter.ci import scripts, text_of

if TYPE_CHECKING:
    from pathlib import Path

NAMES = tuple(name for name, _ in WORKFLOWS.values())
WORDS = {
    0: "in sync and fully covered",
    1: "drift: see ",
    2: "the audit did not work (exit 2)",
    4: "the audit did not work (exit 4)",
    10: "incomplete: something could not be read",
}


def run(name: str, mark: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the one script that has ``mark``, as its system does."""
    (script,) = (one for one in scripts(name, text_of(name)) if mark in one)
    argv = ["sh", "-xec"] if name == "Jenkinsfile" else ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    environment = {"PATH": f"{folder}:/usr/bin:/bin", **more}
    return subprocess.run(
        [*argv, script], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.parametrize("code", WORDS)
@pytest.mark.parametrize("name", NAMES)
def test_verdict(name: str, code: int, tmp_path: Path) -> None:
    """The job ends with the audit's own exit code, and says what it means."""
    (tmp_path / "audit-results").mkdir()
    (tmp_path / "audit-results/exit-code").write_text(f"{code}\n")
    ended = run(name, "in sync and fully covered", tmp_path, CODE=str(code))
    assert ended.returncode == code
    assert WORDS[code] in ended.stdout


def test_verdict_without_an_audit(tmp_path: Path) -> None:
    """Where a step before the audit failed, the job does not pass."""
    ended = run("github.yml", "in sync and fully covered", tmp_path, CODE="")
    assert ended.returncode == 3
    assert "the audit did not work (exit unknown)" in ended.stdout


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param("exit 1", "::warning::earlier runs could not be listed", id="refused"),
        pytest.param("exit 0", "", id="first night"),
        pytest.param('[ "$2" = list ] && echo 7', "", id="no artefact"),
    ],
)
def test_no_night_before(answer: str, words: str, tmp_path: Path) -> None:
    """The audit runs all the same; only a list that could not be had is worth a warning."""
    (tmp_path / "gh").write_text(f"#!/bin/sh\n{answer}\n")
    (tmp_path / "gh").chmod(0o755)
    ended = run("github.yml", "gh run download", tmp_path, GITHUB_WORKFLOW="x", GITHUB_REF_NAME="main")
    assert ended.returncode == 0
    assert words in ended.stdout
    assert bool(ended.stdout) == bool(words)
