"""The other side of ``processes``: what each process does, from its start to its end."""

from __future__ import annotations

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import audit.running.observe  # noqa: F401 -- the jobs are functions of it: loaded before the first of them comes
from audit.errors import UsageError
from audit.running.processes import QUIT, STOP
from audit.running.session import Session

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from audit.running.access import Access
    from audit.running.pool import Job, Place

P = TypeVar("P", bound="Place")
R = TypeVar("R")

# What every account is asked. A model is read from disk once, whatever the region.
_ALWAYS = ("sts", "ecs", "lambda", "logs")

# A thread that looks waits for AWS every few milliseconds, and lets the others go on then. To take its turn away in
# between, as Python does after 5 ms, is a tenth of the time of a look that gains nothing.
_TURN_SECONDS = 0.1


def serve(connection: Connection, access: Access, threads: int) -> None:
    """Do what comes in, until nobody is there any more; the main function of each process."""
    session = Session(access, workers=threads)
    get_ready(session)
    # What is loaded by now stays to the end: no collection need go through it again.
    gc.freeze()
    sys.setswitchinterval(_TURN_SECONDS)
    lock = threading.Lock()
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="look") as pool, suppress(EOFError, OSError):
        try:
            while (message := connection.recv()) != QUIT:
                if message == STOP:
                    session.stop()
                else:
                    pool.submit(_answer, connection, lock, session, *message)
        finally:
            session.stop()


def get_ready(session: Session) -> None:
    """Load what a look at an account needs, while there is none yet; what is wrong with it, each look says itself."""
    with suppress(UsageError, *session.sdk_errors):
        for service in _ALWAYS:
            session.client(service, "us-east-1")


def _answer(
    connection: Connection, lock: threading.Lock, session: Session, number: int, job: Job[P, R], place: P
) -> None:
    result, fault = None, None
    try:
        result = job(session, place)
    except Exception as error:  # noqa: BLE001 -- raised again in the process that asked
        fault = error
    with lock, suppress(OSError):
        connection.send((number, result, fault))
