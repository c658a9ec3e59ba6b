"""The fleet matrix: units down, containers across, each field with a symbol, a word, its version and its findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.causes import container_order
from reports.states import SYMBOLS
from reports.units import several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.verdict.results import Cell, CellState, Results, UnitRow

CLASSES: Final[Mapping[CellState, str]] = {
    "drift": "d",
    "missing": "m",
    "finding": "f",
    "behind": "b",
    "unknown": "u",
    "waived": "w",
    "in sync": "s",
    "not deployed": "n",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field, ready to be laid out; ``target`` is the anchor of its first finding."""

    css: str
    symbol: str
    word: str
    version: str
    target: str
    more: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One unit of the matrix."""

    name: str
    detail: str
    note: str
    fields: tuple[Field | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """The whole matrix with its legend: symbol, word and how often."""

    containers: tuple[str, ...]
    lines: tuple[Line, ...]
    legend: tuple[tuple[str, str, str, int], ...]


def matrix(results: Results, anchors: Mapping[str, str]) -> Matrix:
    """Lay out the units in their (deploy) order; ``anchors`` says where on the page a finding stands."""
    names = container_order(cell.container for row in results.units for cell in row.cells)
    found = Counter(cell.state for row in results.units for cell in row.cells)
    stacks = several(results)
    return Matrix(
        containers=names,
        lines=tuple(_line(row, stacks.get(row.unit), names, anchors) for row in results.units),
        legend=tuple((CLASSES[s], symbol, s, found[s]) for s, symbol in SYMBOLS.items() if found[s]),
    )


def _line(row: UnitRow, stack: str | None, names: Sequence[str], anchors: Mapping[str, str]) -> Line:
    cells = {cell.container: cell for cell in row.cells}
    return Line(
        name=row.account or row.unit,
        detail=" · ".join(part for part in (stack, row.region, row.account_id) if part),
        note="" if row.coverage == "complete" else row.coverage,
        fields=tuple(_field(cells[name], anchors) if name in cells else None for name in names),
    )


def _field(cell: Cell, anchors: Mapping[str, str]) -> Field:
    targets = [anchors[found] for found in cell.findings if found in anchors]
    return Field(
        css=CLASSES[cell.state],
        symbol=SYMBOLS[cell.state],
        word=cell.state,
        version=_version(cell),
        target=targets[0] if targets else "",
        more=max(len(targets) - 1, 0),
    )


def _version(cell: Cell) -> str:
    """Give what runs, and beside it what is declared where that differs."""
    if cell.running and cell.declared and cell.running != cell.declared:
        return f"{cell.running} → {cell.declared}"
    return cell.running or cell.declared or ""
