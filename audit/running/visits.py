"""The visits under way: each ends with its deadline, all of them when the run is stopped."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.running.visit import CURRENT, Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

# One clock for all of them: a timer each, which is a thread each, would cost as much as half a call.
_TICK_SECONDS = 0.2
_IDLE_TICKS = 5


class Visits:
    """The visits of one run; ``stopped`` is set once it was told to stop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._under_way: set[Visit] = set()
        self._lock = threading.Lock()
        self._has_clock = False

    @contextmanager
    def under_way(self, visit: Visit) -> Iterator[Visit]:
        """Make it the current visit of this thread, until the block ends; cut it when its deadline has passed."""
        token = CURRENT.set(visit)
        self._begin(visit)
        # After the line above: a stop either finds the visit there, or is seen here.
        if self.stopped.is_set():
            visit.end()
        try:
            yield visit
        finally:
            with self._lock:
                self._under_way.discard(visit)
            CURRENT.reset(token)

    def stop(self) -> None:
        """End them all, and let those that begin later end at once."""
        self.stopped.set()
        for visit in self._now():
            visit.end()

    def _begin(self, visit: Visit) -> None:
        with self._lock:
            self._under_way.add(visit)
            is_first, self._has_clock = not self._has_clock, True
        if is_first:
            threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def _now(self) -> tuple[Visit, ...]:
        with self._lock:
            return tuple(self._under_way)

    def _watch(self) -> None:
        """End the visits whose deadline has passed, until there have been none for a while."""
        idle = 0
        while True:
            time.sleep(_TICK_SECONDS)
            for visit in self._now():
                if visit.is_late:
                    visit.end()
            with self._lock:
                idle = 0 if self._under_way else idle + 1
                if idle == _IDLE_TICKS:
                    self._has_clock = False
                    return
