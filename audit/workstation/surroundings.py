"""The environment of whoever upgrades: region, tokens (only whether there are any), when credentials end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.model import Fact, Gap, Seen, Unread
from audit.workstation.model import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

# aws-vault sets the first; older versions of it the second.
_EXPIRATIONS = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")
_ECS = ("ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI")


def read_surroundings(environment: Mapping[str, str]) -> Surroundings:
    """Read what the environment says, and keep no secret of it."""
    return Surroundings(
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or None,
        has_github_token=bool(environment.get("GITHUB_OAUTH_TOKEN", "").strip()),
        has_session_token=bool(environment.get("AWS_SESSION_TOKEN")),
        vault=environment.get("AWS_VAULT") or None,
        expires_at=_expiry(environment),
        is_ecs_task=any(environment.get(name) for name in _ECS)
        or environment.get("AWS_EXECUTION_ENV", "").startswith("AWS_ECS"),
    )


def _expiry(environment: Mapping[str, str]) -> Fact[datetime | None]:
    name = next((name for name in _EXPIRATIONS if environment.get(name)), None)
    if name is None:
        return Seen(value=None)
    try:
        found = datetime.fromisoformat(environment[name])
    except ValueError:
        return _unread(f"{name} holds no time such as 2026-01-31T12:00:00Z")
    return Seen(value=found if found.tzinfo else found.replace(tzinfo=UTC))


def _unread(reason: str) -> Unread:
    message = f"{reason}; start again from a fresh session"
    return Unread(gap=Gap(what="end of the credentials", call="environment", message=message))
