"""The fan-out: a job for each place on a pool, a bounded number at a time, each answer in its place's position."""

from __future__ import annotations

import time
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from audit.running.pool import WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from audit.running.pool import Job, Place, Pool

P = TypeVar("P", bound="Place")
R = TypeVar("R")

# How long a stopped run waits for what is under way: cut requests end at once, only a program that gives
# credentials or a lookup of a name could take longer.
_GRACE_SECONDS = 2.0
_LOOK_EVERY = 0.2


class Fanout:
    """One run's pool, and whether it was stopped."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._stopped_at: float | None = None
        self._is_told = False

    @property
    def is_stopped(self) -> bool:
        """Whether the run was told to stop."""
        return self._stopped_at is not None

    def stop(self) -> None:
        """End the run within seconds; only noted here, for a signal handler must not touch locks and pipes."""
        self._stopped_at = self._stopped_at or time.monotonic()

    def run(self, job: Job[P, R], places: Sequence[P], on_done: Callable[[R], None] | None = None) -> list[R | None]:
        """Do the job for every place; ``on_done`` is called in the caller's thread as each comes in.

        None stands where a stop came before, or where the worker was lost.
        """
        results: list[R | None] = [None] * len(places)
        try:
            for index, future in self._ended(job, places):
                try:
                    result = results[index] = future.result()
                except WorkerLostError:
                    continue
                if on_done is not None:
                    on_done(result)
        except BaseException:
            self.pool.stop()
            raise
        return results

    def _ended(self, job: Job[P, R], places: Sequence[P]) -> Iterator[tuple[int, Future[R]]]:
        waiting = iter(enumerate(places))
        ended: SimpleQueue[tuple[int, Future[R]]] = SimpleQueue()
        under_way = 0
        while True:
            if self.is_stopped and not self._is_told:
                self._is_told = True
                self.pool.stop()
            room = 0 if self.is_stopped else self.pool.window - under_way
            for index, place in islice(waiting, room):
                under_way += 1
                future = self.pool.submit(job, place)
                future.add_done_callback(partial(_put, ended, index))
            if not under_way:
                return
            try:
                one = ended.get(timeout=_LOOK_EVERY)
            except Empty:
                if self._stopped_at is not None and time.monotonic() - self._stopped_at > _GRACE_SECONDS:
                    return
                continue
            under_way -= 1
            yield one


def _put(ended: SimpleQueue[tuple[int, Future[R]]], index: int, future: Future[R]) -> None:
    ended.put((index, future))
