"""Shell completion, as documented: a real bash is told, and completes commands, options and levels."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.processes import BIN, ROOT

(SETUP,) = (
    line for line in (ROOT / "docs/operations.md").read_text("utf-8").splitlines() if "_COMPLETE=bash_source" in line
)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        pytest.param("che", {"check", "checks"}, id="command"),
        pytest.param("config s", {"show", "schema"}, id="command of a group"),
        pytest.param("check --fail-on cr", {"critical"}, id="level"),
        pytest.param("check --check image-tag-d", {"image-tag-drift"}, id="check"),
        pytest.param("init --c", {"--ci", "--config"}, id="option"),
        pytest.param("init --ci gi", {"github", "gitlab"}, id="choice"),
    ],
)
def test_bash_completes(typed: str, completed: set[str]) -> None:
    """The line of the manual makes Tab give what can stand there."""
    words = ["pipelines-audit", *typed.split()]
    script = f"""
{SETUP}
COMP_WORDS=({" ".join(words)})
COMP_CWORD={len(words) - 1}
_pipelines_audit_completion pipelines-audit
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "--norc", "-c", script],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(done.stdout.split()) == completed
