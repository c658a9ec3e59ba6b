"""How many calls a look cost, account by account."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from audit.running.model.seen import AccountCalls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.running.model.ecr import Repository
    from audit.running.model.secrets import Secret
    from audit.running.model.seen import Observation


def calls_by_account(
    observations: Iterable[Observation], repositories: Iterable[Repository], secrets: Iterable[Secret]
) -> tuple[AccountCalls, ...]:
    """Add up the calls in each account, over its regions, its registry and its secrets."""
    total: Counter[str] = Counter()
    for seen in observations:
        total[seen.account.id or ""] += seen.calls
    for repository in repositories:
        total[repository.registry_id] += repository.calls
    for secret in secrets:
        total[secret.arn.split(":")[4]] += secret.calls
    return tuple(AccountCalls(account_id=id_ or None, calls=total[id_]) for id_ in sorted(total))
