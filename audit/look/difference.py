"""What moved between two snapshots: tags, digests, revisions, policies, releases, coverage; pure.

Each snapshot is laid out as a table of facts by account, region, subject and field, and the tables are compared: so
nothing that lasts is left out. What passes by itself is: times, numbers of calls, tasks, last pulls.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from audit.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from audit.model import Fact
    from audit.running.model.ecr import Repository
    from audit.running.model.ecs import TaskDefinition
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot

Kind: TypeAlias = Literal["declared", "running", "registry", "secret", "released", "coverage"]
Place: TypeAlias = tuple[Kind, str, str]
Key: TypeAlias = tuple[Kind, str, str, str, str]

MOVED = "same tag, new digest"
ABSENT = "(not there)"
_FURTHER = ("log_groups", "role_changes")
_POLICIES = ("lifecycle", "policy")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Change:
    """One fact that moved; ``old`` None is new, ``new`` None is gone. ``note`` calls out what is easily overlooked."""

    kind: Kind
    account: str
    region: str
    subject: str
    field: str
    old: str | None
    new: str | None
    note: str = ""


def changes(old: Snapshot, new: Snapshot) -> tuple[Change, ...]:
    """List what moved, sorted."""
    before, after = dict(_facts(old)), dict(_facts(new))
    unread, asked = _unread(old) | _unread(new), _tags(old) & _tags(new)
    moved = (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    # A tag that only one of the two asked for has neither come nor gone.
    moved = (key for key in moved if key[0] != "registry" or ":" not in key[3] or key[3] in asked)
    # What one of the two could not read has not moved for all anybody knows: that stands under coverage.
    told = (key for key in moved if not any((*key[:3], prefix) in unread for prefix in _prefixes(key[3])))
    # Nor has what only one of the two looked for at all, where the other one was of a part of the fleet.
    reached = [place for place in (_reached(old), _reached(new)) if place is not None]
    told = (key for key in told if all(_place(key) in places for places in reached))
    return tuple(sorted((_change(key, before.get(key), after.get(key)) for key in told), key=_order))


def _tags(snapshot: Snapshot) -> set[str]:
    """Name the tags that were asked for."""
    return {
        f"{repo.registry_id}/{repo.name}:{tag.tag}"
        for repo in snapshot.running.repositories
        if repo.tags.kind == "seen"
        for tag in repo.tags.value or ()
    }


def _reached(snapshot: Snapshot) -> set[tuple[str, ...]] | None:
    """Name the places that a look at a part of the fleet went to; None for a look at all of it."""
    if not (snapshot.selection or snapshot.shard or snapshot.incomplete):
        return None
    running = snapshot.running
    units = {(unit.account or "", unit.region or "") for unit in snapshot.declared.units}
    seen = {(one.account.name, one.region) for one in running.everywhere}
    repositories = {(f"{repo.registry_id}/{repo.name}", repo.region) for repo in running.repositories}
    return {(), *units, *seen, *repositories, *((secret.arn,) for secret in running.secrets)}


def _place(key: Key) -> tuple[str, ...]:
    """Name where somebody had to look for a fact; nowhere for what does not hang on the selection."""
    kind, account, region, subject, _ = key
    if kind == "registry":
        return subject.partition(":")[0].partition(" ")[0], region
    if kind == "secret":
        return (subject,)
    return (account, region) if kind in {"declared", "running"} and region else ()


def _prefixes(subject: str) -> tuple[str, ...]:
    """Name what a subject belongs to: a family to the families, a tag to the tags of its repository."""
    head, _, _ = subject.partition(":") if "/" in subject else subject.partition(" ")
    return subject, f"{head}:", f"{head} "


def _unread(snapshot: Snapshot) -> set[tuple[str, str, str, str]]:
    found: set[tuple[str, str, str, str]] = set()
    for seen in snapshot.running.everywhere:
        where = ("running", seen.account.name, seen.region)
        facts: list[tuple[str, Fact[Any]]] = [("family ", seen.families), ("identity", seen.identity)]
        facts += [(f"{one.stack}-invoker", one.invoker) for one in seen.invokers]
        facts += [(f"cluster {one.stack}", one.cluster) for one in seen.clusters]
        facts += [(name, getattr(seen, name)) for name in _FURTHER]
        found.update((*where, subject) for subject, fact in facts if fact.kind == "unread")
    for repo in snapshot.running.repositories:
        name = f"{repo.registry_id}/{repo.name}"
        parts = [(f"{name}:", repo.tags), (name, repo.settings)]
        parts += [(f"{name} {field}", getattr(repo, field)) for field in _POLICIES]
        found.update(("registry", "", repo.region, subject) for subject, fact in parts if fact.kind == "unread")
    found.update(("secret", "", "", one.arn) for one in snapshot.running.secrets if one.metadata.kind == "unread")
    return found


def _change(key: Key, old: str | None, new: str | None) -> Change:
    kind, account, region, subject, field = key
    is_moved = kind == "registry" and field == "digest" and not {old, new} & {None, ABSENT}
    return Change(
        kind=kind,
        account=account,
        region=region,
        subject=subject,
        field=field,
        old=old,
        new=new,
        note=MOVED if is_moved else "",
    )


def _order(change: Change) -> tuple[object, ...]:
    # What somebody pushed over an existing tag comes first: nothing else shows it.
    return not change.note, change.kind, change.account, change.region, change.subject, change.field


def _facts(snapshot: Snapshot) -> Iterator[tuple[Key, str]]:
    yield from _declared(snapshot)
    for seen in snapshot.running.everywhere:
        yield from _observed(seen)
    for repository in snapshot.running.repositories:
        yield from _registered(repository)
    for secret in snapshot.running.secrets:
        yield from _rows(("secret", "", "", secret.arn), _of(secret.metadata))
    released = snapshot.released
    yield ("released", "", "", released.release_repo, "newest"), released.newest or "(none)"
    yield ("released", "", "", released.release_repo, "releases"), str(len(released.releases))
    yield from _coverage(snapshot)


def _declared(snapshot: Snapshot) -> Iterator[tuple[Key, str]]:
    declared = snapshot.declared
    yield ("declared", "", "", declared.scope or ".", "commit"), declared.commit or "(none)"
    for unit in declared.units:
        where: tuple[Kind, str, str, str] = ("declared", unit.account or "", unit.region or "", unit.path)
        yield from _rows(where, _plain(unit, "account_id", "kind", "module_ref", "module_source", "stack"))
    for row in declared.containers:
        where = ("declared", row.account or "", row.region or "", f"{row.unit} {row.container}")
        yield from _rows(where, _plain(row, "deployed", "image", "tag"))
    times: Counter[str] = Counter()
    for pin in declared.pins:
        # By its order in the file and not its line: a line above it is no change of the pin.
        place = f"{pin.origin.file} {pin.name}"
        times[place] += 1
        yield ("declared", "", "", place, f"{pin.kind} {times[place]}"), pin.value
    for account in declared.accounts:
        yield ("declared", account.name, "", "account", "id"), account.id or "(unknown)"


def _observed(seen: Observation) -> Iterator[tuple[Key, str]]:
    where: Place = ("running", seen.account.name, seen.region)
    if seen.identity.kind == "seen":
        yield (*where, "identity", "account"), seen.identity.value.account_id
    if seen.families.kind == "seen":
        for definition in seen.families.value:
            yield from _rows((*where, f"family {definition.family}"), _definition(definition))
    for of_stack in seen.invokers:
        yield from _rows((*where, f"{of_stack.stack}-invoker"), _of(of_stack.invoker))
    for cluster in seen.clusters:
        facts = _of(cluster.cluster)
        passing = ("running_tasks", "pending_tasks")
        yield from _rows(
            (*where, f"cluster {cluster.stack}"), {name: facts[name] for name in facts if name not in passing}
        )
    for name in _FURTHER:
        yield from _rows((*where, name), _of(getattr(seen, name)))


def _definition(definition: TaskDefinition) -> dict[str, object]:
    left_out = ("family", "arn", "images")
    facts = {name: value for name, value in _all(definition).items() if name not in left_out}
    for image in definition.images:
        facts |= {f"{image.container} {name}": value for name, value in _all(image).items() if name != "container"}
    return facts


def _registered(repository: Repository) -> Iterator[tuple[Key, str]]:
    name = f"{repository.registry_id}/{repository.name}"
    where: Place = ("registry", "", repository.region)
    if repository.tags.kind == "seen":
        for tag in repository.tags.value or ():
            facts = {**_all(tag), "digest": tag.digest or ABSENT}
            facts["scan"] = (tag.scan.status, tag.scan.counts) if tag.scan else None
            kept = {field: facts[field] for field in ("digest", "images", "media_type", "scan", "size_bytes")}
            yield from _rows((*where, f"{name}:{tag.tag}"), kept)
    yield from _rows((*where, name), _of(repository.settings))
    for field in _POLICIES:
        fact = getattr(repository, field)
        if fact.kind == "seen":
            yield (*where, f"{name} {field}", field), _digest(fact.value)


def _coverage(snapshot: Snapshot) -> Iterator[tuple[Key, str]]:
    """Lay out which facts could not be read, so that one that appears or goes is seen."""
    for seen in snapshot.running.everywhere:
        found: list[tuple[str, Fact[Any]]] = [("identity", seen.identity), ("families", seen.families)]
        found += [(f"{one.stack}-invoker", one.invoker) for one in seen.invokers]
        found += [(f"cluster {one.stack}", one.cluster) for one in seen.clusters]
        for what, fact in found:
            yield ("coverage", seen.account.name, seen.region, what, "read"), _read(fact)
    for repo in snapshot.running.repositories:
        for field in ("tags", "settings", "lifecycle", "policy", "vulnerable"):
            subject = f"{repo.registry_id}/{repo.name} {field}"
            yield ("coverage", "", repo.region, subject, "read"), _read(getattr(repo, field))
    for gap in (*snapshot.declared.gaps, *snapshot.gaps):
        yield ("coverage", gap.account or "", gap.region or "", gap.unit or gap.what, "read"), _short(gap.message)
    yield ("coverage", "", "", "look", "complete"), snapshot.incomplete or "yes"


def _read(fact: Fact[Any]) -> str:
    return "yes" if fact.kind == "seen" else f"no: {fact.gap.code or fact.gap.message}"


def _of(fact: Fact[Any]) -> dict[str, object]:
    """Give the fields of a fact's value; of one that is absent, that it is; of one that is unread, nothing."""
    if fact.kind == "unread":
        return {}
    if fact.value is None or isinstance(fact.value, tuple):
        return {"there": ABSENT if fact.value is None else fact.value}
    return {"there": "yes", **_all(fact.value)}


def _all(noun: Any) -> dict[str, object]:  # noqa: ANN401 -- any noun of the model
    return {field.name: getattr(noun, field.name) for field in fields(noun)}


def _plain(noun: Any, *names: str) -> dict[str, object]:  # noqa: ANN401 -- as above
    return {name: getattr(noun, name) for name in names}


def _rows(where: tuple[Kind, str, str, str], facts: Mapping[str, object]) -> Iterator[tuple[Key, str]]:
    for field, value in facts.items():
        yield (*where, field), _text(value)


def _text(value: object) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, (str, int)):
        return str(value)
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return _short(text) or "(none)"


def _short(text: str) -> str:
    """Keep a long text apart from its neighbours without showing it all."""
    return text if len(text) <= 80 else f"{text[:60]}… {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _digest(policy: str | None) -> str:
    return "(none)" if policy is None else f"sha256 {hashlib.sha256(policy.encode()).hexdigest()[:12]}"


def summary(found: Iterable[Change]) -> str:
    """Say it in one line."""
    listed = tuple(found)
    moved = sum(1 for change in listed if change.note)
    called_out = f", {counted(moved, 'tag')} with a new digest" if moved else ""
    return f"{counted(len(listed), 'fact')} moved{called_out}" if listed else "nothing moved"
