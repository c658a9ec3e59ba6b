"""The waivers file as a table and as data: what each entry covers, whose it is, how long it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python
from tabulate import tabulate

from audit.text import counted, one_line
from audit.verdict.advice import standing

if TYPE_CHECKING:
    from datetime import date

    from audit.look.exclusions import Exclusion
    from audit.verdict.waivers import Waiver, Waivers

_HEADS = ("id", "covers", "where", "reason", "owner", "expires", "state")


def table(waivers: Waivers, today: date) -> str:
    """Draw waivers, then exclusions, as the file has them."""
    rows = [
        (w.id, _covered(w), _where(w), w.reason, w.owner, str(w.expires), _state(w, today)) for w in waivers.waivers
    ]
    rows += [
        ("exclusion", "everything", _where(e), e.reason, e.owner, str(e.expires), _state(e, today))
        for e in waivers.exclusions
    ]
    total = f"{counted(len(waivers.waivers), 'waiver')}, {counted(len(waivers.exclusions), 'exclusion')}"
    cells = [[one_line(cell, 120) for cell in row] for row in rows]
    widths = [None, 32, 24, 30, 30, None, None]
    drawn = tabulate(cells, headers=_HEADS, tablefmt="simple", disable_numparse=True, maxcolwidths=widths)
    return f"{drawn}\n\n{total}\n" if rows else f"{total}\n"


def document(waivers: Waivers, today: date) -> dict[str, object]:
    """Give the same as data, each entry with its state and the days left."""
    return {
        "schema_version": 1,
        "file": waivers.file,
        "sha256": waivers.sha256,
        "waivers": [_plain(waiver, today) for waiver in waivers.waivers],
        "exclusions": [_plain(exclusion, today) for exclusion in waivers.exclusions],
    }


def _plain(one: Waiver | Exclusion, today: date) -> dict[str, object]:
    beside = {"state": standing(one.expires, today), "days_left": (one.expires - today).days}
    return {**to_jsonable_python(one), **beside}


def _covered(waiver: Waiver) -> str:
    facts = [f"{name} {value}" for name, value in (("declared", waiver.declared), ("running", waiver.running)) if value]
    return ", ".join([*waiver.checks, *waiver.containers, *facts])


def _where(one: Waiver | Exclusion) -> str:
    parts = (", ".join(one.accounts), ", ".join(one.regions))
    return " in ".join(part for part in parts if part) or "everywhere"


def _state(one: Waiver | Exclusion, today: date) -> str:
    left = (one.expires - today).days
    if left < 0:
        return f"expired {counted(-left, 'day')} ago"
    return f"{counted(left, 'day')} left"
