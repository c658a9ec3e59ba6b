"""What all units together may cost: one that costs too much is cut, a thousand such don't hold up the run for hours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.declared.budget import budget

if TYPE_CHECKING:
    from collections.abc import Iterator

EACH = 500_000
"""Steps that one unit may take; an ordinary one takes some hundreds."""

EXTRA = 10_000_000
"""Steps that all units together may take beyond what each of them may take at least."""

LEAST = 20_000
"""Steps that a unit may take even when others have used up the rest."""


class Allowance:
    """Gives each unit a budget, out of what the units before it have left."""

    def __init__(self, *, each: int = EACH, extra: int = EXTRA, least: int = LEAST) -> None:
        self.each, self.extra, self.least = each, extra, least

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Evaluate a unit within its budget; LimitError from inside where it costs more."""
        limit = max(self.least, min(self.each, self.extra))
        with budget(limit) as spent:
            try:
                yield
            finally:
                self.extra -= max(0, limit - spent.left - self.least)
