"""A shard: one of N equal parts of the fleet, the same part wherever it is asked for, so that N machines share it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from audit.errors import NothingSelectedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.declared.model import Declared, DeclaredUnit

T = TypeVar("T")

_FORM = re.compile(r"([1-9]\d{0,4})/([1-9]\d{0,4})", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """Part ``number`` of ``of``, both counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse(text: str) -> Shard:
    """Read ``3/10``; UsageError for anything else."""
    found = _FORM.fullmatch(text)
    shard = Shard(number=int(found[1]), of=int(found[2])) if found else None
    if shard is None or shard.number > shard.of:
        raise UsageError(f"--shard {text!r}: write K/N, the part and the number of parts, as in 3/10")
    return shard


def keep(declared: Declared, shard: Shard) -> Declared:
    """Keep the units of one part: accounts are dealt out in turn, all regions of an account together.

    A gap that belongs to no unit that could be read stays in every part; merging leaves it once. Raises
    NothingSelectedError for a part that is empty.
    """
    accounts = sorted({_account(unit) for unit in declared.units})
    mine = set(deal(accounts, shard))
    units = tuple(unit for unit in declared.units if _account(unit) in mine)
    paths = {unit.path for unit in units}
    others = {unit.path for unit in declared.units} - paths
    gaps = tuple(gap for gap in declared.gaps if gap.unit not in others)
    if not units and not gaps:
        raise NothingSelectedError(f"shard {shard} is empty: there are {len(accounts)} accounts; use fewer shards")
    rows = tuple(row for row in declared.containers if row.unit in paths)
    return replace(declared, units=units, containers=rows, gaps=gaps)


def deal(things: Sequence[T], shard: Shard) -> Sequence[T]:
    """Deal things out in turn, and give what falls to one part."""
    return things[shard.number - 1 :: shard.of]


def _account(unit: DeclaredUnit) -> str:
    return unit.account_id or unit.account or unit.path
