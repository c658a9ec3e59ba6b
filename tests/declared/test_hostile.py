"""Hostile texts end in an error of the house, within bounds of time and memory that the system enforces."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from tests.declared.hostile import CASES

ROOT = Path(__file__).parents[2]
SECONDS = 120
MEGABYTES = 512


def bound() -> None:
    """Let the system end the process that takes more than its time."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    """Read and evaluate all hostile texts in one process under limits."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.declared.hostile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=bound,
    )
    assert ended.returncode == 0, ended.stderr
    return cast("dict[str, Any]", json.loads(ended.stdout))


@pytest.mark.parametrize("name", CASES)
def test_ending(name: str, outcome: dict[str, Any]) -> None:
    """Each hostile text ends as it must: a value, a refusal, or a limit."""
    assert outcome["endings"][name] == CASES[name][1]


def test_memory(outcome: dict[str, Any]) -> None:
    """All of them together stay below the stated memory."""
    assert outcome["megabytes"] < MEGABYTES
