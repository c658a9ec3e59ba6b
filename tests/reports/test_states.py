"""Every state of the matrix can be shown."""

from __future__ import annotations

from typing import get_args

from audit.verdict.results import CellState
from reports.html.matrix import CLASSES
from reports.states import SYMBOLS


def test_every_state_has_symbol_and_colour() -> None:
    """A state that is added to the results must not break a report."""
    assert set(SYMBOLS) == set(CLASSES) == set(get_args(CellState))
