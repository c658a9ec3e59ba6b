"""What the task roles may do to themselves, as IAM's own simulation says; asked only where the user wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.model import RoleChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.running.model import TaskDefinition
    from audit.running.visit import Visit

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
        "iam:SimulatePrincipalPolicy",
        visit.iam.simulate_principal_policy,
        PolicySourceArn=role,
        ActionNames=list(ACTIONS),
        ResourceArns=[role],
    )
    results = reply.get("EvaluationResults", [])
    return tuple(sorted(one["EvalActionName"] for one in results if one["EvalDecision"] == "allowed"))
