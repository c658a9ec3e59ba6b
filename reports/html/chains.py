"""The chains: the way of each container from the release to what ran last, equal ways drawn once, breaks marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from audit.text import one_line
from reports.causes import container_order
from reports.units import unit_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.verdict.results import Chain, ChainStep, Results

# whole; broken or unread: the first that does not hold; also: broken further on; beyond: what else follows it
State: TypeAlias = Literal["whole", "broken", "unread", "also", "beyond"]

_ROWS = 200  # ways that are drawn; beyond that the page gets too heavy, and the matrix shows them all
_NAMES = 12  # units that are named beside their way
_BROKEN, _UNREAD, _WHOLE = range(3)
_DIGEST = 15  # ``sha256:`` and eight digits tell two images apart on a page
_NOTHING: Final = {
    "release": "no such release",
    "ECR tag": "no such tag",
    "image": "no such tag",
    "task definition": "none is active",
    "last run": "none in the last hour",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One link, its value and where that was seen."""

    stage: str
    state: State
    value: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainLine:
    """One way, with the units and the containers that go it."""

    name: str
    container: str
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chains:
    """The ways, those that are not whole first; how many chains are whole, and how many are not drawn."""

    lines: tuple[ChainLine, ...]
    whole: int
    hidden: int


def chains(results: Results) -> Chains:
    """Lay out the ways, in the order of the units."""
    names = unit_names(results)
    order = {row.unit: index for index, row in enumerate(results.units)}
    groups: dict[tuple[Link, ...], list[Chain]] = {}
    for chain in sorted(results.chains, key=lambda chain: (_rank(chain), order.get(chain.unit, len(order)))):
        groups.setdefault(_way(chain), []).append(chain)
    drawn = list(groups.items())
    return Chains(
        lines=tuple(_line(way, several, names) for way, several in drawn[:_ROWS]),
        whole=sum(_rank(chain) == _WHOLE for chain in results.chains),
        hidden=sum(len(several) for _, several in drawn[_ROWS:]),
    )


def _rank(chain: Chain) -> int:
    """Put broken chains first, then those that could not be followed to the end, whole ones last."""
    if any(step.broken for step in chain.steps):
        return _BROKEN
    return _UNREAD if any(step.unread for step in chain.steps) else _WHOLE


def _way(chain: Chain) -> tuple[Link, ...]:
    """Give what two equal ways have in common: all but the calls and revisions by which it was seen."""
    states = _states(chain.steps)
    places = (str(step.place) if step.place else "" for step in chain.steps)
    return tuple(_link(*parts) for parts in zip(chain.steps, states, places, strict=True))


def _states(steps: Sequence[ChainStep]) -> list[State]:
    states: list[State] = []
    for step in steps:
        if states and states[-1] != "whole":
            states.append("also" if step.broken else "beyond")
        else:
            states.append("unread" if step.unread else "broken" if step.broken else "whole")
    return states


def _line(way: Sequence[Link], several: Sequence[Chain], names: Mapping[str, str]) -> ChainLine:
    units = list(dict.fromkeys(names.get(chain.unit, chain.unit) for chain in several))
    more = f" and {len(units) - _NAMES:,} more" if len(units) > _NAMES else ""
    sources = [_sources([chain.steps[index] for chain in several]) for index in range(len(way))]
    return ChainLine(
        name=", ".join(one_line(unit, 80) for unit in units[:_NAMES]) + more,
        container=", ".join(one_line(name, 80) for name in container_order(chain.container for chain in several)),
        links=tuple(
            Link(stage=link.stage, state=link.state, value=link.value, source=source)
            for link, source in zip(way, sources, strict=True)
        ),
    )


def _sources(steps: Sequence[ChainStep]) -> str:
    """Say where the links of a way were seen: the first, and how many more there are."""
    found = dict.fromkeys(
        " ".join(part for part in (str(step.place) if step.place else "", step.source or "") if part) for step in steps
    )
    first = next(iter(found))
    return f"{one_line(first, 120)} and {len(found) - 1:,} more" if len(found) > 1 else first


def _link(step: ChainStep, state: State, source: str) -> Link:
    value = step.value or ("not known" if step.unread else _NOTHING.get(step.stage, "nothing"))
    shown = f"{value[:_DIGEST]}…" if value.startswith("sha256:") and len(value) > _DIGEST else value
    return Link(stage=one_line(step.stage, 60), state=state, value=shown, source=source)
