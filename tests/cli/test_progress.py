"""Progress: a bar on a terminal, lines elsewhere, always on standard error."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from audit.cli import progress
from audit.cli.tally import Tally

if TYPE_CHECKING:
    import pytest

SHOW = """
from audit.cli.progress import progress
import time
with progress() as shown:
    shown.begin("declared", None)
    shown.begin("accounts", 40)
    for number in range(40):
        shown.advance(calls=9, failed=number % 10 == 0)
        time.sleep(0.02)
"""


def test_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One at each stage, then one whenever its time has come; standard output stays empty."""
    with progress.progress() as shown:
        shown.begin("accounts", 4)
        shown.advance(calls=9)
        monkeypatch.setattr(progress, "EVERY_SECONDS", 0)
        shown.advance(calls=9, failed=True)
        shown.begin("registries", 0)
    said = capsys.readouterr()
    first, second, third = said.err.splitlines()
    assert (first, third) == ("looking at accounts: 4", "looking at image registries")
    assert second.startswith("looking at accounts: 2 of 4, 1 not fully read, 18 calls, ")
    assert second.endswith(" left")
    assert not said.out


def test_a_bar_on_a_terminal() -> None:
    """Accounts, failures, calls and rate, drawn in place and gone at the end."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "140"}
    with subprocess.Popen([sys.executable, "-c", SHOW], stderr=theirs, stdout=subprocess.PIPE, env=environment) as run:
        os.close(theirs)
        said = b""
        try:
            while data := os.read(ours, 4096):
                said += data
        except OSError:  # how Linux says that the other side was closed
            pass
        out = run.communicate(timeout=20)[0]
    os.close(ours)
    assert run.returncode == 0
    assert not out
    for words in (b"looking at accounts", b"/40", b"not fully read", b"calls", b"a second"):
        assert words in said, words


def test_time_left() -> None:
    """By the pace so far."""
    tally = Tally(total=100)
    tally.began -= 50
    for _ in range(25):
        tally.add(9, failed=False)
    assert tally.left() == "2:30 left"
    assert tally.words() == "225 calls, 0.5 a second"
