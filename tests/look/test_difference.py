"""What moved between two snapshots: each fact by itself, a tag with a new digest called out, nothing that passes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.declared.model import Pin
from audit.look.difference import ABSENT, MOVED, changes
from audit.model import Seen
from audit.running.model.ecs import Cluster, StackCluster, Task
from audit.running.model.invoker import StackInvoker
from audit.running.model.secrets import Secret
from tests.nouns import (
    DEV,
    KANIKO,
    RUNNER,
    SHARED,
    STACK,
    TAG_AT,
    gap,
    invoker,
    observation,
    released,
    repository,
    request,
    row,
    snapshot,
    unread,
)

if TYPE_CHECKING:
    from audit.running.model.seen import Observation
    from audit.snapshot import Snapshot

V1 = Path(__file__).parents[1] / "golden/snapshots/v1.json.gz"
TAG = {"v1.3.0": "sha256:" + "a" * 64}
PUSHED = {"v1.3.0": "sha256:" + "b" * 64}
CLUSTER = Cluster(
    name=STACK, arn="arn:c", status="ACTIVE", running_tasks=0, pending_tasks=0, capacity_providers=("FARGATE",)
)


def running(**facts: object) -> Snapshot:
    """Make a snapshot of one account with these facts of its look."""
    found: Observation = replace(observation(DEV), **facts)  # type: ignore[arg-type]  # a table of cases
    return snapshot(observations=(found,))


def cluster(**facts: object) -> tuple[StackCluster, ...]:
    """Make what was seen of the cluster."""
    changed = replace(CLUSTER, **facts)  # type: ignore[arg-type]  # as above
    return (StackCluster(stack=STACK, cluster=Seen(value=changed), tasks=Seen(value=())),)


def pin(value: str, line: int = 5) -> Snapshot:
    """Make a snapshot with two pins of the same name in one file."""
    places = (replace(TAG_AT, line=line), replace(TAG_AT, line=line + 4))
    pins = tuple(
        Pin(kind="docker-arg", name="MODULE_CI_VERSION", value=one, origin=place)
        for one, place in zip(("v1.0.0", value), places, strict=True)
    )
    return replace(snapshot(), declared=replace(snapshot().declared, pins=pins))


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        pytest.param(
            snapshot(rows=(row(tag="v1.2.0"),)),
            snapshot(rows=(row(tag="v1.3.0"),), observations=snapshot(rows=(row(tag="v1.2.0"),)).running.observations),
            [("declared", "tag", "v1.2.0", "v1.3.0", "")],
            id="declared tag",
        ),
        pytest.param(
            snapshot(repositories=(repository(tags=TAG),)),
            snapshot(repositories=(repository(tags=PUSHED),)),
            [("registry", "digest", TAG["v1.3.0"], PUSHED["v1.3.0"], MOVED)],
            id="same tag, new digest",
        ),
        pytest.param(
            snapshot(repositories=(repository(tags={"v1.3.0": None}),)),
            snapshot(repositories=(repository(tags=TAG),)),
            [("registry", "digest", ABSENT, TAG["v1.3.0"], ""), *()],
            id="tag pushed",
        ),
        pytest.param(
            snapshot(repositories=(repository(tags={**TAG, "v1.2.0": "sha256:" + "c" * 64}),)),
            snapshot(repositories=(repository(tags=TAG),)),
            [],
            id="a tag that nobody asked for again",
        ),
        pytest.param(
            snapshot(repositories=(replace(repository(), policy=Seen(value="{}")),)),
            snapshot(repositories=(replace(repository(), policy=Seen(value=None)),)),
            [("registry", "policy", "sha256 44136fa355b3", "(none)", "")],
            id="policy",
        ),
        pytest.param(
            snapshot(repositories=(replace(repository(), policy=Seen(value="{}"), lifecycle=Seen(value="{}")),)),
            snapshot(repositories=(replace(repository(), policy=Seen(value=None), lifecycle=unread()),)),
            [
                ("coverage", "read", "yes", "no: AccessDeniedException", ""),
                ("registry", "policy", "sha256 44136fa355b3", "(none)", ""),
            ],
            id="one policy, the other unread",
        ),
        pytest.param(
            running(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=invoker("python3.8"))),)),
            running(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=invoker("python3.12"))),)),
            [("running", "runtime", "python3.8", "python3.12", "")],
            id="runtime",
        ),
        pytest.param(
            running(clusters=cluster()),
            running(clusters=cluster(status="INACTIVE", running_tasks=3)),
            [("running", "status", "ACTIVE", "INACTIVE", "")],
            id="cluster, but not the tasks in it",
        ),
        pytest.param(
            running(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=invoker())),)),
            running(invokers=(StackInvoker(stack=STACK, invoker=unread()),)),
            [("coverage", "read", "yes", "no: AccessDeniedException", "")],
            id="unread is coverage, and no fact that is gone",
        ),
        pytest.param(
            running(families=unread()),
            running(),
            [("coverage", "read", "no: AccessDeniedException", "yes", "")],
            id="read again",
        ),
        pytest.param(
            snapshot(repositories=(repository(tags=TAG),)),
            snapshot(repositories=(replace(repository(), tags=unread()),)),
            [("coverage", "read", "yes", "no: AccessDeniedException", "")],
            id="registry unread",
        ),
        pytest.param(
            snapshot(releases=released("v1.2.0", "v1.3.0")),
            snapshot(releases=released("v1.2.0", "v1.4.0")),
            [("released", "newest", "v1.3.0", "v1.4.0", "")],
            id="release",
        ),
        pytest.param(
            pin("v1.0.0"), pin("v1.3.0", line=9), [("declared", "docker-arg 2", "v1.0.0", "v1.3.0", "")], id="pin"
        ),
        pytest.param(
            snapshot(), snapshot(gaps=(gap("unit"),)), [("coverage", "read", None, gap("unit").message, "")], id="gap"
        ),
        pytest.param(
            snapshot(),
            replace(snapshot(), incomplete="stopped by a signal"),
            [("coverage", "complete", "yes", "stopped by a signal", "")],
            id="incomplete",
        ),
    ],
)
def test_what_moved(old: Snapshot, new: Snapshot, moved: list[tuple[str | None, ...]]) -> None:
    """Each fact that moved is one change, from both sides; an equal snapshot has none."""
    found = [(one.kind, one.field, one.old, one.new, one.note) for one in changes(old, new)]
    assert found == moved
    back = [(one.kind, one.field, one.new, one.old, one.note) for one in changes(new, old)]
    assert back == moved
    assert not changes(old, old)


def test_what_passes_by_itself_has_not_moved() -> None:
    """Times, calls and their ids, and the tasks of a quarter of an hour ago are no difference."""
    old = snapshot()
    (seen,) = old.running.observations
    task = Task(arn="arn:t", definition=None, status="STOPPED")
    tasks = (StackCluster(stack=STACK, cluster=Seen(value=CLUSTER), tasks=Seen(value=(task,))),)
    before = replace(old, running=replace(old.running, observations=(replace(seen, clusters=cluster()),)))
    after = replace(
        old,
        taken_at=old.taken_at + timedelta(days=1),
        running=replace(old.running, observations=(replace(seen, calls=99, clusters=tasks, requests=(request(),)),)),
    )
    assert not changes(before, after)


@pytest.mark.parametrize(
    "narrowed",
    [{"selection": "--account shared"}, {"shard": "2/2"}, {"incomplete": "shard 1/2 is missing"}],
    ids=["selection", "shard", "incomplete"],
)
def test_a_part_of_the_fleet_has_lost_nothing(narrowed: dict[str, str]) -> None:
    """What a narrower look did not look for is no fact that is gone, but coverage; what both saw is compared."""
    rows = (row(account=DEV), row(account=SHARED, tag="v1.2.0"))
    secrets = (Secret(arn="arn:s", metadata=Seen(value=None), calls=1),)
    whole = snapshot(rows=rows, repositories=(repository(tags=TAG), repository(KANIKO)))
    whole = replace(whole, running=replace(whole.running, secrets=secrets))
    part = snapshot(rows=(row(account=SHARED, tag="v1.3.0"),), repositories=(repository(tags=PUSHED),))
    part = replace(part, declared=replace(part.declared, accounts=whole.declared.accounts))
    found = changes(whole, replace(part, **narrowed))  # type: ignore[arg-type]  # a table of cases
    assert {one.account for one in found if one.kind != "coverage"} <= {"", SHARED.name}
    assert {one.subject for one in found if one.kind == "registry"} == {"234567890123/ecs-deploy-runner:v1.3.0"}
    assert not [one for one in found if one.kind == "secret"]
    assert [(one.old, one.new) for one in found if one.field == "tag"] == [("v1.2.0", "v1.3.0")]
    assert {one.account for one in found if one.kind == "coverage" and one.new is None} == {DEV.name, ""}
    gone = {one.account for one in changes(whole, part) if one.kind == "declared" and one.new is None}
    assert DEV.name in gone


def test_a_secret_that_is_gone() -> None:
    """Metadata of secrets count too."""
    old, new = (
        replace(snapshot(), running=replace(snapshot().running, secrets=secrets))
        for secrets in ((Secret(arn="arn:s", metadata=Seen(value=None), calls=1),), ())
    )
    assert [(one.kind, one.subject, one.old, one.new) for one in changes(old, new)] == [
        ("secret", "arn:s", ABSENT, None)
    ]


def test_the_worst_comes_first() -> None:
    """A tag that was pushed over is above everything else."""
    old = snapshot(rows=(row(tag="v1.2.0"),), repositories=(repository(RUNNER, TAG), repository(KANIKO, TAG)))
    new = snapshot(rows=(row(tag="v1.3.0"),), repositories=(repository(RUNNER, TAG), repository(KANIKO, PUSHED)))
    first, *rest = changes(old, new)
    assert (first.subject, first.note) == ("234567890123/kaniko:v1.3.0", MOVED)
    assert rest


def saved(path: Path, found: Snapshot) -> str:
    """Write a snapshot file and name it."""
    snapshots.save(found, path)
    return str(path)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 where nothing moved, 1 where something has; as a table, and as data."""
    old = saved(tmp_path / "a.json", snapshot(repositories=(repository(tags=TAG),)))
    new = saved(tmp_path / "b.json.gz", snapshot(repositories=(repository(tags=PUSHED),)))
    assert main(["diff", old, old]) == 0
    assert capsys.readouterr().out == "nothing moved\n"
    assert main(["diff", old, new]) == 1
    assert "SAME TAG, NEW DIGEST" in (shown := capsys.readouterr().out)
    assert shown.endswith("1 fact moved, 1 tag with a new digest\n")
    assert main(["diff", old, new, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["schema_version"], document["same"]) == (1, False)
    assert document["changes"][0]["note"] == MOVED
    assert document["old"]["sha256"] == snapshots.sha256(snapshots.load(Path(old)))


def test_showing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is in a snapshot, for people and as data."""
    path = saved(tmp_path / "a.json", replace(snapshot(gaps=(gap("unit"),)), incomplete="stopped", shard="1/2"))
    assert main(["snapshot", "show", path]) == 0
    shown = capsys.readouterr().out
    for words in ("stopped", "1/2", "2026-11-24T06:00:00+00:00", "terraform-planner", "could not be read"):
        assert words in shown
    assert main(["snapshot", "show", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sha256"] == snapshots.sha256(snapshots.load(Path(path)))
    assert (document["incomplete"], document["units"]["read"], len(document["gaps"])) == ("stopped", 1, 1)


def test_the_first_release_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """A snapshot that an earlier release wrote is read, shown, judged and compared; what it lacks is not green."""
    old = snapshots.load(V1)
    assert (old.schema_version, old.incomplete, old.shard, old.selection) == (1, None, None, "")
    assert len(old.declared.units) == len(old.running.observations) == 6
    assert not changes(old, old)
    assert main(["snapshot", "show", str(V1)]) == 0
    assert "ecs-deploy-runner" in capsys.readouterr().out
    assert main(["check", "--snapshot", str(V1), "--check", "image-tag-drift"]) == 1
    assert "v0.52.1" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["snapshot", "merge", "a.json"], ["snapshot", "merge", "-o", "x"], ["diff", "a"]])
def test_wrong_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A missing argument is said, with 4."""
    assert main(argv) == 4
    assert "Missing" in capsys.readouterr().err


def test_a_part_of_the_fleet_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict on the snapshot of a shard is not that of the whole."""
    path = saved(tmp_path / "a.json", replace(snapshot(), shard="1/2", selection="--region us-west-2"))
    main(["check", "--snapshot", path, "--check", "image-tag-drift"])
    assert capsys.readouterr().out.endswith("(snapshot taken with --region us-west-2 --shard 1/2)\n")


def test_an_incomplete_snapshot_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Judged, marked, and never green."""
    path = saved(tmp_path / "a.json", replace(snapshot(), incomplete="shard 2/2 is missing"))
    assert main(["check", "--snapshot", path, "--check", "image-tag-drift"]) == 2
    assert capsys.readouterr().out.startswith("INCOMPLETE: shard 2/2 is missing\n")
