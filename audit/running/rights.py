"""What the caller may do that an upgrade needs, as IAM's own simulation says; asked only before an upgrade."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model import Right

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.running.model import Identity
    from audit.running.visit import Visit

ACTIONS = ("lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration")

_CLOSED = frozenset({"AccessDenied", "AccessDeniedException", "NoSuchEntity"})
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
    principal = who.arn
    if found["kind"] == "assumed-role":
        name = found["name"].partition("/")[0]
        principal = _role(visit, name) or f"arn:{found['partition']}:iam::{found['id']}:role/{name}"
    return tuple(right for arn in functions for right in _simulated(visit, principal, arn))


def _role(visit: Visit, name: str) -> str | None:
    """Give a role's own ARN, for that of its session leaves out the path; None where the caller may not ask for it."""
    try:
        return visit.ask(_ROLE, visit.iam.get_role, RoleName=name)["Role"]["Arn"]
    except CallError as error:
        if error.code in _CLOSED:
            return None
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
