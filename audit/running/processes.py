"""Looks in several processes of this machine, each with threads, clients and role sessions of its own.

One interpreter decodes and signs on one core only. An account always goes to the same process, so that its role is
assumed once. A process gets ready by itself as soon as it is started, long before there is work for it.
"""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.running.access import Access
    from audit.running.pool import Job, Place

P = TypeVar("P", bound="Place")
R = TypeVar("R")


class WorkerLostError(Exception):
    """The process that had taken a job is gone."""


STOP, QUIT = "stop", "quit"
_JOIN_SECONDS = 1.0


def cores() -> int:
    """Say on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(slots=True, eq=False)
class _Child:
    process: BaseProcess
    connection: Connection
    outstanding: dict[int, Future[Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    lost: bool = False
    listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self) -> None:
        """Hand results over until the process is gone."""
        with suppress(EOFError, OSError):
            while True:
                number, result, fault = self.connection.recv()
                with self.lock:
                    future = self.outstanding.pop(number)
                if fault is None:
                    future.set_result(result)
                else:
                    future.set_exception(fault)
        with self.lock:
            self.lost = True
            left = list(self.outstanding.values())
        for future in left:
            future.set_exception(WorkerLostError())

    def send(self, number: int, job: Job[P, R], place: P, future: Future[R]) -> None:
        """Hand a job in."""
        with self.lock:
            gone = self.lost
            if not gone:
                self.outstanding[number] = future
        if gone:
            future.set_exception(WorkerLostError())
            return
        with suppress(OSError):  # the listener learns of it too, and ends the future
            self.connection.send((number, job, place))


class Processes:
    """That many processes, of that many threads each."""

    lost: tuple[type[BaseException], ...] = (WorkerLostError,)

    def __init__(self, access: Access, *, processes: int, threads: int) -> None:
        self.window = 2 * processes * threads
        self._numbers = count()
        self._children: list[_Child] = []
        self._of_account: dict[str | None, _Child] = {}
        # Not forked: other threads may hold locks by now, and fork is unsafe on macOS.
        context = get_context("spawn")
        try:
            with _deaf(), _safe_path():
                for _ in range(processes):
                    ours, theirs = context.Pipe()
                    process = context.Process(target=_serve, args=(theirs, access, threads), daemon=True)
                    process.start()
                    theirs.close()
                    self._children.append(_Child(process=process, connection=ours))
        except BaseException:
            self.close()
            raise

    def submit(self, job: Job[P, R], place: P) -> Future[R]:
        """Begin a job in the process that has the account, or in the one with the least to do."""
        account = place.account.id
        child = self._of_account.get(account)
        if child is None or child.lost:
            alive = [one for one in self._children if not one.lost] or self._children
            child = self._of_account[account] = min(alive, key=lambda one: len(one.outstanding))
        future: Future[R] = Future()
        child.send(next(self._numbers), job, place, future)
        return future

    def stop(self) -> None:
        """Tell every process to cut what is under way."""
        self._tell(STOP)

    def close(self) -> None:
        """End the processes, by force where they don't do it by themselves."""
        self._tell(QUIT)
        for child in self._children:
            child.process.join(_JOIN_SECONDS)
            if child.process.is_alive():
                child.process.kill()
                child.process.join()
            child.listener.join()
            child.connection.close()

    def _tell(self, word: str) -> None:
        for child in self._children:
            with suppress(OSError):
                child.connection.send(word)


def _serve(connection: Connection, access: Access, threads: int) -> None:
    from audit.running.worker import serve  # noqa: PLC0415 -- the SDK is loaded there, not where processes are started

    serve(connection, access, threads)


@contextmanager
def _deaf() -> Iterator[None]:
    """Let what is started in the block hear neither Ctrl-C nor SIGTERM, not even while it loads.

    Ctrl-C reaches the whole group of processes, and what to do about it is said by the one that started the others.
    This process hears what came meanwhile when the block ends.
    """
    # Python starts its tracker with the first process, and lets both signals through again once it has.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Keep the working directory off the new interpreters' path: it may hold a ``multiprocessing.py`` of its own."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTHONSAFEPATH"]
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before
