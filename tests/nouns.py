"""Hand-made nouns: a small fleet as a snapshot, each fact of which a test can replace."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from audit.configuration.config import Settings
from audit.declared.model import Declared, DeclaredContainer, DeclaredUnit, Diagnostic, Pin, Shadow
from audit.fleet import deploy_order
from audit.model import Account, Gap, Location, Seen, Unread
from audit.released.model import Release, Released
from audit.running.model.access import Identity
from audit.running.model.ecr import Repository, RepositorySettings, TagImage
from audit.running.model.ecs import Cluster, ContainerImage, StackCluster, Task, TaskContainer, TaskDefinition
from audit.running.model.invoker import Invoker, StackInvoker
from audit.running.model.requests import Request
from audit.running.model.seen import Observation, Running
from audit.snapshot import Snapshot
from audit.verdict import pairing
from audit.verdict.fleet import Fleet
from audit.verdict.releases import Releases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.running.model.secrets import Secret
    from audit.verdict.pairing import UnitView

REGION = "us-west-2"
RUNNER = f"234567890123.dkr.ecr.{REGION}.amazonaws.com/ecs-deploy-runner"
KANIKO = f"234567890123.dkr.ecr.{REGION}.amazonaws.com/kaniko"
STACK = "ecs-deploy-runner"
DEV = Account(name="dev", id="345678901234")
SHARED = Account(name="shared", id="234567890123")
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TODAY = NOW.date()
PULL_BY_ALL = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]})
TAG_AT = Location(file="common.hcl", line=25, column=39)
IMAGE_AT = Location(file="common.hcl", line=24, column=39)


def row(container: str = "terraform-planner", account: Account = DEV, **changes: object) -> DeclaredContainer:
    """Declare one container, on the runner's image at v1.3.0."""
    made = DeclaredContainer(
        unit=f"{account.name}/{REGION}/mgmt/ecs-deploy-runner",
        account=account.name,
        account_id=account.id,
        region=REGION,
        stack=STACK,
        container=container,
        deployed=True,
        image=KANIKO if container == "docker-image-builder" else RUNNER,
        tag="v1.3.0",
        image_origin=IMAGE_AT,
        tag_origin=TAG_AT,
        module_source="git::https://example.com/catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.107.5",
        module_ref="v0.107.5",
        unknown={},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # tests name the fields that they change


def null(container: str, account: Account = DEV) -> DeclaredContainer:
    """Declare that a container is not deployed."""
    return row(container, account, deployed=False, image=None, tag=None, image_origin=None, tag_origin=None)


def unit_of(container: DeclaredContainer) -> DeclaredUnit:
    """Give the unit that a row belongs to."""
    return DeclaredUnit(
        path=container.unit,
        kind="terragrunt",
        account=container.account,
        account_id=container.account_id,
        region=container.region,
        stack=container.stack,
        module_source=container.module_source,
        module_ref=container.module_ref,
        source_origin=None,
        chains={},
    )


def definition(family: str, *images: str) -> TaskDefinition:
    """Make the newest revision of a family."""
    containers = tuple(ContainerImage(container=f"c{index}", image=image) for index, image in enumerate(images))
    return TaskDefinition(
        family=family,
        revision=7,
        arn=f"arn:aws:ecs:{REGION}:{DEV.id}:task-definition/{family}:7",
        images=containers,
        registered_at=NOW,
        registered_by=None,
    )


def invoker(runtime: str | None = "python3.12") -> Invoker:
    """Make an invoker Lambda."""
    return Invoker(
        name=f"{STACK}-invoker", runtime=runtime, state="Active", last_update_status="Successful", last_modified=NOW
    )


def clustered(*tasks: Task, stack: str = STACK, **changes: object) -> StackCluster:
    """Make a cluster with these tasks."""
    made = Cluster(
        name=stack,
        arn=f"arn:aws:ecs:{REGION}:{DEV.id}:cluster/{stack}",
        status="ACTIVE",
        running_tasks=len(tasks),
        pending_tasks=0,
        capacity_providers=(),
    )
    return StackCluster(stack=stack, cluster=Seen(value=replace(made, **changes)), tasks=Seen(value=tasks))  # type: ignore[arg-type]  # tests name the fields that they change


def task(id_: str = "t1", container: str = "terraform-planner", **changes: object) -> Task:
    """Make a task of the newest revision of a family, that has run for an hour."""
    made = Task(
        arn=f"arn:aws:ecs:{REGION}:{DEV.id}:task/{STACK}/{id_}",
        definition=f"{STACK}-{container}:7",
        status="RUNNING",
        started_at=NOW - timedelta(hours=1),
        launch_type="FARGATE",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # tests name the fields that they change


def pulled(digest: str | None, image: str = f"{RUNNER}:v1.3.0") -> tuple[TaskContainer, ...]:
    """Make the only container of a task, with the digest that it pulled."""
    return (TaskContainer(name="c0", image=image, digest=digest),)


def pin(kind: str, name: str, value: str, **changes: object) -> Pin:
    """Make a pin in a build script."""
    made = Pin(kind=kind, name=name, value=value, origin=Location(file="build.sh", line=8, column=28))
    return replace(made, **changes)  # type: ignore[arg-type]  # tests name the fields that they change


def families(rows: tuple[DeclaredContainer, ...]) -> tuple[TaskDefinition, ...]:
    """Run exactly what is declared."""
    return tuple(definition(f"{r.stack}-{r.container}", f"{r.image}:{r.tag}") for r in rows if r.deployed)


def request(id_: str = "5f0c3c0e-6a5b-4a53-8a43-0f6c0d3f9d11", call: str = "sts:GetCallerIdentity") -> Request:
    """Make a call that came through."""
    return Request(call=call, id=id_, time=NOW)


def observation(account: Account = DEV, **changes: object) -> Observation:
    """Make what was seen in one account: an invoker, and no families unless they are given."""
    seen = Observation(
        account=account,
        region=REGION,
        identity=Seen(value=Identity(account_id=account.id or "", arn=f"arn:aws:iam::{account.id}:role/audit")),
        families=Seen(value=()),
        invokers=(StackInvoker(stack=STACK, invoker=Seen(value=invoker())),),
        calls=5,
        clusters=(clustered(),),
        log_groups=Seen(value=()),
    )
    return replace(seen, **changes)  # type: ignore[arg-type]  # tests name the fields that they change


def repository(image: str = RUNNER, tags: Mapping[str, str | None] | None = None) -> Repository:
    """Make an ECR repository that holds each tag with its digest (None: not there)."""
    held: Mapping[str, str | None] = {
        f"v1.{minor}.0": "sha256:" + letter * 64 for letter, minor in zip("abc", "321", strict=True)
    }
    held = held if tags is None else tags
    images = tuple(TagImage(tag=tag, digest=digest, pushed_at=NOW, size_bytes=10) for tag, digest in held.items())
    name = image.rpartition("/")[2]
    settings = RepositorySettings(
        arn=f"arn:aws:ecr:{REGION}:{SHARED.id}:repository/{name}",
        tag_mutability="IMMUTABLE",
        scan_on_push=True,
        encryption="KMS",
        kms_key=None,
        created_at=NOW,
    )
    return Repository(
        registry_id="234567890123",
        region=REGION,
        name=name,
        tags=Seen(value=images),
        settings=Seen(value=settings),
        lifecycle=Seen(value=None),
        policy=Seen(value=PULL_BY_ALL),
        calls=1,
    )


def gap(what: str = "families", account: Account = DEV, **changes: object) -> Gap:
    """Make a gap: a denied call in one account."""
    made = Gap(
        what=what,
        message=f"{account.name}: ecs:ListTaskDefinitionFamilies was denied; allow it",
        account=account.name,
        account_id=account.id,
        region=REGION,
        call="ecs:ListTaskDefinitionFamilies",
        code="AccessDeniedException",
        permission="ecs:ListTaskDefinitionFamilies",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # tests name the fields that they change


def unread(what: str = "families", account: Account = DEV) -> Unread:
    """Make a fact that could not be read."""
    return Unread(gap=gap(what, account))


def released(*tags: str, as_of: date = TODAY) -> Released:
    """Make a list of releases, ascending, one a month up to its date."""
    listed = tags or ("v1.1.0", "v1.2.0", "v1.3.0")
    return Released(
        kind="file",
        where="releases.json",
        release_repo="gruntwork-io/terraform-aws-ci",
        as_of=as_of,
        releases=tuple(
            Release(
                tag=tag,
                published=date(2026, index + 1, 1),
                backward_incompatible=False,
                modules_affected=("ecs-deploy-runner",),
            )
            for index, tag in enumerate(listed)
        ),
    )


def snapshot(
    *,
    rows: tuple[DeclaredContainer, ...] = (row("terraform-planner"), row("terraform-applier")),
    observations: tuple[Observation, ...] | None = None,
    repositories: tuple[Repository, ...] = (repository(RUNNER), repository(KANIKO)),
    releases: Released | None = None,
    declared_gaps: tuple[Gap, ...] = (),
    gaps: tuple[Gap, ...] = (),
    pins: tuple[Pin, ...] = (),
    shadows: tuple[Shadow, ...] = (),
    diagnostics: tuple[Diagnostic, ...] = (),
    secrets: tuple[Secret, ...] = (),
    listed: tuple[Account, ...] | None = None,
) -> Snapshot:
    """Make a snapshot of the rows' units, in sync unless something else is given."""
    units = {r.unit: unit_of(r) for r in rows}
    accounts = {r.account_id: Account(name=r.account or "?", id=r.account_id) for r in rows}
    if observations is None:
        observations = tuple(
            observation(account, families=Seen(value=families(tuple(r for r in rows if r.account_id == id_))))
            for id_, account in accounts.items()
            if id_
        )
    return Snapshot(
        taken_at=NOW,
        tool_version="0.1.0",
        caller="arn:aws:iam::345678901234:role/audit",
        declared=Declared(
            units=tuple(units.values()),
            containers=rows,
            pins=pins,
            gaps=declared_gaps,
            accounts=tuple(accounts.values()) if listed is None else listed,
            shadows=shadows,
            diagnostics=diagnostics,
        ),
        running=Running(observations=observations, repositories=repositories, secrets=secrets),
        released=releases or released(),
        order=deploy_order(accounts.values()),
        gaps=gaps,
    )


def view(**facts: object) -> UnitView:
    """Make the view of the only unit of a snapshot with these facts."""
    (only,) = pairing.views(snapshot(**facts))  # type: ignore[arg-type]  # passed on as they are
    return only


def fleet(settings: Settings | None = None, **facts: object) -> Fleet:
    """Make the fleet of a snapshot with these facts, judged when it was taken."""
    return fleet_of(snapshot(**facts), settings)  # type: ignore[arg-type]  # passed on as they are


def fleet_of(facts: Snapshot, settings: Settings | None = None, *, judged_at: datetime = NOW) -> Fleet:
    """Make the fleet of a snapshot."""
    given = settings or Settings()
    releases = Releases(released=facts.released, today=TODAY, max_age_days=90, policy=given.policy)
    return Fleet.of(facts, pairing.views(facts), releases=releases, settings=given, judged_at=judged_at)


def fresh(facts: Snapshot) -> Snapshot:
    """Date a snapshot and its list of releases as if they had just been made."""
    now = datetime.now(UTC).replace(microsecond=0)
    return replace(facts, taken_at=now, released=replace(facts.released, as_of=now.date()))
