"""A cache for threads: the first who asks for a key makes its value, everybody else waits for that one."""

from __future__ import annotations

from concurrent.futures import Future, wait
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from threading import Event

V = TypeVar("V")

_LOOK_EVERY = 0.2


class Once(Generic[V]):
    """Values made once per key; with ``keep_failures`` a thousand accounts don't repeat the same failure one by one."""

    def __init__(self, *, keep_failures: bool = False) -> None:
        self._keep_failures = keep_failures
        self._lock = Lock()
        self._made: dict[Hashable, Future[V]] = {}

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Give the value of the key, or raise what its making raised."""
        with self._lock:
            found = self._made.get(key)
            if found is None:
                mine = self._made[key] = Future()
        if found is not None:
            return found.result()
        try:
            mine.set_result(make())
        except BaseException as error:
            if not self._keep_failures:
                with self._lock:
                    del self._made[key]
            mine.set_exception(error)
            raise
        return mine.result()

    def forget(self, key: Hashable, stale: V) -> None:
        """Drop the value of the key if it is still the stale one, so that the next who asks makes a new one."""
        with self._lock:
            found = self._made.get(key)
            if found is not None and found.done() and found.exception() is None and found.result() is stale:
                del self._made[key]


def within(seconds: float, make: Callable[[], V], stopped: Event) -> V:
    """Make a value in a thread that is left behind when it takes too long, or the run is stopped: TimeoutError.

    For what can't be told to hurry, such as a program that gives credentials and waits for somebody.
    """
    future: Future[V] = Future()

    def run() -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # noqa: BLE001 -- raised again where the value is wanted
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    ends = monotonic() + seconds
    while not stopped.is_set() and (left := ends - monotonic()) > 0:
        wait((future,), timeout=min(left, _LOOK_EVERY))
        if future.done():
            return future.result()
    raise TimeoutError
