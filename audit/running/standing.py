"""Whether the credentials of an account are good, and whose they are; nothing else is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.model import Account, Fact
from audit.running.identity import identity
from audit.running.model.access import Identity

if TYPE_CHECKING:
    from audit.running.model.targets import Target
    from audit.running.session import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One account: the way in that was tried, empty for the environment's credentials, and where it led."""

    account: Account
    region: str
    way: str
    identity: Fact[Identity]


def standing(session: Session, target: Target) -> Standing:
    """Sign in, and ask who that is."""
    with session.visit(target.account, target.region) as visit:
        who = visit.read("credentials", identity)
        return Standing(account=target.account, region=target.region, way=visit.way_in, identity=who)
