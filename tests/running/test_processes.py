"""Several processes see what one sees, end with their parent, and cost no answer when one of them dies."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.model import Account, Seen, Unread
from audit.running.access import Access
from audit.running.fanout import Fanout
from audit.running.model.targets import RegistryTarget, Target
from audit.running.observe import look_at_account, look_at_registry, observe, registries
from audit.running.processes import Processes, cores
from audit.running.session import Session
from tests.aws import REGION, ROLE_ARN, SHARED
from tests.overlay.faults import Rule, Silence
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit.running.model.seen import Observation

ACCESS = Access(role_arn=ROLE_ARN)
TARGETS = [
    Target(account=Account(name=f"account{number}", id=f"{number:012}"), region=region, stacks=("ecs-deploy-runner",))
    for number in range(1, 9)
    for region in (REGION, "us-east-1")
]
REGISTRY = RegistryTarget(account=Account(name="shared", id=SHARED), region=REGION, repository="no", tags=("v1",))


@contextmanager
def opened(processes: int = 2, threads: int = 2) -> Iterator[tuple[Processes, Fanout]]:
    """Start processes, and end them with the block."""
    pool = Processes(ACCESS, processes=processes, threads=threads)
    try:
        yield pool, Fanout(pool, lambda: Session(ACCESS))
    finally:
        pool.close()


def pids(pool: Processes) -> list[int]:
    """Name the processes."""
    return [child.process.pid or 0 for child in pool._children]  # noqa: SLF001 -- to kill one is the point


def test_the_same_as_on_threads(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the places; all regions of an account in one process, so that its role is assumed once."""
    with overlaid(runner) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        with opened() as (_, fanout):
            done: list[Observation] = []
            seen = fanout.run(look_at_account, TARGETS, done.append)
            repositories = fanout.run(look_at_registry, [REGISTRY])
        assert overlay.count("sts:AssumeRole") == 9
        assert len(done) == len(TARGETS)
        assert seen == observe(TARGETS, ACCESS)
        assert repositories == registries([REGISTRY], ACCESS)
        assert all(request.id for one in seen for request in one.requests)
        assert [len(one.requests) for one in seen] == [one.calls for one in seen]


def test_a_killed_process_loses_nothing(runner: str) -> None:
    """What it had taken is looked at by somebody else."""
    assert runner
    with opened() as (pool, fanout):
        victim = pids(pool)[0]
        gone: list[int] = []

        def kill(_: Observation) -> None:
            if not gone:
                gone.append(victim)
                os.kill(victim, signal.SIGKILL)

        seen = fanout.run(look_at_account, TARGETS, kill)
    assert gone
    assert seen == observe(TARGETS, ACCESS)


def test_all_killed_loses_nothing(runner: str) -> None:
    """Where no process is left, the rest is looked at here."""
    assert runner
    with opened() as (pool, fanout):
        for pid in pids(pool):
            os.kill(pid, signal.SIGKILL)
        assert fanout.run(look_at_account, TARGETS) == observe(TARGETS, ACCESS)


def test_a_stop_reaches_them(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs is cut, and says so; what was not begun says the same, without a call."""
    with overlaid(runner, Rule(fault=Silence(), account="000000000002")) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        with opened(processes=1, threads=1) as (_, fanout):
            seen = fanout.run(look_at_account, TARGETS, lambda _: fanout.stop())
    codes = [one.identity.gap.code if isinstance(one.identity, Unread) else "read" for one in seen]
    assert codes[0] == "read"
    assert set(codes[2:]) == {"Stopped"}


def test_a_fault_of_ours_comes_through(runner: str) -> None:
    """An error in a job is raised where the job was asked for."""
    assert runner
    bad = Target(account=Account(name="x", id="1"), region=REGION, stacks=(5,))  # type: ignore[arg-type]  # the point
    with opened(processes=1) as (_, fanout), pytest.raises((TypeError, UsageError)):
        fanout.run(_broken, [bad])


def _broken(session: Session, place: Target) -> Observation:
    raise TypeError(f"{session} {place}")


def test_nothing_of_the_working_directory_is_run(runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A multiprocessing.py where we stand is not what our processes load."""
    assert runner
    for name in ("multiprocessing", "audit", "pickle", "socket"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with opened(processes=1) as (_, fanout):
        (seen,) = fanout.run(look_at_account, TARGETS[:1])
    assert isinstance(seen.identity, Seen)
    assert not (tmp_path / "canary").exists()
    assert "PYTHONSAFEPATH" not in os.environ


def test_cores() -> None:
    """At least the one that we run on."""
    assert 1 <= cores() <= (os.cpu_count() or 1)
