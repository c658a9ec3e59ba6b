"""What the caller may do that an upgrade needs, as IAM's own simulation says; asked only before an upgrade."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model.access import Right

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.running.model.access import Identity
    from audit.running.visit import Visit

ACTIONS = ("lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration")

_ABSENT = "NoSuchEntity"
_CLOSED = frozenset({"AccessDenied", "AccessDeniedException", _ABSENT})
_SIMULATE, _ROLE = "iam:SimulatePrincipalPolicy", "iam:GetRole"
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<id>\d{12}):"
    r"(?P<kind>root|user|assumed-role|federated-user)(?:/(?P<name>[\w+=,.@/-]+))?",
    re.ASCII,
)


def caller_rights(visit: Visit, who: Identity, stacks: Sequence[str]) -> tuple[Right, ...]:
    """Ask for each stack whether the caller may start its invoker and change it."""
    found = _ARN.fullmatch(who.arn)
    if found is None or found["kind"] == "federated-user":
        raise CallError(_SIMULATE, "UnknownPrincipal", "only users and roles can be simulated; use one of those")
    functions = [
        f"arn:{found['partition']}:lambda:{visit.region}:{found['id']}:function:{stack}-invoker" for stack in stacks
    ]
    if found["kind"] == "root":
        return tuple(Right(action=action, resource=arn, is_allowed=True) for arn in functions for action in ACTIONS)
    if found["kind"] == "user":
        return tuple(right for arn in functions for right in _simulated(visit, who.arn, arn))
    name = found["name"].partition("/")[0]
    role = _role(visit, name)
    # A session's ARN leaves out the path of its role; most have none, so it is worth a try.
    principal = f"arn:{found['partition']}:iam::{found['id']}:role/{name}" if isinstance(role, CallError) else role
    try:
        return tuple(right for arn in functions for right in _simulated(visit, principal, arn))
    except CallError as error:
        if error.code == _ABSENT and isinstance(role, CallError):
            # There was a path, and what would have told it is what is missing.
            raise role from None
        raise


def _role(visit: Visit, name: str) -> str | CallError:
    """Give a role's own ARN, or why the caller is not told it."""
    try:
        return visit.ask(_ROLE, visit.iam.get_role, RoleName=name)["Role"]["Arn"]
    except CallError as error:
        if error.code in _CLOSED:
            return error
        raise


def _simulated(visit: Visit, principal: str, resource: str) -> Iterator[Right]:
    reply = visit.ask(
        _SIMULATE,
        visit.iam.simulate_principal_policy,
        PolicySourceArn=principal,
        ActionNames=list(ACTIONS),
        ResourceArns=[resource],
    )
    decided = {one["EvalActionName"]: one["EvalDecision"] for one in reply.get("EvaluationResults", [])}
    for action in ACTIONS:
        if action not in decided:
            raise CallError(_SIMULATE, "MalformedReply")
        yield Right(action=action, resource=resource, is_allowed=decided[action] == "allowed")
