"""One fact at a time that could not be read: NO-GO (unknown) and 10, never GO."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.model import Gap, Seen
from audit.running.model.ecs import StackCluster
from tests.aws import DEV
from tests.ready import spoil
from tests.ready.test_situations import MILD, github
from tests.ready.world import STACK, World, judged, ruling

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.running.model.ecr import Repository
    from audit.running.model.seen import Observation


def no_tags(one: Repository) -> Repository:
    """Let the tags of a repository be unread."""
    return replace(one, tags=spoil.unread("tags"))


def no_policy(one: Repository) -> Repository:
    """Let the policy of a repository be unread."""
    return replace(one, policy=spoil.unread("policy"))


def no_clusters(one: Observation) -> Observation:
    """Let the clusters of an account be unread."""
    gone = spoil.unread("clusters")
    return replace(one, clusters=(StackCluster(stack=STACK, cluster=gone, tasks=gone),))


def no_remote_head(world: World) -> World:
    """Let nobody know which branch is the default."""
    live = world.clone()
    for name in ("HEAD", "main"):
        (live / ".git/refs/remotes/origin" / name).unlink(missing_ok=True)
    packed = live / ".git/packed-refs"
    packed.write_text("", encoding="utf-8")
    return world.of(live)


def broken_git(world: World) -> World:
    """Let the repository's HEAD be damaged."""
    live = world.clone()
    (live / ".git/HEAD").write_text("ref: refs/heads/../../x\n", encoding="utf-8")
    return world.of(live)


def declared_gap(world: World) -> World:
    """Let a unit of the repository be unreadable."""
    gap = Gap(what="unit", unit="prod/us-west-2/mgmt/ecs-deploy-runner", message="prod: does not parse; mend it")
    declared = world.snapshot.declared
    return replace(world, snapshot=replace(world.snapshot, declared=replace(declared, gaps=(gap,))))


def pins_gap(world: World) -> World:
    """Let the build scripts be unreadable."""
    gap = Gap(what="pins", message="build.sh: not UTF-8", call="build.sh")
    declared = replace(world.snapshot.declared, pins=(), gaps=(gap,))
    return replace(world, snapshot=replace(world.snapshot, declared=declared))


def old_list(world: World) -> World:
    """Go beyond a list of releases that is too old to know."""
    released = replace(world.snapshot.released, as_of=date(2020, 2, 12))
    return spoil.aim(replace(world, snapshot=replace(world.snapshot, released=released)), "v1.9.0")


UNREAD = [
    pytest.param(
        lambda w: spoil.fact(w, DEV, families=spoil.unread("families")),
        {"fleet-not-read", "target-older-than-running", "upgrade-barrier", "apply-outstanding"},
        id="families",
    ),
    pytest.param(
        lambda w: spoil.fact(w, DEV, identity=spoil.unread("identity")),
        {"fleet-not-read", "identity-of-a-machine", "identity-cannot-call-iam"},
        id="identity",
    ),
    pytest.param(
        lambda w: spoil.invoker_fact(w, spoil.unread("invoker")),
        {"fleet-not-read", "invoker-pattern-broken"},
        id="invoker",
    ),
    pytest.param(lambda w: spoil.observed(w, no_clusters, DEV), {"fleet-not-read", "task-in-flight"}, id="tasks"),
    pytest.param(
        lambda w: spoil.fact(w, DEV, caller_rights=spoil.unread("rights")), {"identity-may-not-invoke"}, id="rights"
    ),
    pytest.param(
        lambda w: spoil.fact(w, DEV, caller_rights=Seen(value=None)),
        {"identity-may-not-invoke", "identity-may-not-update"},
        id="rights that nobody asked for",
    ),
    pytest.param(lambda w: spoil.repositories(w, no_tags), {"fleet-not-read", "image-not-buildable"}, id="tags in ECR"),
    pytest.param(
        lambda w: spoil.repositories(w, no_policy), {"fleet-not-read", "image-not-pullable"}, id="pull policy"
    ),
    pytest.param(lambda w: w.given(to="v1.2.0"), {"image-not-buildable"}, id="a target that was not asked for"),
    pytest.param(declared_gap, {"fleet-not-read"}, id="a unit of the repository"),
    pytest.param(
        pins_gap,
        {
            "fleet-not-read",
            "build-without-env-secret",
            "build-args-not-kept",
            "pin-moves-along",
            "invoker-refuses-repository",
        },
        id="build scripts",
    ),
    pytest.param(lambda w: spoil.module_ref(w, None), {"module-ref-too-old"}, id="module ref"),
    pytest.param(
        lambda w: spoil.runs(w, "latest", "planner", DEV),
        {"target-older-than-running", "upgrade-barrier"},
        id="a running tag without an order",
    ),
    pytest.param(old_list, {"target-not-released"}, id="releases beyond an old list"),
    pytest.param(no_remote_head, {"branch-not-default"}, id="default branch"),
    pytest.param(broken_git, {"branch-not-default"}, id="git"),
    pytest.param(lambda w: w.given(infra_live=None), {"branch-not-default"}, id="no repository, only a snapshot"),
    pytest.param(
        lambda w: w.tools(terragrunt="mise ERROR no version is set"), {"tool-too-old"}, id="version of terragrunt"
    ),
    pytest.param(github(410), {"github-token-refused"}, id="GitHub answers otherwise"),
    pytest.param(lambda w: w.given(offline=True), {"github-token-refused"}, id="offline"),
    pytest.param(
        lambda w: w.given(github_url="http://127.0.0.1:9"), {"github-token-refused"}, id="GitHub not reachable"
    ),
]


@pytest.mark.parametrize(("spoilt", "unknown"), UNREAD)
def test_one_unread_fact_is_no_go_and_10(world: World, spoilt: Callable[[World], World], unknown: set[str]) -> None:
    """No blocker is invented, none passes, and the ruling says that it does not know."""
    blockers, warnings, found = judged(spoilt(world))
    assert (blockers, found) == (set(), unknown)
    assert warnings <= {*MILD, "apply-outstanding"}


def test_the_ruling_of_what_is_unknown(world: World) -> None:
    """The exit code is 10, and the words don't say GO."""
    results = ruling(spoil.fact(world, DEV, caller_rights=spoil.unread("rights")))
    assert results.exit_code == 10
    assert results.verdict.startswith("exit 10: NO-GO (unknown) for v1.3.0: 1 blocker could not be read")
