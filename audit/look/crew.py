"""Who looks: threads, processes or a cluster; processes start while the repository is still evaluated.

Each process takes half a second to load the SDK, and the evaluation keeps one core only.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

from audit import fleet
from audit.look import shard
from audit.running.pool import THREADS, Threads
from audit.running.processes import Processes
from audit.running.processes import cores as count_cores

if TYPE_CHECKING:
    from audit.configuration.config import Settings
    from audit.declared.listing import Listing
    from audit.running.pool import Pool
    from audit.running.session import Session

# Starting a process costs as much as looking at some fifty accounts.
_MANY = 200
_MOST_PROCESSES = 8


class Crew:
    """The pool of one look, on so many cores; None: on those that there are."""

    def __init__(self, settings: Settings, *, cores: int | None = None) -> None:
        self.settings = settings
        self._cores = cores or count_cores()
        self.access = fleet.access(settings)
        self._processes: Processes | None = None

    def close(self) -> None:
        """End the processes, whether or not there was work for them."""
        if self._processes is not None:
            self._processes.close()

    def expect(self, listing: Listing) -> None:
        """Start processes if there is to be work for them, as far as that can be told before anything is evaluated."""
        if self.settings.scheduler is not None:
            return
        selected = sum(fleet.is_selected(account, self.settings) for account in listing.accounts.accounts)
        parts = shard.parse(self.settings.shard).of if self.settings.shard else 1
        number = self._number(min(len(listing.configurations), selected) // parts)
        if number > 1:
            self._start(number)

    @cached_property
    def here(self) -> Session:
        """The session of this process, made where it is needed: with processes, only they load the SDK."""
        from audit.running.session import Session  # noqa: PLC0415 -- as it says

        return Session(self.access, workers=self.threads(1))

    def pool(self, places: int) -> Pool:
        """Give the pool for so many places."""
        if self.settings.scheduler is not None:
            from audit.running.scheduler import Scheduler  # noqa: PLC0415 -- an extra, and only where it was asked for

            return Scheduler(self.settings.scheduler, self.access)
        if self._processes is not None:
            return self._processes
        number = self._number(places)
        return Threads(self.here, self.threads(1)) if number == 1 else self._start(number)

    def threads(self, processes: int) -> int:
        """Say how many threads each of so many processes has."""
        workers = self.settings.workers
        return THREADS if workers is None else math.ceil(workers / processes)

    def _number(self, places: int) -> int:
        return self.settings.processes or (min(self._cores, _MOST_PROCESSES) if places >= _MANY else 1)

    def _start(self, number: int) -> Processes:
        self._processes = Processes(self.access, processes=number, threads=self.threads(number))
        return self._processes
