"""The preflight's table: each account, the way in that was tried, and whose credentials these are or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.model import Gap
    from audit.running.standing import Standing


def credentials(found: Sequence[Standing], unplaced: Iterable[Gap] = ()) -> str:
    """Show one line for each account in deploy order, then the units that have no place, then the count."""
    rows = [(one.account.name, one.account.id or "(unknown)", one.way or "environment", *_led_to(one)) for one in found]
    cells = [[one_line(str(cell), 160) for cell in row] for row in rows]
    table = tabulate(cells, headers=("account", "id", "by", "", "as"), tablefmt="simple", disable_numparse=True)
    good = sum(1 for one in found if one.identity.kind == "seen")
    lines = [f"not looked at: {one_line(gap.message)}" for gap in unplaced]
    return "\n".join([table, "", *lines, f"{good} of {counted(len(found), 'account')} can be entered"]) + "\n"


def _led_to(one: Standing) -> tuple[str, str]:
    if one.identity.kind == "seen":
        return "ok", one.identity.value.arn
    reason = one.identity.gap.message.partition(" unread: ")[2] or one.identity.gap.message
    return "FAILED", reason
