"""What expressions evaluate to: values that know where they were written, and those that cannot be known.

A tuple or list is a Python tuple, an object or map a mapping; ``ListRaw``, ``SetRaw`` and ``MapRaw`` mark the types
that Terraform tells apart from tuples and objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TypeAlias
from unicodedata import normalize

from audit.declared.model import Link
from audit.model import Location

NUMBERS = Context(prec=160, Emin=-5000, Emax=5000, traps=[InvalidOperation, DivisionByZero, Overflow])
MAX_LINKS = 40


def nfc(text: str) -> str:
    """Give a string in the form in which Terraform keeps strings."""
    return text if text.isascii() else normalize("NFC", text)


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

    ``span`` is set only where the value is exactly one plain quoted literal, in HCL or in a file of JSON or YAML that
    was decoded; it says where in the text of ``origin.file`` that stands, quotes included, in characters. ``file`` is
    the file whose whole text this is.
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
        if not links:
            return self
        return Value(self.raw, self.origin, (*self.links, *links)[:MAX_LINKS], self.span, self.file)


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
