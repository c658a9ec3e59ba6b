"""Pulls: whether the policy of an ECR repository lets an account pull its images, as far as that can be told; pure.

A statement whose effect hangs on a condition, or that says whom or what it is *not* about, can't be judged from here.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
Answer: TypeAlias = Literal["yes", "no", "unknown"]


def may_pull(policy: str | None, account_id: str, roles: Iterable[str] = ()) -> Answer:
    """Tell whether an account, or one of its ``roles`` (ARNs), may pull; without a policy no other account may."""
    try:
        document = json.loads(policy) if policy else {}
    except (ValueError, RecursionError):
        return "unknown"
    who = {account_id, f"arn:aws:iam::{account_id}:root", *roles}
    statements = list(_statements(document))
    answers = {_answer(statements, action, who, account_id) for action in ACTIONS}
    return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"


def _answer(statements: list[dict[str, Any]], action: str, who: set[str], account_id: str) -> Answer:
    of_us = [one for one in statements if _is_about(one, action, who, account_id)]
    denying = [one for one in of_us if one.get("Effect") == "Deny"]
    allowing = [one for one in of_us if one.get("Effect") == "Allow"]
    if any(_is_plain(one) for one in denying):
        return "no"
    if denying:
        return "unknown"
    if any(_is_plain(one) for one in allowing):
        return "yes"
    return "unknown" if allowing else "no"


def _is_about(statement: dict[str, Any], action: str, who: set[str], account_id: str) -> bool:
    actions = _texts(statement.get("Action"))
    named = "NotAction" in statement or any(fnmatchcase(action.lower(), one.lower()) for one in actions)
    return named and ("NotPrincipal" in statement or _names(statement.get("Principal"), who, account_id))


def _names(principal: object, who: set[str], account_id: str) -> bool:
    named = _texts(principal.get("AWS")) if isinstance(principal, dict) else _texts(principal)
    root = f":iam::{account_id}:root"  # in another partition too
    return any(one == "*" or one in who or one.endswith(root) for one in named)


def _is_plain(statement: dict[str, Any]) -> bool:
    return not statement.keys() & {"Condition", "NotAction", "NotPrincipal"}


def _statements(document: object) -> Iterator[dict[str, Any]]:
    found = document.get("Statement") if isinstance(document, dict) else None
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
