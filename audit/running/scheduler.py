"""Looks on a Dask cluster that is already there, through its interface of ``concurrent.futures``.

A task holds where to look and by which role or profile, never a credential: each worker signs in by itself, with
what its own environment gives it. Tasks travel by pickle, so a cluster is trusted as far as this machine is.
"""

from __future__ import annotations

import uuid
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import audit
from audit.errors import UsageError
from audit.running.access import Access
from audit.running.endpoints import is_loopback
from audit.running.pool import THREADS
from audit.running.session import Session

if TYPE_CHECKING:
    from audit.running.pool import Job, Place

P = TypeVar("P", bound="Place")
R = TypeVar("R")

_CLOSE_SECONDS = 2
# Enough for a cluster that grows while it is used, and bounded for the scheduler.
_WINDOW = 1000


def refuse(address: str) -> None:
    """Raise UsageError for an address that isn't TLS, or plain TCP on this very machine: tasks are code."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or port is None or parts.scheme not in {"tls", "tcp"}:
        raise UsageError(f"--scheduler {address!r}: write tls://HOST:PORT")
    if parts.scheme == "tcp" and not is_loopback(host):
        raise UsageError(f"--scheduler {address}: plain tcp only to this machine; use tls://{host}:{port}")


class SchedulerLostError(Exception):
    """The scheduler is gone, or no longer takes anything."""


class Scheduler:
    """The workers of a Dask cluster."""

    window = _WINDOW

    def __init__(self, address: str, access: Access, *, patience: float = 10) -> None:
        refuse(address)
        try:
            from distributed import Client  # noqa: PLC0415 -- an extra that may not be there
            from distributed.client import ClosedClientError  # noqa: PLC0415 -- as above
            from distributed.scheduler import KilledWorker  # noqa: PLC0415 -- as above
        except ModuleNotFoundError as error:
            raise UsageError(
                f"--scheduler needs the extra 'dask' ({error.name} is missing): "
                "install pipelines-audit[dask] from where this one came from"
            ) from None
        try:
            self._client = _connected(Client, address, patience)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            advice = "look at the address, and for tls at distributed.comm.tls in Dask's configuration"
            raise UsageError(f"--scheduler {address}: cannot connect ({type(error).__name__}); {advice}") from None
        self.lost: tuple[type[BaseException], ...] = (KilledWorker, SchedulerLostError, ClosedClientError)
        self._closed: tuple[type[Exception], ...] = (ClosedClientError, OSError, RuntimeError)
        self._run = Run(id=uuid.uuid4().hex, access=access)
        self._executor = self._client.get_executor(pure=False)
        try:
            self._agree()
        except BaseException:
            self.close()
            raise

    def _agree(self) -> None:
        """Refuse a cluster without workers, or whose workers would look with another release."""
        try:
            versions = self._client.run(_version)
        except Exception as error:  # noqa: BLE001 -- whatever a worker raised, it comes back here
            raise UsageError(
                f"--scheduler: the workers need pipelines-audit {audit.__version__}: {error!r:.200}"
            ) from None
        if not versions:
            raise UsageError("--scheduler: the cluster has no workers; start some")
        others = sorted({version for version in versions.values() if version != audit.__version__})
        if others:
            raise UsageError(f"--scheduler: workers have pipelines-audit {', '.join(others)}, not {audit.__version__}")

    def submit(self, job: Job[P, R], place: P) -> Future[R]:
        """Begin a job on some worker; where the scheduler is gone, give it back as lost."""
        future: Future[R]
        try:
            future = self._executor.submit(on_worker, job, self._run, place)
        except self._closed as error:
            future = Future()
            future.set_exception(SchedulerLostError(type(error).__name__))
        return future

    def stop(self) -> None:
        """Take back what no worker has begun; what is under way there ends by its own deadline."""
        with suppress(Exception):
            self._executor.shutdown(wait=False)

    def close(self) -> None:
        """Let go of the cluster, which lives on."""
        self._client.close(timeout=_CLOSE_SECONDS)


def _connected(client: Any, address: str, patience: float) -> Any:  # noqa: ANN401 -- a class without types
    return client(address, timeout=patience, set_as_default=False)


def _version() -> str:
    return audit.__version__


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a worker needs to sign in by itself; two are the same if their ``id`` is."""

    id: str
    access: Access = field(compare=False)


def on_worker(job: Job[P, R], run: Run, place: P) -> R:
    """Do a job; what each task calls."""
    return job(_session(run), place)


@lru_cache(maxsize=1)
def _session(run: Run) -> Session:
    """Give the session of a run: each run signs in anew, for a worker may outlive credentials and failures."""
    return Session(run.access, workers=THREADS)
