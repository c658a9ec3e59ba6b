"""The visits under way: each ends with its deadline, all of them when the run is stopped."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.running.visit import CURRENT, Visit

if TYPE_CHECKING:
    from collections.abc import Iterator


class Visits:
    """The visits of one run; ``stopped`` is set once it was told to stop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._under_way: set[Visit] = set()

    @contextmanager
    def under_way(self, visit: Visit, deadline: float) -> Iterator[Visit]:
        """Make it the current visit of this thread, until the block ends; cut it when ``deadline`` seconds are over."""
        clock = threading.Timer(deadline, visit.end)
        clock.daemon = True
        token = CURRENT.set(visit)
        self._under_way.add(visit)
        # After the line above: a stop either finds the visit there, or is seen here.
        if self.stopped.is_set():
            visit.end()
        clock.start()
        try:
            yield visit
        finally:
            clock.cancel()
            self._under_way.discard(visit)
            CURRENT.reset(token)

    def stop(self) -> None:
        """End them all, and let those that begin later end at once."""
        self.stopped.set()
        for visit in tuple(self._under_way):
            visit.end()
