"""A table of situations before an upgrade, each with exactly its blockers and warnings, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen
from tests.aws import DEV, SHARED
from tests.ready import spoil
from tests.ready.spoil import BUILDER
from tests.ready.world import PULL, STACK, World, git, judged
from tests.workstation import stubs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audit.declared.model import Pin

MILD = {"upgrade-barrier", "pin-moves-along"}
USER = f"arn:aws:iam::{DEV}:user/anna"


def same(world: World) -> World:
    """Leave the world as it is."""
    return world


def inside(world: World) -> World:
    """Put a terragrunt into the repository, and its folder first on PATH."""
    live = world.clone()
    stubs.script(live / "bin" / "terragrunt", "touch /tmp/never")
    git(live, "add", "--all")
    git(live, "commit", "--quiet", "--message=Help everybody")
    git(live, "update-ref", "refs/remotes/origin/main", "HEAD")
    return world.of(live).set(PATH=f"{live}/bin:{world.environment['PATH']}")


def changed(world: World) -> World:
    """Change a file, and add one."""
    live = world.clone()
    (live / "common.hcl").write_text("locals {}\n", encoding="utf-8")
    (live / "notes.txt").write_text("later\n", encoding="utf-8")
    return world.of(live)


def elsewhere(world: World) -> World:
    """Check another branch out."""
    live = world.clone()
    git(live, "switch", "--quiet", "--create", "trial")
    return world.of(live)


def detached(world: World) -> World:
    """Check no branch out."""
    live = world.clone()
    git(live, "switch", "--quiet", "--detach")
    return world.of(live)


def behind(world: World) -> World:
    """Fetch a commit, and don't take it."""
    live = world.clone()
    git(live, "commit", "--quiet", "--allow-empty", "--message=Newer")
    git(live, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(live, "reset", "--quiet", "--hard", "HEAD~1")
    return world.of(live)


def no_git(world: World) -> World:
    """Judge a folder that is in no git repository."""
    folder = world.folder / "plain"
    folder.mkdir()
    return world.of(folder)


def github(status: int, **headers: str) -> Callable[[World], World]:
    """Let GitHub answer otherwise."""

    def change(world: World) -> World:
        world.github.update(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return world

    return change


def old_builds(pin: Pin) -> Pin | None:
    """Pass the token as a build argument, as old scripts do."""
    return replace(pin, name="build-arg", value="GITHUB_OAUTH_TOKEN") if pin.kind == "build-secret" else pin


def policy(**statement: object) -> Callable[[World], World]:
    """Let the repositories have another policy."""
    (usual,) = PULL["Statement"]
    text = json.dumps({"Statement": [{**usual, **statement}]})  # type: ignore[dict-item]  # a statement of our own
    return lambda world: spoil.repositories(world, lambda one: replace(one, policy=Seen(value=text)))


def mixed(world: World) -> World:
    """Run v0.50.11, and the kaniko of v0.50.4."""
    first = spoil.runs(world, "v0.50.4", "docker-image-builder", SHARED)
    return spoil.runs(first, "v0.50.11")


SITUATIONS = [
    pytest.param(same, set(), MILD, set(), id="all right"),
    pytest.param(spoil.built, set(), MILD, set(), id="images there already"),
    # the target
    pytest.param(lambda w: spoil.aim(w, "v1.2.9"), {"target-not-released"}, MILD, set(), id="target never released"),
    pytest.param(
        lambda w: spoil.aim(spoil.runs(w, "v0.56.0"), "v0.57.0"),
        {"target-known-bad"},
        {"pin-moves-along", "apply-outstanding"},
        set(),
        id="target known bad",
    ),
    pytest.param(
        lambda w: spoil.aim(w, "v0.52.1"),
        {"target-older-than-running"},
        {"pin-moves-along"},
        set(),
        id="target older than running",
    ),
    pytest.param(lambda w: w.given(to="latest-allowed"), set(), MILD, set(), id="newest that is allowed"),
    # what runs
    pytest.param(
        lambda w: spoil.runs(w, "v0.52.1", account=DEV),
        set(),
        {*MILD, "apply-outstanding"},
        set(),
        id="a bump never applied",
    ),
    pytest.param(spoil.busy, {"task-in-flight"}, MILD, set(), id="task in flight"),
    pytest.param(
        lambda w: spoil.busy(w, counted=1), {"task-in-flight"}, MILD, set(), id="task only counted by the cluster"
    ),
    pytest.param(lambda w: spoil.busy(w, status="STOPPED"), set(), MILD, set(), id="task that has stopped"),
    pytest.param(mixed, {"kaniko-too-old"}, {*MILD, "apply-outstanding"}, set(), id="kaniko v0.50.4 under v0.50.11"),
    pytest.param(
        lambda w: spoil.module_ref(w, "v0.90.2"), {"module-ref-too-old"}, MILD, set(), id="module ref too old"
    ),
    pytest.param(
        lambda w: spoil.module_ref(
            w, "v0.57.3", "git::https://example.com/terraform-aws-ci.git//modules/ecs-deploy-runner"
        ),
        set(),
        MILD,
        set(),
        id="module of terraform-aws-ci itself",
    ),
    pytest.param(
        lambda w: spoil.module_ref(
            w, "v0.49.1", "git::https://example.com/terraform-aws-ci.git//modules/ecs-deploy-runner"
        ),
        set(),
        MILD,
        {"module-ref-too-old"},
        id="module of an old terraform-aws-ci",
    ),
    pytest.param(
        lambda w: spoil.pins(w, old_builds), {"build-without-env-secret"}, MILD, set(), id="token as build argument"
    ),
    pytest.param(
        lambda w: spoil.pins(w, lambda pin: None if pin.name == "kubergrunt_version" else pin),
        set(),
        {*MILD, "build-args-not-kept"},
        set(),
        id="a build argument dropped",
    ),
    pytest.param(lambda w: spoil.pins(w, lambda _: None), set(), {"upgrade-barrier"}, set(), id="no pins at all"),
    pytest.param(
        lambda w: spoil.without_family(w, BUILDER, SHARED),
        {"image-not-buildable"},
        MILD,
        {"kaniko-too-old"},
        id="nothing builds",
    ),
    pytest.param(
        lambda w: spoil.built(mixed(w)),
        set(),
        {*MILD, "apply-outstanding"},
        set(),
        id="an old kaniko, nothing to build",
    ),
    # who may pull
    pytest.param(
        policy(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        {"image-not-pullable"},
        MILD,
        set(),
        id="account not in the pull policy",
    ),
    pytest.param(policy(Principal="*"), set(), MILD, set(), id="everybody may pull"),
    pytest.param(
        policy(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}}),
        set(),
        MILD,
        {"image-not-pullable"},
        id="pull policy with a condition",
    ),
    # who the caller is
    pytest.param(
        lambda w: spoil.caller(w, f"arn:aws:iam::{DEV}:user/ci-machine-user"),
        {"identity-of-a-machine"},
        MILD,
        set(),
        id="the machine user",
    ),
    pytest.param(
        lambda w: spoil.caller(w, f"arn:aws:sts::{DEV}:assumed-role/allow-auto-deploy-from-other-accounts/ci"),
        {"identity-of-a-machine"},
        MILD,
        set(),
        id="the role of the machine user",
    ),
    pytest.param(
        lambda w: spoil.caller(w, f"arn:aws:sts::{DEV}:assumed-role/{STACK}-terraform-applier/1"),
        {"identity-of-a-machine"},
        MILD,
        set(),
        id="a role of the runner",
    ),
    pytest.param(
        lambda w: spoil.refused(spoil.caller(w, USER, token=True)),
        {"identity-cannot-call-iam"},
        MILD,
        {"identity-may-not-invoke"},
        id="a bare session token, by a profile too",
    ),
    pytest.param(
        lambda w: spoil.refused(spoil.caller(w, USER)).set(
            AWS_SESSION_TOKEN="t", AWS_CREDENTIAL_EXPIRATION="2100-01-01T00:00:00Z"
        ),
        {"identity-cannot-call-iam"},
        MILD,
        {"identity-may-not-invoke"},
        id="a bare session token, in the snapshot of an earlier release",
    ),
    pytest.param(
        lambda w: spoil.refused(spoil.caller(w, USER, token=True), "Throttling"),
        set(),
        MILD,
        {"identity-cannot-call-iam", "identity-may-not-invoke"},
        id="a session token that IAM did not judge",
    ),
    pytest.param(
        lambda w: spoil.refused(spoil.caller(w, f"arn:aws:sts::{DEV}:federated-user/anna", token=True)),
        {"identity-cannot-call-iam"},
        MILD,
        {"identity-may-not-invoke"},
        id="a federated session",
    ),
    pytest.param(lambda w: spoil.caller(w, USER, token=True), set(), MILD, set(), id="a session with MFA"),
    pytest.param(lambda w: spoil.caller(w, USER, token=False), set(), MILD, set(), id="a user without a session"),
    pytest.param(
        lambda w: w.set(AWS_SESSION_TOKEN="t", AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z"),
        {"identity-ends-too-soon"},
        MILD,
        set(),
        id="a session that ends",
    ),
    pytest.param(
        lambda w: w.set(AWS_SESSION_TOKEN="t"),
        set(),
        MILD,
        {"identity-ends-too-soon"},
        id="a session of unknown length",
    ),
    pytest.param(
        lambda w: w.set(AWS_SESSION_TOKEN="t", AWS_SESSION_EXPIRATION="soon"),
        set(),
        MILD,
        {"identity-ends-too-soon"},
        id="a session of unreadable length",
    ),
    pytest.param(
        lambda w: spoil.denied(w, "lambda:InvokeFunction"),
        {"identity-may-not-invoke"},
        MILD,
        set(),
        id="may not invoke",
    ),
    pytest.param(
        lambda w: spoil.denied(w, "lambda:UpdateFunctionCode"),
        {"identity-may-not-update"},
        MILD,
        set(),
        id="may not update",
    ),
    # the workstation
    pytest.param(lambda w: w.tools(aws=None), {"tool-missing"}, MILD, set(), id="no aws"),
    pytest.param(lambda w: w.tools(terragrunt=None), {"tool-missing"}, MILD, set(), id="no terragrunt"),
    pytest.param(lambda w: w.tools(docker=None), set(), MILD, set(), id="no docker, none needed"),
    pytest.param(
        lambda w: mixed(w).tools(docker=None),
        {"tool-missing", "kaniko-too-old"},
        {*MILD, "apply-outstanding"},
        set(),
        id="no docker, a bootstrap needed",
    ),
    pytest.param(
        lambda w: mixed(w).tools(docker="Docker version 17.12.1-ce, build 7390fc6"),
        {"tool-too-old", "kaniko-too-old"},
        {*MILD, "apply-outstanding"},
        set(),
        id="docker without BuildKit",
    ),
    pytest.param(
        lambda w: spoil.built(w.tools(infrastructure_deployer=None)),
        {"tool-missing"},
        MILD,
        set(),
        id="no deployer, though nothing is built: it asks the invoker after an apply",
    ),
    pytest.param(
        lambda w: w.tools(infrastructure_deployer=None), {"tool-missing"}, MILD, set(), id="no infrastructure-deployer"
    ),
    pytest.param(lambda w: w.tools(aws_vault=None), set(), MILD, set(), id="no aws-vault, roles are used"),
    pytest.param(
        lambda w: w.tools(aws_vault=None).given(profile="your-{account}"),
        {"tool-missing"},
        MILD,
        set(),
        id="no aws-vault, profiles are used",
    ),
    pytest.param(
        lambda w: w.tools(terragrunt="terragrunt version 0.99.4"),
        set(),
        {*MILD, "tool-differs-from-runner"},
        set(),
        id="terragrunt newer than the runner's",
    ),
    pytest.param(
        lambda w: w.tools(terraform="OpenTofu v1.6.2\non linux_amd64"),
        set(),
        {*MILD, "tool-differs-from-runner"},
        set(),
        id="tofu in terraform's place",
    ),
    pytest.param(inside, {"tool-inside-repository"}, MILD, set(), id="a tool in the repository"),
    pytest.param(changed, {"worktree-not-clean"}, MILD, set(), id="changes not committed"),
    pytest.param(elsewhere, {"branch-not-default"}, MILD, set(), id="another branch"),
    pytest.param(detached, {"branch-not-default"}, MILD, set(), id="no branch"),
    pytest.param(behind, {"branch-behind"}, MILD, set(), id="behind what was fetched"),
    pytest.param(no_git, {"branch-not-default"}, MILD, set(), id="no git repository"),
    pytest.param(lambda w: w.set(AWS_REGION=None), set(), {*MILD, "region-not-set"}, set(), id="no region"),
    pytest.param(
        lambda w: w.set(ECS_CONTAINER_METADATA_URI_V4="http://169.254.170.2/v4/x"),
        {"inside-the-runner"},
        MILD,
        set(),
        id="a task of ECS",
    ),
    # the token
    pytest.param(lambda w: w.set(GITHUB_OAUTH_TOKEN=None), {"github-token-not-set"}, MILD, set(), id="no token"),
    pytest.param(github(401), {"github-token-refused"}, MILD, set(), id="token refused"),
    pytest.param(
        lambda w: w.set(GITHUB_OAUTH_TOKEN="with blanks"), {"github-token-refused"}, MILD, set(), id="no token at all"
    ),
    pytest.param(github(404), {"github-token-sees-no-release"}, MILD, set(), id="token sees no release"),
    pytest.param(
        github(404, X_OAuth_Scopes="gist"), {"github-token-lacks-scope"}, MILD, set(), id="token without scope"
    ),
    pytest.param(
        github(200, GitHub_Authentication_Token_Expiration="2020-11-25 06:00:00 UTC"),
        set(),
        {*MILD, "github-token-ends-soon"},
        set(),
        id="token ends soon, or has just ended",
    ),
]


@pytest.mark.parametrize(("spoilt", "blockers", "warnings", "unknown"), SITUATIONS)
def test_situations(
    world: World, spoilt: Callable[[World], World], blockers: set[str], warnings: set[str], unknown: set[str]
) -> None:
    """Exactly these are blockers, exactly those warnings; what could not be read is neither."""
    assert judged(spoilt(world)) == (blockers, warnings, unknown)


def test_nothing_of_the_repository_was_started(world: World) -> None:
    """The program in the repository was noticed, and not run."""
    never: Path = world.folder / "never"
    spoilt = inside(world)
    assert spoilt.settings.infra_live is not None
    stubs.script(spoilt.settings.infra_live / "bin" / "terragrunt", f": > {never}")
    judged(spoilt)
    assert not never.exists()
