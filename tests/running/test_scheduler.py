"""A Dask cluster sees what threads see, survives the loss of a worker, and is shown no credential."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import dask
import pytest

from audit.errors import UsageError
from audit.model import Account, Seen
from audit.running.access import Access
from audit.running.fanout import Fanout
from audit.running.model.targets import Target
from audit.running.observe import look_at_account, observe
from audit.running.scheduler import Scheduler, refuse
from audit.running.session import Session
from tests.aws import REGION, ROLE_ARN
from tests.processes import ROOT
from tests.running.test_session import self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit.running.model.seen import Observation

ACCESS = Access(role_arn=ROLE_ARN)
TARGETS = [
    Target(account=Account(name=f"account{number}", id=f"{number:012}"), region=REGION, stacks=("ecs-deploy-runner",))
    for number in range(1, 21)
]
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NODE = """
import asyncio, sys
from distributed import Scheduler, Worker

async def main():
    if sys.argv[1] == "scheduler":
        node = Scheduler(host="127.0.0.1", port=0, dashboard=False, protocol=sys.argv[2])
    else:
        node = Worker(sys.argv[2], nthreads=2, host="127.0.0.1", dashboard=False, heartbeat_interval="500ms")
    async with node:
        print(node.address, flush=True)
        await node.finished()

asyncio.run(main())
"""


@contextmanager
def node(*argv: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a scheduler, or a worker of one, in a process of its own; gives its address too."""
    with subprocess.Popen(
        [sys.executable, "-c", NODE, *argv],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture
def cluster(runner: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Run a scheduler and two workers, who have credentials of their own; gives its address, and the workers."""
    assert runner
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with ExitStack() as stack:
        _, address = stack.enter_context(node("scheduler", "tcp://"))
        workers = [stack.enter_context(node("worker", address))[0] for _ in range(2)]
        yield address, workers


def looked(address: str, *, before: threading.Event | None = None) -> tuple[Observation, ...]:
    """Look on the cluster; ``before`` is set once the first answer is there."""
    pool = Scheduler(address, ACCESS)
    try:
        return Fanout(pool, lambda: Session(ACCESS)).run(
            look_at_account, TARGETS, lambda _: before.set() if before else None
        )
    finally:
        pool.close()


@contextmanager
def listening_in(address: str) -> Iterator[tuple[str, bytearray]]:
    """Stand between a client and a scheduler and keep all that the client sends."""
    heard = bytearray()
    host, _, port = address.removeprefix("tcp://").partition(":")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def pump(source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    if kept is not None:
                        kept += data
                    sink.sendall(data)
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

        def relay(client: socket.socket) -> None:
            with client, socket.create_connection((host, int(port))) as upstream:
                back = threading.Thread(target=pump, args=(upstream, client, None), daemon=True)
                back.start()
                pump(client, upstream, heard)
                back.join()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threads.append(threading.Thread(target=relay, args=(server.accept()[0],), daemon=True))
                    threads[-1].start()

        threads = [threading.Thread(target=serve, daemon=True)]
        threads[0].start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)


@pytest.mark.thorough
def test_the_same_as_on_threads_without_a_credential(cluster: tuple[str, list[subprocess.Popen[str]]]) -> None:
    """The workers sign in by themselves: what travels to them names the role, and holds no key."""
    with listening_in(cluster[0]) as (address, heard):
        seen = looked(address)
    assert seen == observe(TARGETS, ACCESS)
    assert all(isinstance(one.identity, Seen) for one in seen)
    assert [len(one.requests) for one in seen] == [one.calls for one in seen]
    assert b"role/pipelines-audit" in heard
    for secret in (KEY, SECRET, "ASIA", "FQoGZXIvYXdz"):
        assert secret.encode() not in heard, secret


@pytest.mark.thorough
def test_a_worker_may_be_killed(cluster: tuple[str, list[subprocess.Popen[str]]]) -> None:
    """What it had taken is done by the other one: nothing is lost, nothing is invented."""
    address, workers = cluster
    begun = threading.Event()

    def kill() -> None:
        begun.wait(30)
        workers[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    seen = looked(address, before=begun)
    killer.join()
    assert workers[0].wait(10)
    assert seen == observe(TARGETS, ACCESS)


@pytest.mark.thorough
def test_the_scheduler_may_be_gone(runner: str) -> None:
    """What it did not answer is done here, and so is what would have been handed in later."""
    assert runner
    with node("scheduler", "tcp://") as (_, address), node("worker", address):
        pool = Scheduler(address, ACCESS, patience=2)
    try:
        fanout = Fanout(pool, lambda: Session(ACCESS))
        seen = [fanout.run(look_at_account, TARGETS) for _ in range(2)]
    finally:
        pool.close()
    assert seen == [observe(TARGETS, ACCESS)] * 2


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("tcp://192.0.2.1:8786", "plain tcp only to this machine; use tls://192.0.2.1:8786", id="plain"),
        pytest.param("http://127.0.0.1:8786", "write tls://HOST:PORT", id="another protocol"),
        pytest.param("tls://scheduler.example.com", "write tls://HOST:PORT", id="no port"),
        pytest.param("tls://[::1", "write tls://HOST:PORT", id="no address"),
        pytest.param("127.0.0.1:8786", "write tls://HOST:PORT", id="no protocol"),
    ],
)
def test_addresses_that_are_refused(address: str, words: str) -> None:
    """Tasks are code, so they travel encrypted or not at all."""
    with pytest.raises(UsageError, match=words):
        refuse(address)


@pytest.mark.parametrize("address", ["tls://scheduler.example.com:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:8786"])
def test_addresses_that_are_not(address: str) -> None:
    """TLS to anywhere, plain TCP to this machine."""
    refuse(address)


def test_tls(runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS, with the certificates that Dask's own configuration names; without them it is one line."""
    assert runner
    cert = self_signed(tmp_path)
    settings = {"CA_FILE": cert} | {
        f"{who}__{what}": cert for who in ("SCHEDULER", "WORKER", "CLIENT") for what in ("CERT", "KEY")
    }
    for name, path in settings.items():
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{name}", str(path))
    with ExitStack() as stack:
        _, address = stack.enter_context(node("scheduler", "tls://"))
        stack.enter_context(node("worker", address))
        assert address.startswith("tls://")
        with pytest.raises(UsageError, match=r"cannot connect .*distributed\.comm\.tls"):
            Scheduler(address, ACCESS)
        tls = {f"distributed.comm.tls.{name}": str(cert) for name in ("ca-file", "client.cert", "client.key")}
        with dask.config.set(tls):
            seen = looked(address)
    assert seen == observe(TARGETS, ACCESS)


def test_nobody_there() -> None:
    """A scheduler that can't be reached is one line."""
    with pytest.raises(UsageError, match=r"tcp://127\.0\.0\.1:1: cannot connect"):
        Scheduler("tcp://127.0.0.1:1", ACCESS, patience=0.5)


def test_a_cluster_without_workers(runner: str) -> None:
    """Nobody would ever answer: said before anything is handed in."""
    assert runner
    with node("scheduler", "tcp://") as (_, address), pytest.raises(UsageError, match="no workers; start some"):
        Scheduler(address, ACCESS)
