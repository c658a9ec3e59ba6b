"""Who the credentials belong to: asked first, because nothing else may be asked of an account by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model.access import Identity

if TYPE_CHECKING:
    from audit.running.visit import Visit

_CALL = "sts:GetCallerIdentity"


def identity(visit: Visit) -> Identity:
    """Ask who is calling; CallError unless that is the account of the visit."""
    account = visit.account
    if account.id is None:
        reason = f"no file says the account's id, so nothing can confirm it; add {account.name} to accounts.json"
        raise CallError(None, "UnknownAccountId", reason)
    reply = visit.ask(_CALL, visit.sts.get_caller_identity)
    if reply["Account"] != account.id:
        raise CallError(_CALL, "WrongAccount", _advice(visit, reply["Account"]))
    signed = visit.credentials()
    found = Identity(account_id=reply["Account"], arn=reply["Arn"], has_session_token=bool(signed.token))
    visit.identities[signed.access_key] = found
    return found


def confirm(visit: Visit) -> Identity:
    """Make sure that the credentials belong to the account of the visit, without a call where that is known already.

    An account's registry and secrets are looked at with the very credentials that its own look began with.
    """
    known = visit.identities.get(visit.credentials().access_key)
    return known if known and known.account_id == visit.account.id else identity(visit)


def _advice(visit: Visit, found: str) -> str:
    mine = f"account {visit.account.name} ({visit.account.id})"
    if not visit.way_in:
        return f"no credentials for {mine}: give --role-arn or --profile; the environment's belong to {found}"
    return f"{visit.way_in} leads to account {found} and not to {mine}; mend the template or accounts.json"
