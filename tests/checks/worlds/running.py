"""Worlds of the checks that look at what runs: images, the runner and its tasks, the invoker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from audit.model import Fact, Seen
from audit.running.model.access import RoleChange
from audit.running.model.ecr import PlatformImage, TagImage
from audit.running.model.ecs import Logging, Task, Variable
from audit.running.model.invoker import Script
from tests.checks.judging import DIGEST, PLANNER, planner, planner_runs, rules
from tests.checks.worlds.made import BARE, DARK, IDLE, RULES, World, invoked, runs, task_definition
from tests.nouns import (
    DEV,
    NOW,
    REGION,
    RUNNER,
    STACK,
    clustered,
    definition,
    families,
    fleet,
    invoker,
    observation,
    pin,
    pulled,
    released,
    repository,
    row,
    task,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView

OTHER = "sha256:" + "e" * 64
STRANGER = planner_runs("docker.example.com/x:1")
ROLE = f"arn:aws:iam::{DEV.id}:role/{PLANNER}"
SIZED: dict[str, Any] = {"cpu": "256", "launch_types": ("FARGATE",)}
BUILD = Script(
    container="docker-image-builder",
    name="build-docker-image",
    allowed_options=("--repo", "--ref", "--env-secret"),
    restricted_options=(),
    patterns=(("--repo", "https://github.com/gruntwork-io/.*"), ("--ref", "v.*")),
    hardcoded=(),
    positional=False,
)
FAILED = task(status="STOPPED", stopped_at=NOW, stop_code="TaskFailedToStart")
DARK_TASKS = planner(task_definition(), {"clusters": (replace(clustered(), tasks=unread("tasks")),)})


def held(**tag: Any) -> UnitView:  # noqa: ANN401 -- facts of the tag
    """Give a unit whose registry holds the running tag with these facts."""
    image = replace(TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW), **tag)
    return view(rows=(row(),), repositories=(replace(repository(), tags=Seen(value=(image,))),))


def unheld() -> UnitView:
    """Give a unit whose registry could not be read."""
    return view(rows=(row(),), repositories=(replace(repository(), tags=unread("registry")),))


def built_for(platform: str) -> UnitView:
    """Give a unit whose image is an index with one platform."""
    return held(images=(PlatformImage(digest=DIGEST, platform=platform),))


def allowing(**changes: Any) -> UnitView:  # noqa: ANN401 -- fields of a script
    """Give a unit whose invoker lets a build through, but for the changes."""
    return invoked(replace(invoker(), scripts=(replace(BUILD, **changes),)))


def cluster(*tasks: Task, **changes: Any) -> UnitView:  # noqa: ANN401 -- fields of a cluster
    """Give a unit in sync whose cluster has these tasks."""
    return planner(task_definition(), {"clusters": (clustered(*tasks, **changes),)})


def container(**changes: Any) -> UnitView:  # noqa: ANN401 -- fields of a container
    """Give a unit whose planner's container has these facts."""
    found = task_definition()
    return planner(replace(found, images=(replace(found.images[0], **changes),)))


def logging(groups: Fact[tuple[str, ...]]) -> UnitView:
    """Give a unit whose planner writes to a log group, beside those that exist."""
    found = task_definition()
    log = Logging(driver="awslogs", group="/ecs/a", region=REGION)
    return planner(replace(found, images=(replace(found.images[0], logging=log),)), {"log_groups": groups})


def role(changes: object) -> UnitView:
    """Give a unit whose planner has a role, with what IAM says of it."""
    return planner(task_definition(task_role=ROLE), {"role_changes": changes})


IMAGES: dict[str, World] = {
    "image-tag-drift": World(
        passes=(view(),), fails=(planner_runs(f"{RUNNER}:v1.2.0"),), unknown=(DARK,), beside=(IDLE,)
    ),
    "image-repository-drift": World(passes=(view(),), fails=(STRANGER,), unknown=(DARK,), beside=(IDLE,)),
    "image-digest-drift": World(
        passes=(cluster(task(containers=pulled(DIGEST))), fleet()),
        fails=(cluster(task(containers=pulled(OTHER))), fleet()),
        unknown=(unheld(), fleet()),
        beside=(STRANGER, fleet()),
    ),
    "running-tag-not-in-registry": World(
        passes=(view(),), fails=(held(digest=None),), unknown=(unheld(),), beside=(STRANGER,)
    ),
    "image-architecture-differs": World(
        passes=(built_for("linux/amd64"),),
        fails=(built_for("linux/arm64"),),
        unknown=(unheld(),),
        beside=(view(),),
    ),
}
INVOKER: dict[str, World] = {
    "invoker-missing": World(passes=(view(),), fails=(invoked(None),), unknown=(DARK,), beside=(BARE,)),
    "invoker-update-failed": World(
        passes=(view(),), fails=(invoked(replace(invoker(), state="Failed")),), unknown=(DARK,), beside=(BARE,)
    ),
    "invoker-runtime-deprecated": World(
        passes=(view(), RULES),
        fails=(invoked(invoker("python3.8")), RULES),
        unknown=(DARK, RULES),
        beside=(BARE, RULES),
    ),
    "invoker-lacks-env-secret": World(
        passes=(allowing(),), fails=(allowing(allowed_options=()),), unknown=(DARK,), beside=(BARE,)
    ),
    "invoker-lacks-repository": World(
        passes=(allowing(), fleet()),
        fails=(allowing(), fleet(pins=(pin("build-repo", "DOCKERFILE_REPO", "https://github.com/acme/x.git"),))),
        unknown=(DARK, fleet()),
        beside=(BARE, fleet()),
    ),
    "invoker-lacks-ref": World(
        passes=(allowing(), RULES),
        fails=(allowing(patterns=(("--ref", "main"),)), RULES),
        unknown=(DARK, RULES),
        beside=(allowing(), rules(replace(released(), releases=()))),
    ),
    "invoker-pattern-invalid": World(
        passes=(allowing(),), fails=(allowing(patterns=(("--ref", "("),)),), unknown=(DARK,), beside=(BARE,)
    ),
}
TWO = (row("terraform-planner"), row("terraform-applier"))
HALF = view(rows=TWO, observations=(observation(families=Seen(value=families(TWO[:1]))),))
EXTRA = view(observations=(observation(families=Seen(value=(*families(TWO), definition(f"{STACK}-old", "x/y:1")))),))
STACKS: dict[str, World] = {
    "stack-missing": World(passes=(view(),), fails=(BARE,), unknown=(DARK,), beside=(IDLE,)),
    "family-missing": World(passes=(view(),), fails=(HALF,), unknown=(DARK,), beside=(BARE,)),
    "family-undeclared": World(passes=(view(),), fails=(EXTRA,), unknown=(DARK,)),
    "cluster-missing": World(
        passes=(view(),),
        fails=(cluster(status="DRAINING"),),
        unknown=(DARK,),
        beside=(invoked(None, families=Seen(value=()), clusters=(replace(clustered(), cluster=Seen(value=None)),)),),
    ),
    "task-on-old-revision": World(
        passes=(cluster(task()),),
        fails=(cluster(task(definition=f"{PLANNER}:6")),),
        unknown=(DARK_TASKS,),
        beside=(cluster(),),
    ),
    "task-running-too-long": World(
        passes=(cluster(task()), fleet()),
        fails=(cluster(task(started_at=NOW - timedelta(hours=7))), fleet()),
        unknown=(DARK_TASKS, fleet()),
        beside=(cluster(), fleet()),
    ),
    "task-failed-to-start": World(
        passes=(cluster(replace(FAILED, stop_code="EssentialContainerExited")),),
        fails=(cluster(FAILED),),
        unknown=(DARK_TASKS,),
        beside=(cluster(),),
    ),
    "task-size-invalid": World(
        passes=(runs(memory="512", **SIZED),), fails=(runs(memory="513", **SIZED),), unknown=(DARK,), beside=(view(),)
    ),
}
SECURITY: dict[str, World] = {
    "secret-in-environment": World(
        passes=(view(),),
        fails=(container(environment=(Variable(name="TOKEN", value="token"),)),),
        unknown=(DARK,),
        beside=(BARE,),
    ),
    "container-privileged": World(
        passes=(view(),), fails=(container(privileged=True),), unknown=(DARK,), beside=(BARE,)
    ),
    "log-group-missing": World(
        passes=(logging(Seen(value=("/ecs/a",))),),
        fails=(logging(Seen(value=())),),
        unknown=(logging(unread("log groups")),),
        beside=(view(),),
    ),
    "task-role-can-change-itself": World(
        passes=(role(Seen(value=(RoleChange(role=ROLE, allowed=()),))),),
        fails=(role(Seen(value=(RoleChange(role=ROLE, allowed=("iam:PutRolePolicy",)),))),),
        unknown=(role(unread("role changes")),),
        beside=(role(Seen(value=None)),),
    ),
}
WORLDS: dict[str, World] = {**IMAGES, **INVOKER, **STACKS, **SECURITY}
