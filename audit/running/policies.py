"""Least-privilege IAM policies from the table of calls: who may read an account, who may assume that role; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.errors import UsageError
from audit.running.permissions import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.running.permissions import Call

VERSION = "2012-10-17"
# No account has this id, so AWS refuses the policy until somebody has put the right one in.
NOBODY = "arn:{partition}:iam::AUDIT_ACCOUNT_ID:root"
_HUB = frozenset({"sts:AssumeRole"})
_LISTING = frozenset({"organizations:ListAccounts"})
_PARTITION = re.compile(r"aws[a-z-]*", re.ASCII)
_GRAMMAR = {
    "stack": re.compile(r"[A-Za-z0-9_*-]{1,200}", re.ASCII),
    "repository": re.compile(r"[a-z0-9*][a-z0-9._/*-]{0,255}", re.ASCII),
    "role": re.compile(r"[\w+=,.@/*-]{1,576}", re.ASCII),
    "trusted": re.compile(
        r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:root|(?:role|user|assumed-role)/[\w+=,.@/-]+)", re.ASCII
    ),
    "external_id": re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """For what policies are written: names of stacks, ECR repositories and the audit's role; ``*`` stands for any.

    ``trusted`` may assume the role; ``asked`` names the options and commands whose calls are allowed too.
    """

    partition: str = "aws"
    account: str = "*"
    stacks: tuple[str, ...] = ("*",)
    repositories: tuple[str, ...] = ("*",)
    role: str = "pipelines-audit"
    trusted: tuple[str, ...] = ()
    external_id: str | None = None
    asked: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        _require(_PARTITION, "partition", (self.partition,))
        _require(_GRAMMAR["stack"], "stack", self.stacks)
        _require(_GRAMMAR["repository"], "repository", self.repositories)
        _require(_GRAMMAR["role"], "role name", (self.role,))
        _require(_GRAMMAR["trusted"], "trusted principal", self.trusted)
        _require(_GRAMMAR["external_id"], "external id", (self.external_id,) if self.external_id else ())


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement that allows: ``condition`` is test, key and values; ``principals`` only in a trust policy."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    condition: tuple[str, str, tuple[str, ...]] | None = None
    principals: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Write it as IAM reads it."""
        found: dict[str, Any] = {"Sid": self.sid, "Effect": "Allow"}
        if self.principals:
            found["Principal"] = {"AWS": list(self.principals)}
        found["Action"] = list(self.actions)
        if self.resources:
            found["Resource"] = list(self.resources)
        if self.condition:
            test, key, values = self.condition
            found["Condition"] = {test: {key: list(values)}}
        return found


def read(scope: Scope) -> tuple[Statement, ...]:
    """Allow what is called in an account that is looked at, and nothing else."""
    return _statements((call for call in _asked(scope) if call.name not in _HUB | _LISTING), scope)


def caller(scope: Scope) -> tuple[Statement, ...]:
    """Allow what whoever runs the audit needs: to assume the role in each account."""
    return _statements((call for call in TABLE if call.name in _HUB), scope)


def listing(scope: Scope) -> tuple[Statement, ...]:
    """Allow what is called where the organization's accounts are listed; empty where nobody asks for them."""
    return _statements((call for call in _asked(scope) if call.name in _LISTING), scope)


def trust(scope: Scope) -> tuple[Statement, ...]:
    """Let the trusted assume the role; without any, nobody until their ARN is filled in."""
    principals = scope.trusted or (NOBODY.format(partition=scope.partition),)
    condition = ("StringEquals", "sts:ExternalId", (scope.external_id,)) if scope.external_id else None
    return (Statement(sid="Audit", actions=("sts:AssumeRole",), principals=principals, condition=condition),)


def policy(statements: Iterable[Statement]) -> dict[str, Any]:
    """Make an IAM policy document."""
    return {"Version": VERSION, "Statement": [statement.document() for statement in statements]}


def documents(scope: Scope) -> dict[str, dict[str, Any]]:
    """Give every policy by what it is for."""
    found = {"read": read(scope), "trust": trust(scope), "caller": caller(scope), "organization": listing(scope)}
    return {name: policy(statements) for name, statements in found.items() if statements}


def _asked(scope: Scope) -> Iterable[Call]:
    return (call for call in TABLE if call.action and (not call.asked_by or scope.asked.intersection(call.asked_by)))


def _statements(calls: Iterable[Call], scope: Scope) -> tuple[Statement, ...]:
    """Put the actions of one service on the same things into one statement."""
    groups: dict[tuple[str, bool, str], set[str]] = defaultdict(set)
    for call in calls:
        if call.action:
            groups[call.name.partition(":")[0], call.in_cluster, call.resource].add(call.action)
    clusters = ("ArnLike", "ecs:cluster", _filled("arn:{partition}:ecs:*:{account}:cluster/{stack}", scope))
    found = (
        Statement(
            sid=_sid(service, resource, in_cluster=in_cluster),
            actions=tuple(sorted(actions)),
            resources=_filled(resource, scope),
            condition=clusters if in_cluster else None,
        )
        for (service, in_cluster, resource), actions in groups.items()
    )
    return tuple(sorted(found, key=lambda statement: statement.sid))


def _sid(service: str, resource: str, *, in_cluster: bool) -> str:
    kind = re.split(r"[:/]", resource.partition("}:")[2].split(":", 3)[-1])[0] if resource != "*" else "any"
    words = (service, *kind.split("-"), *(("in", "cluster") if in_cluster else ()))
    return "".join(word.capitalize() for word in words)


def _filled(resource: str, scope: Scope) -> tuple[str, ...]:
    names = {
        "stack": scope.stacks if "{stack}" in resource else ("",),
        "repository": scope.repositories if "{repository}" in resource else ("",),
    }
    return tuple(
        resource.format(
            partition=scope.partition, account=scope.account, role=scope.role, stack=stack, repository=repository
        )
        for stack in names["stack"]
        for repository in names["repository"]
    )


def _require(grammar: re.Pattern[str], what: str, values: Iterable[str]) -> None:
    for value in values:
        if grammar.fullmatch(value) is None:
            raise UsageError(f"{what} {value!r} has no place in a policy; write it as AWS names it")
