"""Secrets as nouns for checks: what Secrets Manager says of one, and which task definitions name it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.fleet import secret_references
from audit.model import Account, Fact, need
from audit.running.model.secrets import Secret, SecretMetadata

if TYPE_CHECKING:
    from audit.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SecretView:
    """One secret: what checks get as ``secret``. ``key`` is ``account/region/name``, ``users`` name it."""

    key: str
    name: str
    owner: str
    region: str
    seen: Secret
    users: tuple[Account, ...]

    @property
    def metadata(self) -> SecretMetadata | None:
        """What is known of it, None where there is no such secret; raises UnreadError where that was not read."""
        return need(self.seen.metadata)

    @property
    def strangers(self) -> tuple[str, ...]:
        """The accounts that name it and do not own it."""
        return tuple(account.name for account in self.users if account.id != self.owner)

    def fact(self, name: str) -> Fact[object] | None:
        """Give a fact by the name that a check needs it under, None for one that secrets don't have."""
        return self.seen.metadata if name == "metadata" else None


def views(snapshot: Snapshot) -> tuple[SecretView, ...]:
    """Put each secret beside the accounts that name it, in the order in which they were seen."""
    users: dict[str, dict[str | None, Account]] = defaultdict(dict)
    for observation in snapshot.running.observations:
        for _, arn in secret_references(observation):
            users[arn][observation.account.id] = observation.account
    names = {account.id: account.name for account in snapshot.order.accounts}
    return tuple(_view(secret, names, users[secret.arn]) for secret in snapshot.running.secrets)


def _view(secret: Secret, names: dict[str | None, str], users: dict[str | None, Account]) -> SecretView:
    _, _, _, region, owner, _, name = secret.arn.split(":", 6)
    return SecretView(
        key=f"{names.get(owner, owner)}/{region}/{name}",
        name=name,
        owner=owner,
        region=region,
        seen=secret,
        users=tuple(account for _, account in sorted(users.items(), key=lambda item: item[0] or "")),
    )
