"""Processes start before there is work for them, only where there is to be some, and never outlive the look."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.configuration.config import Settings
from audit.declared.listing import listed
from audit.declared.tree import WorkTree
from audit.look.crew import Crew
from audit.running.pool import Threads
from audit.running.processes import Processes
from tests.aws import ROLE_ARN
from tests.bench.fleet import write_fleet
from tests.processes import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.declared.listing import Listing

MANY = 240


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a fleet that is worth a second process."""
    root = tmp_path_factory.mktemp("many")
    write_fleet(root, MANY, ("us-west-2",))
    return root


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a fleet that is not."""
    root = tmp_path_factory.mktemp("few")
    write_fleet(root, 3, ("us-west-2",))
    return root


@pytest.fixture(scope="module")
def listing(live: Path) -> Listing:
    """List it."""
    return listed(WorkTree(live), "")


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """See that nothing is left running."""
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("settings", "processes"),
    [
        pytest.param(Settings(), 2, id="many"),
        pytest.param(Settings(processes=3), 3, id="asked-for"),
        pytest.param(Settings(processes=1), 0, id="one"),
        pytest.param(Settings(account=("account00*",)), 0, id="few-selected"),
        pytest.param(Settings(shard="1/2"), 0, id="a-part"),
        pytest.param(Settings(scheduler="tls://example.com:8786"), 0, id="elsewhere"),
    ],
)
def test_started_where_there_will_be_work(listing: Listing, settings: Settings, processes: int) -> None:
    """As far as the lists tell; what was started is what looks, and ends with the crew."""
    with closing(Crew(settings, cores=2)) as crew:
        crew.expect(listing)
        assert len(multiprocessing.active_children()) == processes
        if processes:
            assert isinstance(crew.pool(MANY), Processes)
            assert len(multiprocessing.active_children()) == processes


def test_part_of_a_fleet_is_not_all_of_it(live: Path) -> None:
    """An accounts file that names hundreds starts nothing where there are few units."""
    with closing(Crew(Settings(), cores=2)) as crew:
        crew.expect(listed(WorkTree(live), "account0007"))
        assert isinstance(crew.pool(1), Threads)


def test_more_places_than_accounts() -> None:
    """Where it shows only later that there is much to do, processes start then."""
    with closing(Crew(Settings(), cores=2)) as crew:
        assert isinstance(crew.pool(MANY), Processes)
        assert len(multiprocessing.active_children()) == 2


def test_wrong_usage_leaves_none(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is refused after the evaluation ends what was started before it."""
    assert main(["running", "--infra-live", str(few), "--role-arn", ROLE_ARN, "--processes", "2", "--resume"]) == 4
    assert "--state FILE" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs to see the processes of a process")
def test_an_interrupt_while_they_load(few: Path, tmp_path: Path) -> None:
    """A Ctrl-C, which reaches all of them, ends all of them, and none has more to say."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        argv = ["snapshot", "--infra-live", str(few), "--role-arn", ROLE_ARN, "--github-url", url, "--processes", "2"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        with subprocess.Popen(
            [str(BIN / "pipelines-audit"), *argv, "-o", str(tmp_path / "s.json")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            started = _children(process.pid)
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "Traceback" not in said
    assert [pid for pid in started if _is_ours(pid)] == []


def _children(pid: int) -> list[int]:
    """Wait for the processes that look."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        found = [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split())]
        if len(mine := [*filter(_is_ours, found)]) == 2:
            return mine
        time.sleep(0.01)
    raise AssertionError("no processes were started")


def _is_ours(pid: int) -> bool:
    """Tell whether a process lives and is one that looks."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
