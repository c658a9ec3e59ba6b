"""What names mean: the protocol of a scope, names put in front of another, members made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from audit.declared.values import Value
from audit.errors import DeclarationError, EvaluationError

if TYPE_CHECKING:
    from audit.model import Location


class Scope(Protocol):
    """What names and context functions mean in one place."""

    def variable(self, name: str, location: Location) -> Value:
        """Give what a root name means; raises EvaluationError for a name that doesn't exist here."""

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call a context function; None where the name is none, and the pure functions are asked."""


@dataclass(frozen=True, slots=True)
class Names:
    """A scope with more names in front of another; ``local`` ones (of a for) leave no link on a value's way."""

    names: Mapping[str, Value]
    outer: Scope
    local: bool = False

    def variable(self, name: str, location: Location) -> Value:
        """Give one of these names, or the outer scope's."""
        found = self.names.get(name)
        return self.outer.variable(name, location) if found is None else found

    def call(self, name: str, args: Sequence[Value], location: Location) -> Value | None:
        """Call the outer scope's function."""
        return self.outer.call(name, args, location)

    def hides(self, name: str) -> bool:
        """Tell whether a name is that of a for here, or in a scope that this one stands in front of."""
        if name in self.names:
            return self.local
        return isinstance(self.outer, Names) and self.outer.hides(name)


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
            raise made.with_traceback(None)  # the same error again, without the frames of the last time
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
        except DeclarationError as error:
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
