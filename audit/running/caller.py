"""Who looks: whose credentials assume the roles on the way into accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.model import Account, Gap, Seen, Unread
from audit.running.access import Access

if TYPE_CHECKING:
    from audit.model import Fact
    from audit.running.model.targets import Target
    from audit.running.session import Session
    from audit.running.visit import Visit

WHAT = "caller"
_CALL = "sts:GetCallerIdentity"
_DEADLINE = 10.0  # it is asked once the rounds are over: nobody waits long for it


def whose(session: Session, place: Target) -> Fact[str | None]:
    """Ask whose credentials begin the way into an account: an ARN; None where they are the account's own.

    Any credentials may ask that. The key itself is neither asked for nor kept. It is a job, asked where accounts are
    looked at: there the credentials are at hand, and may be others than here.
    """
    access = session.access
    try:
        way = access.way(place.account)
    except UsageError as error:
        return Unread(gap=Gap(what=WHAT, message=str(error)))
    if not way.links:
        return Seen(value=None)
    base = Access(
        profile=way.profile,
        endpoint_url=access.endpoint_url,
        connect_timeout=access.connect_timeout,
        read_timeout=access.read_timeout,
        deadline=min(access.deadline, _DEADLINE),
    )
    # It ends with the session: whoever stops a look does not wait for this answer either.
    with session.beside(base).visit(Account(name=WHAT, id=None), place.region) as visit:
        return visit.read(WHAT, _arn)


def _arn(visit: Visit) -> str:
    return visit.ask(_CALL, visit.sts.get_caller_identity)["Arn"]
