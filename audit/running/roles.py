"""What the task roles may do to themselves, as IAM's own simulation says; asked only where the user wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model.access import RoleChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.running.model.ecs import TaskDefinition
    from audit.running.visit import Visit

_CALL = "iam:SimulatePrincipalPolicy"
ACTIONS = (
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
)


def role_changes(visit: Visit, families: Sequence[TaskDefinition]) -> tuple[RoleChange, ...]:
    """Ask for each task role which of the actions that widen a role's powers it may do to itself."""
    roles = sorted({family.task_role for family in families if family.task_role})
    return tuple(RoleChange(role=role, allowed=_allowed(visit, role)) for role in roles)


def _allowed(visit: Visit, role: str) -> tuple[str, ...]:
    reply = visit.ask(
        _CALL,
        visit.iam.simulate_principal_policy,
        PolicySourceArn=role,
        ActionNames=list(ACTIONS),
        ResourceArns=[role],
    )
    decided = {one["EvalActionName"]: one["EvalDecision"] for one in reply.get("EvaluationResults", [])}
    if not decided.keys() >= set(ACTIONS):
        # Silence about an action doesn't mean that it is denied.
        raise CallError(_CALL, "MalformedReply")
    return tuple(sorted(action for action in ACTIONS if decided[action] == "allowed"))
