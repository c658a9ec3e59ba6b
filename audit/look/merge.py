"""Shards of one look put together again; what does not belong together is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

from audit.errors import UsageError
from audit.look import shard
from audit.model import Gap, Seen
from audit.running.model.seen import Running
from audit.running.tally import calls_by_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from audit.declared.model import Declared
    from audit.model import Fact
    from audit.running.model.ecr import Repository, TagImage, Vulnerable
    from audit.running.model.secrets import Secret
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot

T = TypeVar("T")

# Facts further apart are two looks, not one.
LONGEST_LOOK = timedelta(hours=24)


def merge(snapshots: Sequence[tuple[str, Snapshot]]) -> Snapshot:
    """Put named snapshots together.

    Raises UsageError where they overlap, or were taken of different commits, releases, days, or with different
    selections. Parts that are missing, or ended early, make the whole incomplete.
    """
    parts = sorted((one for _, one in snapshots), key=_number)
    _refuse_mixed(snapshots)
    _refuse_overlap(snapshots)
    first = parts[0]
    return replace(
        first,
        taken_at=min(one.taken_at for one in parts),
        caller=next((one.caller for one in parts if one.caller), None),
        declared=_declared([one.declared for one in parts]),
        running=_running(parts),
        released=max((one.released for one in parts), key=lambda released: released.as_of),
        gaps=_once(gap for one in parts for gap in one.gaps),
        incomplete=_incomplete(parts),
        shard=None,
    )


def _refuse_mixed(snapshots: Sequence[tuple[str, Snapshot]]) -> None:
    name, first = snapshots[0]
    features: tuple[tuple[str, Callable[[Snapshot], object]], ...] = (
        ("release of pipelines-audit", lambda one: one.tool_version),
        ("commit", lambda one: (one.declared.commit, one.declared.scope)),
        ("repository", lambda one: replace(one.declared, units=(), containers=(), gaps=(), dated=())),
        ("list of releases", lambda one: (one.released.release_repo, one.released.releases)),
        ("selection", lambda one: one.selection),
        ("number of shards", lambda one: one.shard and shard.parse(one.shard).of),
    )
    for other, snapshot in snapshots[1:]:
        for what, of in features:
            if of(snapshot) != of(first):
                raise UsageError(f"{other}: not the same {what} as {name}; merge shards of one look")
        if abs(snapshot.taken_at - first.taken_at) > LONGEST_LOOK:
            raise UsageError(f"{other}: taken more than a day apart from {name}; merge shards of one look")


def _refuse_overlap(snapshots: Sequence[tuple[str, Snapshot]]) -> None:
    owner: dict[object, str] = {}
    for name, snapshot in snapshots:
        for key, words in _contents(snapshot):
            if key in owner:
                raise UsageError(f"{name}: overlaps with {owner[key]}: {words} is in both; give each shard once")
            owner[key] = name


def _contents(snapshot: Snapshot) -> Iterable[tuple[object, str]]:
    if snapshot.shard:
        yield snapshot.shard, f"shard {snapshot.shard}"
    for unit in snapshot.declared.units:
        yield unit.path, f"unit {unit.path}"


def _number(snapshot: Snapshot) -> int:
    return shard.parse(snapshot.shard).number if snapshot.shard else 0


def _incomplete(parts: Sequence[Snapshot]) -> str | None:
    reasons = [f"{f'shard {one.shard}: ' if one.shard else ''}{one.incomplete}" for one in parts if one.incomplete]
    numbers = Counter(shard.parse(one.shard).of for one in parts if one.shard)
    for of in numbers:
        missing = sorted(set(range(1, of + 1)) - {_number(one) for one in parts})
        reasons += [f"shard {number}/{of} is missing" for number in missing]
    return "; ".join(reasons) or None


def _declared(parts: Sequence[Declared]) -> Declared:
    return replace(
        parts[0],
        units=tuple(sorted((unit for one in parts for unit in one.units), key=lambda unit: unit.path)),
        containers=tuple(
            sorted((row for one in parts for row in one.containers), key=lambda row: (row.unit, row.container))
        ),
        gaps=_once(gap for one in parts for gap in one.gaps),
        dated=tuple(sorted({dated for one in parts for dated in one.dated}, key=lambda dated: dated.place)),
    )


def _running(parts: Sequence[Snapshot]) -> Running:
    rank = {account.id: index for index, account in enumerate(parts[0].order.accounts)}

    def place(seen: Observation) -> tuple[object, ...]:
        return rank.get(seen.account.id, -1), seen.account.name, seen.region

    repositories: dict[tuple[str, str, str], Repository] = {}
    secrets: dict[str, Secret] = {}
    for part in sorted(parts, key=lambda one: one.taken_at):
        for repo in part.running.repositories:
            key = (repo.registry_id, repo.region, repo.name)
            repositories[key] = _both(repositories[key], repo) if key in repositories else repo
        for secret in part.running.secrets:
            before = secrets.get(secret.arn)
            secrets[secret.arn] = secret if before is None else _twice(before, secret)
    observations = tuple(sorted((seen for one in parts for seen in one.running.observations), key=place))
    # As a single look lists them.
    beyond = sorted(
        (seen for one in parts for seen in one.running.beyond or ()), key=lambda seen: (seen.account.id, seen.region)
    )
    running = Running(
        observations=observations,
        repositories=tuple(repositories[key] for key in sorted(repositories)),
        secrets=tuple(secrets[arn] for arn in sorted(secrets)),
        organization=reduce(_seen, (one.running.organization for one in parts)),
        beyond=None if any(one.running.beyond is None for one in parts) else tuple(beyond),
    )
    return replace(running, calls=calls_by_account(running.everywhere, running.repositories, running.secrets))


def _twice(before: Secret, after: Secret) -> Secret:
    return replace(
        after,
        metadata=_seen(before.metadata, after.metadata),
        requests=(*before.requests, *after.requests),
    )


def _both(before: Repository, after: Repository) -> Repository:
    """Put two looks at one repository together: each asked for the tags of its own accounts; the later one wins."""
    return replace(
        after,
        tags=_tags(before.tags, after.tags),
        settings=_seen(before.settings, after.settings),
        lifecycle=_seen(before.lifecycle, after.lifecycle),
        policy=_seen(before.policy, after.policy),
        vulnerable=_vulnerable(before.vulnerable, after.vulnerable),
        calls=before.calls + after.calls,
        requests=(*before.requests, *after.requests),
    )


def _tags(
    before: Fact[tuple[TagImage, ...] | None], after: Fact[tuple[TagImage, ...] | None]
) -> Fact[tuple[TagImage, ...] | None]:
    # One unread side leaves the whole unread: the tags that only it had asked for would be missing.
    if before.kind == "unread":
        return before
    if after.kind == "unread" or before.value is None or after.value is None:
        return after
    tags = {image.tag: image for image in (*before.value, *after.value)}
    return Seen(value=tuple(tags[tag] for tag in sorted(tags)))


def _vulnerable(
    before: Fact[tuple[Vulnerable, ...]], after: Fact[tuple[Vulnerable, ...]]
) -> Fact[tuple[Vulnerable, ...]]:
    # As with the tags: each look asked about the images that run in its own accounts.
    if before.kind == "unread" or after.kind == "unread":
        return before if before.kind == "unread" else after
    found = {one.digest: one for one in (*before.value, *after.value)}
    return Seen(value=tuple(found[digest] for digest in sorted(found)))


def _seen(before: Fact[T], after: Fact[T]) -> Fact[T]:
    return before if after.kind == "unread" else after


def _once(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    return tuple(dict.fromkeys(gaps))
