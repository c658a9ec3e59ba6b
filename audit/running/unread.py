"""The gaps in what a look gave."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from audit.model import Unread
from audit.running.model.requests import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.model import Gap

# Of these there are many, and none has a gap in it.
_PLAIN = frozenset({str, int, bool, float, type(None), datetime, Request})


def gaps_in(seen: object) -> Iterator[Gap]:
    """Walk through the gaps of whatever a look gave, however deep."""
    if isinstance(seen, Unread):
        yield seen.gap
        return
    # Not dataclasses.fields(), which puts a tuple together each time: this is asked of every noun of every account.
    names = getattr(seen, "__dataclass_fields__", ())
    for part in seen if isinstance(seen, tuple) else [getattr(seen, name) for name in names]:
        if type(part) not in _PLAIN:
            yield from gaps_in(part)
