"""How units are called in reports: by account and region, and by their stack where an account has several there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.verdict.results import Results


def unit_names(results: Results) -> Mapping[str, str]:
    """Name each unit by its path: ``dev us-west-2``, ``dev us-west-2 sandbox-runner``, or the path itself."""
    stacks = several(results)
    return {
        row.unit: " ".join(part for part in (row.account, row.region, stacks.get(row.unit)) if part) or row.unit
        for row in results.units
    }


def several(results: Results) -> Mapping[str, str]:
    """Give the stack of each unit that is not alone in its account and region."""
    units = Counter((row.account_id, row.region) for row in results.units)
    return {
        row.unit: row.stack
        for row in results.units
        if row.stack and row.account_id and units[row.account_id, row.region] > 1
    }
