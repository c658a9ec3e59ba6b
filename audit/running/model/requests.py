"""The noun of a call to AWS: by its id and time an auditor finds it in CloudTrail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One call, ``service:Operation``, of its tries the last; ``about`` is what was asked about, empty: all there is.

    ``id`` is the request id that AWS gave, None where it gave none that looks like one. ``time`` is when it ended, by
    the clock of this machine, in whole seconds of UTC. ``code`` says why it failed; None for a call that came through.
    """

    call: str
    id: str | None
    time: datetime
    about: tuple[str, ...] = ()
    code: str | None = None
