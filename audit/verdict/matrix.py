"""The fleet matrix: how each container of each unit stands, for people who look at the whole."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.model import Unread
from audit.verdict.coverage import extent
from audit.verdict.pairing import Matched, Missing, Orphan
from audit.verdict.results import Cell, CellState, UnitRow
from audit.verdict.subject import orphan_image, running_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.declared.model import DeclaredContainer
    from audit.verdict.finding import Finding
    from audit.verdict.pairing import Pair, StackView, UnitView
    from audit.verdict.registry import Registry

BY_CHECK: Mapping[str, CellState] = {"declared-tag-behind": "behind", "family-missing": "missing"}

SPOKEN: Mapping[CellState, tuple[str, ...]] = {
    "drift": ("image-tag-drift", "image-repository-drift", "image-digest-drift", "family-undeclared"),
    "missing": ("family-missing",),
}


def rows(units: Iterable[UnitView], findings: Iterable[Finding]) -> tuple[UnitRow, ...]:
    """Make one row per declared unit, in the order of the views (deploy order)."""
    behind: dict[tuple[str | None, str | None], list[Finding]] = defaultdict(list)
    for found in findings:
        behind[found.unit, found.container].append(found)
    return tuple(_row(unit, stack, behind) for unit in units for stack in unit.stacks)


def _row(unit: UnitView, stack: StackView, findings: Mapping[tuple[str | None, str | None], list[Finding]]) -> UnitRow:
    pairs = {} if isinstance(stack.pairs, Unread) else {_container(pair): pair for pair in stack.pairs.value}
    cells = [
        _cell(row, pairs.get(row.container), unit.registry, findings.get((stack.unit, row.container), []))
        for row in stack.declared
    ]
    declared = {row.container for row in stack.declared if row.deployed is not False}
    for name in sorted(pairs.keys() - declared):
        pair = pairs[name]
        family = f"{stack.stack}-{name}"
        found = [one for one in findings.get((stack.unit, None), []) if one.kind == family]
        running = orphan_image(pair) if isinstance(pair, Orphan) else None
        cells = [cell for cell in cells if cell.container != name]
        state = _accepted("drift", found)
        cells.append(Cell(container=name, state=state, declared=None, running=running, findings=_ids(found)))
    return UnitRow(
        unit=stack.unit,
        account=unit.account,
        account_id=unit.account_id,
        region=unit.region,
        stack=stack.stack,
        coverage=extent(unit),
        cells=tuple(cells),
    )


def _cell(row: DeclaredContainer, pair: Pair | None, registry: Registry, findings: list[Finding]) -> Cell:
    declared, running = _versions(row, pair)
    state = _accepted(_state(row, pair, registry), findings)
    for found in findings:
        if state in ("in sync", "behind", "waived"):
            state = _worse(state, found)
    return Cell(container=row.container, state=state, declared=declared, running=running, findings=_ids(findings))


def _versions(row: DeclaredContainer, pair: Pair | None) -> tuple[str | None, str | None]:
    """Show tags; with their repositories where those differ, or the same tag would look like the same image."""
    if not isinstance(pair, Matched):
        return row.tag, None
    running = running_text(pair)
    if pair.running is None or row.image is None or pair.running.name == row.image:
        return row.tag, running
    return f"{_last(row.image)}:{row.tag}", f"{_last(pair.running.name)}:{running}"


def _last(image: str) -> str:
    return image.rpartition("/")[2]


def _state(row: DeclaredContainer, pair: Pair | None, registry: Registry) -> CellState:
    """Compare the facts themselves: a run that left the drift checks out must not colour a cell green."""
    if row.deployed is False:
        return "not deployed"
    if pair is None:
        return "unknown"
    if isinstance(pair, Missing):
        return "missing"
    try:
        same = isinstance(pair, Matched) and pair.image().name == row.image and pair.tag(registry) == row.tag
    except UnreadError:
        return "unknown"
    return "in sync" if same else "unknown" if row.image is None or row.tag is None else "drift"


def _accepted(state: CellState, findings: Iterable[Finding]) -> CellState:
    """Call a difference waived where everything that a check says of it is; where no check spoke, it stays one."""
    outcomes = {found.outcome for found in findings if found.check in SPOKEN.get(state, ())}
    return "waived" if outcomes == {"waived"} else state


def _worse(state: CellState, found: Finding) -> CellState:
    if found.outcome == "fail":
        return BY_CHECK.get(found.check, "finding")
    if found.outcome == "waived":
        return "waived" if state == "in sync" else state
    return "unknown"


def _container(pair: Pair) -> str:
    if isinstance(pair, Matched | Missing):
        return pair.declared.container
    return pair.definition.family.removeprefix(f"{pair.stack}-")


def _ids(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(found.id for found in findings)
