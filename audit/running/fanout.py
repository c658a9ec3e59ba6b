"""The fan-out: a job for each place on a pool, a bounded number at a time, each answer in its place's position."""

from __future__ import annotations

import time
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from audit.running.pool import THREADS, Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from audit.running.pool import Job, Place, Pool
    from audit.running.session import Session

P = TypeVar("P", bound="Place")
R = TypeVar("R")

# How long a stopped run waits for what is under way: cut requests end at once, only a program that gives
# credentials or a lookup of a name could take longer.
_GRACE_SECONDS = 2.0
_LOOK_EVERY = 0.2


class Fanout:
    """One run: its pool, ``here`` for a session of what the pool leaves undone, and whether it was stopped."""

    def __init__(self, pool: Pool, here: Callable[[], Session]) -> None:
        self._pool = pool
        self._here = here
        self._stopped_at: float | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether the run was told to stop."""
        return self._stopped_at is not None

    def stop(self) -> None:
        """End the run within seconds; only noted here, for a signal handler must not touch locks and pipes."""
        self._stopped_at = self._stopped_at or time.monotonic()

    def run(self, job: Job[P, R], places: Sequence[P], on_done: Callable[[R], None] | None = None) -> tuple[R, ...]:
        """Do the job for every place; ``on_done`` is called in the caller's thread as each comes in.

        What a lost worker had taken is done here. After a stop the job is done with a stopped session, so that each
        place left says for itself that it was not looked at; ``on_done`` hears nothing of those.
        """
        results: dict[int, R] = {}
        try:
            for index, result in self._results(self._pool, job, dict(enumerate(places))):
                results[index] = result
                if on_done is not None:
                    on_done(result)
            left = {index: place for index, place in enumerate(places) if index not in results}
            for index, result in self._results(Threads(self._here(), THREADS), job, left) if left else ():
                results[index] = result
                if on_done is not None and not self.is_stopped:
                    on_done(result)
        except BaseException:
            self._pool.stop()
            self._here().stop()
            raise
        return tuple(results[index] for index in range(len(places)))

    def _results(self, pool: Pool, job: Job[P, R], places: dict[int, P]) -> Iterator[tuple[int, R]]:
        waiting = iter(places.items())
        ended: SimpleQueue[tuple[int, Future[R]]] = SimpleQueue()
        under_way, is_told = 0, False
        while True:
            if self.is_stopped and not is_told:
                is_told = True
                pool.stop()
            room = 0 if self.is_stopped and pool is self._pool else pool.window - under_way
            for index, place in islice(waiting, room):
                under_way += 1
                pool.submit(job, place).add_done_callback(partial(_put, ended, index))
            if not under_way:
                return
            try:
                index, future = ended.get(timeout=_LOOK_EVERY)
            except Empty:
                if pool is self._pool and self._seconds_since_stop() > _GRACE_SECONDS:
                    return
                continue
            under_way -= 1
            if not future.cancelled() and not isinstance(future.exception(), pool.lost):
                yield index, future.result()

    def _seconds_since_stop(self) -> float:
        return 0.0 if self._stopped_at is None else time.monotonic() - self._stopped_at


def _put(ended: SimpleQueue[tuple[int, Future[R]]], index: int, future: Future[R]) -> None:
    ended.put((index, future))
