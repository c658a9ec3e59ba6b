"""What expressions evaluate to: values that know where they were written, and those that cannot be known.

A tuple or list is a Python tuple, an object or map a mapping; ``ListRaw``, ``SetRaw`` and ``MapRaw`` mark the types
that Terraform tells apart from tuples and objects. A ``LazyMap`` evaluates a member when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Protocol, TypeAlias

from audit.declared.model import Link
from audit.errors import DeclarationError, EvaluationError, LimitError
from audit.model import Location

NUMBERS = Context(prec=160, Emin=-5000, Emax=5000, traps=[InvalidOperation, DivisionByZero, Overflow])
MAX_LINKS = 40


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be known from the repository alone, with the reason for people."""

    reason: str


class ListRaw(tuple["Value", ...]):
    """A list: all elements of one type."""

    __slots__ = ()


class SetRaw(tuple["Value", ...]):
    """A set: no element twice, in Terraform's order."""

    __slots__ = ()


class MapRaw(dict[str, "Value"]):
    """A map: all elements of one type."""

    __slots__ = ()


Raw: TypeAlias = "bool | Decimal | str | tuple[Value, ...] | Mapping[str, Value] | Unknown | None"


@dataclass(frozen=True, slots=True)
class Value:
    """A value, the place of the literal that it came from, and the way that it came.

    ``span`` is set only where the value is exactly one plain quoted literal, and says where in the text of
    ``origin.file`` that stands, quotes included, in characters. ``file`` is the file whose whole text this is.
    """

    raw: Raw
    origin: Location | None = None
    links: tuple[Link, ...] = ()
    span: tuple[int, int] | None = None
    file: str | None = None

    @property
    def literal(self) -> bool:
        """Whether it is exactly one plain quoted literal, so that an edit in place changes it and nothing else."""
        return self.span is not None

    @property
    def known(self) -> bool:
        """Whether the value itself is known; members of it may still be unknown."""
        return not isinstance(self.raw, Unknown)

    def linked(self, *links: Link) -> Value:
        """Give the same value with more steps on its way."""
        return replace(self, links=(*self.links, *links)[:MAX_LINKS]) if links else self


def member(container: Value, key: str | int) -> Value:
    """Give a member of a mapping or sequence, which has come the container's way too.

    Raises KeyError or IndexError where there is none.
    """
    raw = container.raw
    if isinstance(raw, Mapping):
        return raw[str(key)].linked(*container.links)
    if isinstance(raw, tuple) and isinstance(key, int):
        return raw[key].linked(*container.links)
    raise KeyError(key)


class LazyMap(Mapping[str, Value]):
    """A mapping whose members are made when they are first asked for; a member that needs itself is a cycle.

    A member that failed fails again in the same words. For use by one thread at a time.
    """

    def __init__(self, members: Mapping[str, Callable[[], Value]], what: str = "locals") -> None:
        self._members, self._what = dict(sorted(members.items())), what
        self._made: dict[str, Value | DeclarationError] = {}
        self._making: list[str] = []

    def __getitem__(self, name: str) -> Value:
        made = self._made.get(name)
        if made is None:
            made = self._make(name)
        if isinstance(made, DeclarationError):
            raise made
        return made

    def _make(self, name: str) -> Value | DeclarationError:
        make = self._members[name]
        if name in self._making:
            way = [*self._making[self._making.index(name) :], name]
            raise EvaluationError(f"cycle in {self._what}: {' → '.join(way)}")
        self._making.append(name)
        made: Value | DeclarationError
        try:
            made = make()
        except EvaluationError as error:
            made = error
        finally:
            self._making.pop()
        self._made[name] = made
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


class Scope(Protocol):
    """What names and context functions mean in one place."""

    def variable(self, name: str, location: Location) -> Value:
        """Give what a root name means; raises EvaluationError for a name that doesn't exist here."""

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call a context function; None where the name is none, and the pure functions are asked."""


class Budget:
    """What one evaluation may still cost: one unit a step, one for every 32 characters of a new string."""

    __slots__ = ("left",)

    def __init__(self, left: int = 1_000_000) -> None:
        self.left = left

    def charge(self, units: int = 1) -> None:
        """Take units away; raises LimitError when there are none left."""
        self.left -= units
        if self.left < 0:
            raise LimitError("evaluation costs more steps or larger values than the limit")


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(limit: int = 1_000_000) -> Iterator[Budget]:
    """Share one budget among all evaluations inside, also those of lazy members."""
    current = _BUDGET.get()
    if current is not None:
        yield current
        return
    made = Budget(limit)
    token = _BUDGET.set(made)
    try:
        yield made
    finally:
        _BUDGET.reset(token)


def charge(units: int = 1) -> None:
    """Take units from the budget in force, if there is one."""
    current = _BUDGET.get()
    if current is not None:
        current.charge(units)


def unknown_in(*values: Value) -> Unknown | None:
    """Give the first unknown among values, None where all are known; members aren't looked at."""
    return next((value.raw for value in values if isinstance(value.raw, Unknown)), None)
