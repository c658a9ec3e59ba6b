"""The chains: for each container the way from the release to what runs, with the first broken link marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.text import one_line
from reports.units import unit_names

if TYPE_CHECKING:
    from audit.verdict.results import Chain, ChainStep, Results

_ROWS = 300  # broken chains that are drawn; beyond that the page gets too heavy, and the matrix shows them all
_DIGEST = 17  # ``sha256:`` and ten digits tell two images apart on a page


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One link: ``state`` is whole, broken or unread (the first that is), or beyond (what follows proves nothing)."""

    stage: str
    state: str
    value: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainLine:
    """The chain of one container of one unit."""

    name: str
    container: str
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chains:
    """The chains that are not whole, in the order of the units; how many are, and how many more are not."""

    lines: tuple[ChainLine, ...]
    whole: int
    hidden: int


def chains(results: Results) -> Chains:
    """Lay out the broken chains."""
    names = unit_names(results)
    order = {row.unit: index for index, row in enumerate(results.units)}
    broken = [chain for chain in results.chains if any(map(_is_open, chain.steps))]
    broken.sort(key=lambda chain: order.get(chain.unit, len(order)))
    return Chains(
        lines=tuple(_line(chain, names.get(chain.unit, chain.unit)) for chain in broken[:_ROWS]),
        whole=len(results.chains) - len(broken),
        hidden=max(len(broken) - _ROWS, 0),
    )


def _line(chain: Chain, name: str) -> ChainLine:
    first = next(index for index, step in enumerate(chain.steps) if _is_open(step))
    mark = "unread" if chain.steps[first].unread else "broken"
    states = [mark if i == first else "whole" if i < first else "beyond" for i in range(len(chain.steps))]
    links = tuple(_link(step, state) for step, state in zip(chain.steps, states, strict=True))
    return ChainLine(name=name, container=chain.container, links=links)


def _is_open(step: ChainStep) -> bool:
    return step.broken or step.unread


def _link(step: ChainStep, state: str) -> Link:
    value = step.value or ("not known" if step.unread else "nothing")
    shown = f"{value[:_DIGEST]}…" if value.startswith("sha256:") and len(value) > _DIGEST else value
    source = " ".join(part for part in (str(step.place) if step.place else "", step.source or "") if part)
    return Link(stage=one_line(step.stage, 60), state=state, value=shown, source=source)
