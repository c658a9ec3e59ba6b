"""Where looks are carried out: on threads here; processes and a Dask cluster offer the same few methods."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from audit.running.model.targets import RegistryTarget, SecretTarget, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.running.session import Session

THREADS = 32

Place: TypeAlias = Target | RegistryTarget | SecretTarget
P = TypeVar("P", bound=Place)
R = TypeVar("R")
Job: TypeAlias = "Callable[[Session, P], R]"


class Pool(Protocol):
    """Takes jobs: functions of a module, called with a session of where they run.

    ``window`` is how many to hand in at once; ``lost`` are the errors of a job whose worker is gone.
    """

    window: int
    lost: tuple[type[BaseException], ...]

    def submit(self, job: Job[P, R], place: P) -> Future[R]:
        """Begin a job."""

    def stop(self) -> None:
        """Cut what is under way; jobs handed in later end at once."""

    def close(self) -> None:
        """Let go of threads, processes and connections."""


class Threads:
    """Threads of this process, and the session that they share."""

    lost: tuple[type[BaseException], ...] = ()

    def __init__(self, session: Session, threads: int) -> None:
        self.window = 2 * threads
        self._session = session
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="look")

    def submit(self, job: Job[P, R], place: P) -> Future[R]:
        """Begin a job on the next free thread."""
        return self._pool.submit(job, self._session, place)

    def stop(self) -> None:
        """Cut what is under way."""
        self._session.stop()

    def close(self) -> None:
        """End the threads, once those under way have come back."""
        self._pool.shutdown(wait=not self._session.is_stopped, cancel_futures=True)
