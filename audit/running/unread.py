"""The gaps in what a look gave."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from audit.model import Unread
from audit.running.model.requests import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.model import Gap


def gaps_in(seen: object) -> Iterator[Gap]:
    """Walk through the gaps of whatever a look gave, however deep."""
    if isinstance(seen, Unread):
        yield seen.gap
    elif isinstance(seen, tuple):
        for part in seen:
            yield from gaps_in(part)
    elif is_dataclass(seen) and not isinstance(seen, Request):  # of which there are many, without gaps
        for field in fields(seen):
            yield from gaps_in(getattr(seen, field.name))
