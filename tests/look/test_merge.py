"""Shards are put together to what one look would have seen, and only what belongs together is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.errors import NothingSelectedError, UsageError
from audit.fleet import deploy_order
from audit.look.merge import merge
from audit.look.shard import Shard, keep, parse
from audit.model import Account, Seen, Unread
from audit.running.model.secrets import Secret, SecretMetadata
from audit.snapshot import Snapshot, timeless
from tests.nouns import DEV, SHARED, gap, observation, released, repository, request, row, snapshot, unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.model import Fact

LOGS = Account(name="logs", id="111122223333")
ACCOUNTS = (LOGS, SHARED, DEV)
SECRET = SecretMetadata(
    arn="arn:a", name="n", kms_key=None, last_changed_at=None, last_rotated_at=None, deleted_at=None
)


V1, V2 = {"v1.3.0": "sha256:" + "a" * 64}, {"v1.2.0": "sha256:" + "b" * 64}


def whole() -> Snapshot:
    """Make a look at three accounts."""
    rows = tuple(row(account=account) for account in sorted(ACCOUNTS, key=lambda one: one.name))
    seen = tuple(observation(account) for account in sorted(ACCOUNTS, key=lambda one: one.name))
    return snapshot(rows=rows, observations=seen, repositories=(repository(tags=V1),))


def part(text: str, of: Snapshot | None = None) -> Snapshot:
    """Make what a look at one shard sees."""
    of = of or whole()
    declared = keep(of.declared, parse(text))
    ids = {unit.account_id for unit in declared.units}
    seen = tuple(one for one in of.running.observations if one.account.id in ids)
    return replace(of, declared=declared, running=replace(of.running, observations=seen), shard=text)


def named(*parts: Snapshot) -> list[tuple[str, Snapshot]]:
    """Give them file names."""
    return [(f"{number}.json", one) for number, one in enumerate(parts, start=1)]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)], ids=["in order", "in any order"])
def test_all_shards_are_the_whole(order: tuple[int, ...]) -> None:
    """Put together, the shards are what a single look sees, but for the number of calls."""
    merged = merge(named(*(part(f"{number}/3") for number in order)))
    ordered = replace(
        whole(),
        running=replace(
            whole().running,
            observations=tuple(sorted(whole().running.observations, key=lambda one: _rank(one.account))),
        ),
    )
    assert timeless(merged) == timeless(replace(ordered, caller=merged.caller))


def _rank(account: Account) -> int:
    return [one.id for one in deploy_order(whole().declared.accounts).accounts].index(account.id)


def test_a_missing_shard_makes_it_incomplete() -> None:
    """What no shard has looked at is said, and so is what a shard did not get to."""
    stopped = replace(part("1/3"), incomplete="stopped by a signal")
    assert merge(named(stopped, part("3/3"))).incomplete == "shard 1/3: stopped by a signal; shard 2/3 is missing"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda one: replace(one, tool_version="9"), "not the same release of pipelines-audit", id="tool"),
        pytest.param(
            lambda one: replace(one, declared=replace(one.declared, commit="c")), "not the same commit", id="commit"
        ),
        pytest.param(
            lambda one: replace(one, declared=replace(one.declared, accounts=())), "not the same repository", id="repo"
        ),
        pytest.param(
            lambda one: replace(one, released=released("v1.0.0")), "not the same list of releases", id="releases"
        ),
        pytest.param(lambda one: replace(one, selection="--region x"), "not the same selection", id="selection"),
        pytest.param(lambda one: replace(one, shard="2/4"), "not the same number of shards", id="number"),
        pytest.param(
            lambda one: replace(one, taken_at=one.taken_at + timedelta(days=2)), "more than a day apart", id="days"
        ),
        pytest.param(lambda one: part("1/3", replace(one, **_full())), "overlaps with 1.json: shard 1/3", id="twice"),
        pytest.param(
            lambda one: replace(part("1/3", replace(one, **_full())), shard="2/3"),
            "overlaps with 1.json: unit logs/us-west-2/mgmt/ecs-deploy-runner is in both",
            id="overlap",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(change: Callable[[Snapshot], Snapshot], words: str) -> None:
    """One line names the file and the reason."""
    with pytest.raises(UsageError, match=words):
        merge(
            named(
                part("2/3") if "shard 1/3" not in words and "overlaps" not in words else part("1/3"),
                change(part("2/3")),
            )
        )


def _full() -> dict[str, object]:
    return {"declared": whole().declared, "running": whole().running}


@pytest.mark.parametrize(
    ("first", "second", "tags"),
    [
        pytest.param(repository(tags=V1), repository(tags=V2), {**V1, **V2}, id="both"),
        pytest.param(repository(tags=V1), repository(tags={"v1.3.0": None}), {"v1.3.0": None}, id="the later look"),
        pytest.param(repository(tags=V1), replace(repository(), tags=unread()), None, id="second unread"),
        pytest.param(replace(repository(), tags=unread()), repository(tags=V2), None, id="first unread"),
    ],
)
def test_a_registry_that_several_looked_at(first: object, second: object, tags: dict[str, str] | None) -> None:
    """Each shard asks for its own tags: together they are all there, or unread."""
    parts = [part("1/3"), part("2/3"), part("3/3")]
    for index, repo in enumerate((first, second)):
        later = parts[index].taken_at + timedelta(minutes=index)
        running = replace(parts[index].running, repositories=(repo,))  # type: ignore[arg-type]  # a table of cases
        parts[index] = replace(parts[index], running=running, taken_at=later)
    parts[2] = replace(parts[2], running=replace(parts[2].running, repositories=()))
    (repo,) = merge(named(*parts)).running.repositories
    seen = {image.tag: image.digest for image in repo.tags.value or ()} if repo.tags.kind == "seen" else None
    assert seen == tags
    assert repo.calls == 2


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        pytest.param(Seen(value=SECRET), Unread(gap=gap()), "seen", id="one has read it"),
        pytest.param(Unread(gap=gap()), Unread(gap=gap()), "unread", id="nobody has"),
    ],
)
def test_a_secret_that_several_looked_at(
    first: Fact[SecretMetadata | None], second: Fact[SecretMetadata | None], kind: str
) -> None:
    """Whoever has read it counts."""
    parts = [
        replace(one, running=replace(one.running, secrets=(Secret(arn="arn:aws:s:r:1:x", metadata=fact, calls=1),)))
        for one, fact in ((part("1/2"), first), (part("2/2"), second))
    ]
    assert [one.metadata.kind for one in merge(named(*parts)).running.secrets] == [kind]


def test_the_requests_of_all_shards_are_kept() -> None:
    """Of each account those of its shard; of what several looked at all, the later ones last."""
    parts = []
    for number, one in ((1, part("1/2")), (2, part("2/2"))):
        noted = (request(f"r{number}"),)
        secret = Secret(arn="arn:aws:s:r:1:x", metadata=Seen(value=SECRET), calls=1, requests=noted)
        running = replace(
            one.running,
            observations=tuple(replace(seen, requests=noted) for seen in one.running.observations),
            repositories=(replace(repository(tags=V1), requests=noted),),
            secrets=(secret,),
        )
        parts.append(replace(one, running=running, taken_at=one.taken_at + timedelta(hours=number)))
    merged = merge(named(*reversed(parts))).running
    both = [request("r1"), request("r2")]
    assert sorted(one.id or "" for seen in merged.observations for one in seen.requests) == ["r1", "r1", "r2"]
    assert [list(merged.repositories[0].requests), list(merged.secrets[0].requests)] == [both, both]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5", ""])
def test_no_shard(text: str) -> None:
    """Only a part and the number of parts are a shard."""
    with pytest.raises(UsageError, match="as in 3/10"):
        parse(text)


def test_shards_share_the_fleet() -> None:
    """Each account is in exactly one, whatever the number; a gap without a unit is in all."""
    declared = replace(whole().declared, gaps=(gap(), gap(unit="dev/us-west-2/mgmt/ecs-deploy-runner")))
    parts = [keep(declared, Shard(number=number, of=2)) for number in (1, 2)]
    assert sorted(unit.path for one in parts for unit in one.units) == [unit.path for unit in declared.units]
    assert [len(one.gaps) for one in parts] == [2, 1] or [len(one.gaps) for one in parts] == [1, 2]
    assert all(len(one.containers) == len(one.units) for one in parts)


def test_an_empty_shard_is_nothing_to_look_at() -> None:
    """More shards than accounts: said, and never green."""
    with pytest.raises(NothingSelectedError, match=r"shard 4/4 is empty: there are 3 accounts"):
        keep(whole().declared, Shard(number=4, of=4))
