"""The accounts of AWS Organizations, as its management account or a delegated administrator may list them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.model import Account, Unread
from audit.running.faults import CallError
from audit.running.model.access import Member

if TYPE_CHECKING:
    from audit.model import Fact
    from audit.running.access import Access
    from audit.running.session import Session
    from audit.running.visit import Visit

WHAT = "accounts of the organization"
_CALL = "organizations:ListAccounts"


def organization(access: Access, region: str, session: Session | None = None) -> Fact[tuple[Member, ...]]:
    """List the accounts with credentials of their own; ``region`` says in which partition."""
    from audit.running.session import Session  # noqa: PLC0415 -- start-up: where processes look, only they load the SDK

    # Whose credentials they are is not known before, so nothing is confirmed: only this list is asked for with them.
    nobody = Account(name="organization", id=None)
    with (session or Session(access, workers=1)).visit(nobody, region) as visit:
        found = visit.read(WHAT, members)
    if isinstance(found, Unread):
        reason = found.gap.message.partition(" unread: ")[2]
        return Unread(gap=replace(found.gap, account=None, region=None, message=f"{WHAT} unread: {reason}"))
    return found


def members(visit: Visit) -> tuple[Member, ...]:
    """Read every page, empty ones in between too."""
    found = {}
    for page in visit.pages(_CALL, visit.organizations.list_accounts):
        for one in page["Accounts"]:
            # Status is what State was called before.
            state = one.get("State") or one.get("Status") or ""
            found[one["Id"]] = Member(id=one["Id"], name=one.get("Name", ""), state=state)
    if not found:
        # An organization has its management account at least: a list of nobody would make strangers of everybody.
        raise CallError(_CALL, "MalformedReply")
    return tuple(found[id_] for id_ in sorted(found))
