"""Waves: which accounts are applied together, and in which order; pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.fleet import Order
    from audit.model import Account


def waves(order: Order, names: Sequence[str], wanted: Sequence[str] = ()) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Put the accounts called ``names`` into waves, and say where their order comes from.

    ``wanted`` are the user's waves, each a list of names or globs with commas; who is in none of them comes after,
    in the usual order. Raises UsageError for one that matches nobody.
    """
    usual = _usual(order, names)
    if not wanted:
        return usual, order.source
    left = [name for wave in usual for name in wave]
    found = []
    for text in wanted:
        globs = [glob.strip() for glob in text.replace("+", ",").split(",") if glob.strip()]
        chosen = tuple(name for name in left if any(fnmatchcase(name, glob) for glob in globs))
        if not chosen:
            raise UsageError(f"--wave {one_line(text, 80)}: matches no account of this plan that is still to be placed")
        found.append(chosen)
        left = [name for name in left if name not in chosen]
    rest = (tuple(name for name in wave if name in left) for wave in usual)
    words = "as given by --wave" + (f", the others by {order.source}" if left else "")
    return (*found, *(wave for wave in rest if wave)), words


def _usual(order: Order, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Give accounts of one ``deploy_order`` one wave; all others go one by one, unknown ones last."""
    known = [account for account in order.accounts if account.name in names]
    grouped = groupby(enumerate(known), key=_group)
    waves = [tuple(account.name for _, account in members) for _, members in grouped]
    listed = {account.name for account in known}
    return (*waves, *((name,) for name in sorted(set(names) - listed)))


def _group(numbered: tuple[int, Account]) -> tuple[int | None, int]:
    index, account = numbered
    return account.deploy_order, index if account.deploy_order is None else 0
