"""The states of a field of the fleet matrix: a symbol for each, in the order of urgency."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.verdict.results import CellState

SYMBOLS: Final[Mapping[CellState, str]] = MappingProxyType(
    {
        "drift": "✗",
        "missing": "!",
        "finding": "✗",
        "behind": "▼",
        "unknown": "?",
        "waived": "~",
        "in sync": "✓",
        "not deployed": "–",
    }
)
