"""The preflight: are the credentials of every account good, before anything else is asked of any."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit import fleet
from audit.look import roster
from audit.look.exclusions import covering
from audit.look.once import listed_accounts
from audit.running.fanout import Fanout
from audit.running.model.targets import Target
from audit.running.pool import THREADS, Threads
from audit.running.session import Session
from audit.running.standing import Standing, standing
from audit.stopping import on_signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.configuration.config import Settings
    from audit.declared.model import Declared
    from audit.look.beyond import Beyond
    from audit.look.rounds import Progress
    from audit.model import Gap


def preflight(
    settings: Settings, wanted: Declared, others: Beyond, progress: Progress
) -> tuple[tuple[Standing, ...], tuple[Gap, ...]]:
    """Ask of every account that would be looked at, each once, whose credentials these are.

    The gaps are those of what nobody would look at: units without a place, accounts that the organization has closed,
    an organization that cannot be listed.
    """
    order = fleet.deploy_order(wanted.accounts)
    places, unplaced = fleet.targets(wanted, order)
    listed = listed_accounts(settings, places)
    members = (listed.value or ()) if listed.kind == "seen" else ()
    places = roster.open_places(places, members)
    closed = (gap for gap in roster.closed(wanted, members, settings) if covering(others.exclusions, gap) is None)
    gaps = (*unplaced, *closed, *((listed.gap,) if listed.kind == "unread" else ()))
    registries = fleet.registry_targets(wanted.containers, (), order, ())
    also = (Target(account=found.account, region=found.region, stacks=()) for found in registries)
    accounts = _once((*places, *also, *(others.places(members, settings) if settings.beyond_units else ())))
    progress.begin("credentials", len(accounts))
    threads = settings.workers or THREADS
    session = Session(fleet.access(settings), workers=threads)
    pool = Threads(session, threads)
    fanout = Fanout(pool, lambda: session)
    try:
        with on_signal(fanout.stop):
            found = fanout.run(standing, accounts, lambda _: progress.advance(calls=1))
    finally:
        pool.close()
    return found, gaps


def _once(targets: Iterable[Target]) -> Sequence[Target]:
    """Keep the first region of each account."""
    found: dict[str | None, Target] = {}
    for target in targets:
        found.setdefault(target.account.id, replace(target, stacks=()))
    return tuple(found.values())
