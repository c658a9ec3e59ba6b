"""Who somebody is and what they may do: the caller, a task role, the members of an organization."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who the credentials belong to, from ``sts:GetCallerIdentity``.

    ``has_session_token``: whether they are those of a session, which ends; None in the snapshots of earlier releases.
    """

    account_id: str
    arn: str
    has_session_token: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleChange:
    """Which of the actions that would widen a task role's own powers IAM says that the role may do to itself."""

    role: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Right:
    """Whether the caller may do something to a resource, as IAM simulates it."""

    action: str
    resource: str
    is_allowed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An account of AWS Organizations; ``state`` is ACTIVE for one that can be used."""

    id: str
    name: str
    state: str
