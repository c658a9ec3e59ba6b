"""What evaluation may cost: one budget for all that one caller wants to know, so that no input makes it run away."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from audit.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Budget:
    """What one evaluation may still cost: one unit a step, one for every 32 characters of a new string."""

    __slots__ = ("left",)

    def __init__(self, left: int = 500_000) -> None:
        self.left = left

    def charge(self, units: int = 1) -> None:
        """Take units away; raises LimitError when there are none left."""
        self.left -= units
        if self.left < 0:
            raise LimitError("evaluation costs more steps or larger values than the limit")


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(limit: int = 500_000) -> Iterator[Budget]:
    """Share one budget among all evaluations inside, also those of lazy members."""
    current = _BUDGET.get()
    if current is not None:
        yield current
        return
    made = Budget(limit)
    token = _BUDGET.set(made)
    try:
        yield made
    finally:
        _BUDGET.reset(token)


def charge(units: int = 1) -> None:
    """Take units from the budget in force, if there is one."""
    current = _BUDGET.get()
    if current is not None:
        current.charge(units)
