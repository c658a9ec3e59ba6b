"""What calls cost: how many went to which service of AWS, and how long they were waited for, retries included."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.running.pool import Job, Place
    from audit.running.session import Session

P = TypeVar("P", bound="Place")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls of one service, and the seconds that they took."""

    calls: int
    seconds: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.seconds + other.seconds)


Spent: TypeAlias = "Mapping[str, Cost]"
NOTHING = Cost(0, 0.0)

# What the job under way in this thread has spent; None where nobody measures.
_UNDER_WAY: ContextVar[dict[str, Cost] | None] = ContextVar("spent", default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured(Generic[R]):
    """What a job gave, and what it spent by service."""

    result: R
    spent: Spent


def measured(job: Job[P, R], session: Session, place: P) -> Measured[R]:
    """Do a job and measure it; a function of a module, so that it reaches other processes."""
    spent: dict[str, Cost] = {}
    token = _UNDER_WAY.set(spent)
    try:
        return Measured(result=job(session, place), spent=spent)
    finally:
        _UNDER_WAY.reset(token)


@contextmanager
def spending(call: str) -> Iterator[None]:
    """Measure one call, ``service:Operation``, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spent = _UNDER_WAY.get()
        if spent is not None:
            service = call.partition(":")[0]
            spent[service] = spent.get(service, NOTHING) + Cost(1, time.perf_counter() - began)
