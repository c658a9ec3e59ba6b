"""Tests of audit.declared.allowance: a budget for each unit, out of what is left."""

from __future__ import annotations

from audit.declared.allowance import Allowance
from audit.declared.budget import charge
from audit.errors import LimitError


def _spend(allowance: Allowance, steps: int) -> bool:
    """Take steps as a unit; tell whether it was cut."""
    try:
        with allowance.unit():
            charge(steps)
    except LimitError:
        return True
    return False


def test_unit_that_costs_too_much_is_cut() -> None:
    """One unit has its own limit, whatever the others left."""
    assert _spend(Allowance(each=100, extra=1000, least=10), 101)


def test_what_units_take_beyond_the_least_is_missing_for_those_after_them() -> None:
    """Ordinary units cost nothing of the common store; costly ones use it up, and then the least is left."""
    allowance = Allowance(each=100, extra=150, least=10)
    assert [_spend(allowance, 10) for _ in range(1000)] == [False] * 1000
    assert [_spend(allowance, steps) for steps in (100, 60, 11, 10)] == [False, False, True, False]


def test_budget_ends_with_the_unit() -> None:
    """After a unit, and after one that was cut, nothing is charged any more."""
    assert _spend(Allowance(each=5, extra=100, least=1), 6)
    charge(1000)
