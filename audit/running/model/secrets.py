"""The nouns of Secrets Manager: what it says about a secret, never its value; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from audit.model import Fact
from audit.running.model.requests import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretMetadata:
    """What Secrets Manager says about a secret, never its value; ``kms_key`` None means AWS's own key."""

    arn: str
    name: str
    kms_key: str | None
    last_changed_at: datetime | None
    last_rotated_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """One referenced secret; ``metadata`` of None means that there is no such secret.

    ``calls`` and ``requests`` as for a repository.
    """

    arn: str
    metadata: Fact[SecretMetadata | None]
    calls: int
    requests: tuple[Request, ...] = field(default=(), compare=False)
