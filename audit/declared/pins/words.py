"""What shell text is read into: commands of words, words of pieces, each piece with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Literal characters: ``value`` without quotes begins at ``inner``, with the opening quote if any at ``start``."""

    value: str
    start: int
    inner: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Expansion:
    """``$name`` or ``${name}``; ``default`` are the parts after ``:-``, ``-``, ``:=`` or ``=``."""

    name: str
    start: int
    default: Parts | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opaque:
    """Something that only running the script would tell."""

    start: int


Part: TypeAlias = Text | Expansion | Opaque
Parts: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word of a command; ``bare`` are the unquoted characters that it begins with, where ``NAME=`` may stand."""

    parts: Parts
    start: int
    bare: str

    @property
    def literal(self) -> str | None:
        """The word's text, None where it has a part that isn't literal."""
        texts = [part.value for part in self.parts if isinstance(part, Text)]
        return "".join(texts) if len(texts) == len(self.parts) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """The words of a simple command, or (``is_array``) the elements of an array literal."""

    words: tuple[Word, ...]
    is_array: bool = False
