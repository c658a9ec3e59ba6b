"""The command on a Dask cluster: the snapshot that threads give, also where a worker is killed in the middle."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.demo.emulator import environment, settings
from tests.aws import ROLE_ARN, emulator, seed_runner
from tests.bench.fleet import write_fleet
from tests.overlay.faults import Rule, Trickle
from tests.overlay.proxy import Overlay, overlaid
from tests.running.test_scheduler import node

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

REGION = "us-west-2"
ACCOUNTS = 10


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """Write a fleet."""
    root = tmp_path / "live"
    write_fleet(root, ACCOUNTS, (REGION,))
    return root


@pytest.fixture
def overlay() -> Iterator[Overlay]:
    """Seed some of the fleet, and point the environment at the overlay."""
    with emulator() as endpoint, overlaid(endpoint) as made, environment(settings(made.url)):
        for number in (2, 3):
            image = f"000000000001.dkr.ecr.{REGION}.amazonaws.com/ecs-deploy-runner:v0.52.{number}"
            seed_runner(endpoint, f"{number:012}", REGION, "ecs-deploy-runner", {"terraform-planner": image})
        yield made


def look(live: Path, out: Path, *how: str) -> str:
    """Take a snapshot and hash what it says, but for times and numbers of calls."""
    assert main(["snapshot", "--infra-live", str(live), "--role-arn", ROLE_ARN, "--offline", "-o", str(out), *how]) == 0
    return snapshots.sha256(snapshots.timeless(snapshots.load(out)))


@pytest.fixture
def cluster(overlay: Overlay) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Run a scheduler and two workers; gives its address, and the workers."""
    assert overlay.url
    with ExitStack() as stack:
        _, address = stack.enter_context(node("scheduler", "tcp://"))
        yield address, [stack.enter_context(node("worker", address))[0] for _ in range(2)]


@pytest.mark.thorough
def test_the_same_snapshot_as_threads_also_without_a_worker(
    live: Path, overlay: Overlay, cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    """By its hash; what a worker had taken that is killed in the middle is done by the other one."""
    address, workers = cluster
    whole = look(live, tmp_path / "threads.json")
    assert look(live, tmp_path / "two.json", "--scheduler", address) == whole
    # Slow enough for the middle to last: each account's first answer comes byte by byte.
    overlay.rules.append(Rule(fault=Trickle(interval=0.002), call="sts:GetCallerIdentity"))
    state = tmp_path / "one.json.state"
    seen_before: list[int] = []

    def kill() -> None:
        ends = time.monotonic() + 30
        while time.monotonic() < ends and (not state.exists() or state.read_bytes().count(b"\n") < 3):
            time.sleep(0.005)
        seen_before.append(state.read_bytes().count(b"\n") - 1)
        workers[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    found = look(live, tmp_path / "one.json", "--scheduler", address)
    killer.join()
    assert workers[0].wait(10)
    assert 1 <= seen_before[0] < ACCOUNTS
    assert found == whole
