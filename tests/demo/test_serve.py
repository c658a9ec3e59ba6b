"""The emulator can be kept for commands of the user's own, and goes with Ctrl-C."""

from __future__ import annotations

import shlex
import threading
from typing import TYPE_CHECKING

from audit.cli import main
from audit.demo.run import main_job
from audit.demo.scenario import IN_SYNC
from audit.demo.serve import serve
from tests.demo.eyes import see
from tests.threads import left_since

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_serves_the_sample_until_ctrl_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed environment reaches the seeded AWS, where nothing is to be found; then nothing is left running."""
    threads = set(threading.enumerate())
    codes: list[int] = []

    def wait() -> None:
        first, *lines = capsys.readouterr().out.splitlines()
        assert first == "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN"
        with monkeypatch.context() as patch:
            for line in lines:
                name, _, value = shlex.split(line)[1].partition("=")
                patch.setenv(name, value)
            see(IN_SYNC)
            # However old the bundled list is: what it knows as the newest is what is declared.
            codes.append(main([*main_job(tmp_path), "--max-release-age-days", "36500"]))
        raise KeyboardInterrupt

    said: list[str] = []
    assert serve(tmp_path, in_sync=True, say=said.append, wait=wait) == 0
    assert codes == [0]
    assert said[-1] == "stopped; nothing is left running"
    assert left_since(threads) == []
