"""The lock: one run at a time, that names its holder, and that outlives it in what it started."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from audit.errors import RefusedError
from audit.remedy.carrying.lock import Holder, locked, release

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
ME = Holder.this("cafe", NOW)


def test_second_run_is_told_who_holds_it(tmp_path: Path) -> None:
    """Owner, host, process and plan are named."""
    with locked(tmp_path / "lock", ME), pytest.raises(RefusedError) as refused, locked(tmp_path / "lock", ME):
        pass
    said = f"{ME.owner}@{platform.node()}, process {os.getpid()}, carries out plan cafe since 2026-11-24T07:00:00+00:00"
    assert str(refused.value) == f"{said}: wait for its end"


def test_is_free_after_its_holder(tmp_path: Path) -> None:
    """It can be had again once its holder has ended, in a file that only its owner reads."""
    for _ in range(2):
        with locked(tmp_path / "lock", ME):
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
            assert json.loads((tmp_path / "lock").read_text()) == asdict(ME)


@pytest.fixture
def orphan(tmp_path: Path) -> subprocess.Popen[bytes]:
    """Leave a command with the lock of a holder that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with locked(tmp_path / "lock", replace(ME, process=ended.pid)) as held:
        return subprocess.Popen(["sleep", "60"], pass_fds=(held,))


def test_command_keeps_the_lock_of_its_dead_holder(tmp_path: Path, orphan: subprocess.Popen[bytes]) -> None:
    """The next run is refused until the command has ended."""
    try:
        with (
            pytest.raises(RefusedError, match="a command that it started is still at work"),
            contextlib.ExitStack() as s,
        ):
            s.enter_context(locked(tmp_path / "lock", ME))
    finally:
        orphan.kill()
        orphan.wait()
    with locked(tmp_path / "lock", ME):
        pass


def test_given_up_although_a_helper_has_a_copy(tmp_path: Path) -> None:
    """After a good end nothing that stays behind keeps it."""
    with locked(tmp_path / "lock", ME) as held:
        stays = subprocess.Popen(["sleep", "60"], pass_fds=(held,))
        release(held)
    try:
        with locked(tmp_path / "lock", ME):
            pass
    finally:
        stays.kill()
        stays.wait()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"owner": 1}'], ids=["empty", "torn", "list", "part"])
def test_holder_that_cannot_be_told(tmp_path: Path, content: bytes) -> None:
    """A lock without its words is a lock all the same."""
    with locked(tmp_path / "lock", ME):
        (tmp_path / "lock").write_bytes(content)
        with pytest.raises(RefusedError, match="another run holds"), contextlib.ExitStack() as stack:
            stack.enter_context(locked(tmp_path / "lock", ME))


def test_link_is_refused(tmp_path: Path) -> None:
    """What a link leads to is not written to."""
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="no lock to be had"), contextlib.ExitStack() as stack:
        stack.enter_context(locked(tmp_path / "lock", ME))
    assert not (tmp_path / "elsewhere").exists()
