"""A fleet for plans: a real repository, evaluated for real, beside AWS as a table says that it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit import fleet
from audit.configuration.config import Settings
from audit.declared.tree import open_tree
from audit.look.once import declared
from audit.model import Location, Seen, Unread
from audit.released import catalog
from audit.remedy.making import make
from audit.remedy.plan import Wishes
from audit.remedy.way import GUIDE, Way
from audit.running.access import Access
from audit.running.model.ecr import Repository, TagImage
from audit.running.model.invoker import StackInvoker
from audit.running.model.seen import Observation, Running
from audit.snapshot import Snapshot
from tests.nouns import definition, gap, invoker, observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from audit.declared.model import Declared
    from audit.model import Account
    from audit.remedy.plan import Plan

NEWEST, REGION, REGISTRY_ID = "v1.3.0", "us-west-2", "234567890123"
REGISTRY = f"{REGISTRY_ID}.dkr.ecr.{REGION}.amazonaws.com"
NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
PLANNER, APPLIER = "terraform-planner", "terraform-applier"
BUILDER, PACKER = "docker-image-builder", "ami-builder"
RUNNER, KANIKO = f"{REGISTRY}/ecs-deploy-runner", f"{REGISTRY}/kaniko"


def seen(
    repository: Path,
    *,
    running: Mapping[str, Mapping[str, str]] | None = None,
    pushed: Mapping[str, tuple[str, ...]] | None = None,
    asked: tuple[str, ...] = (),
    unread: tuple[str, ...] = (),
    bare: tuple[str, ...] = (),
    scope: str = "",
) -> Snapshot:
    """Make a snapshot: ``running`` maps an account to other images than it declares, all else runs as declared.

    ``pushed`` maps a repository's name to the tags that ECR has, and ``asked`` are those that it was asked for beside
    them; without ``pushed`` it has what is declared. ``unread`` accounts could not be read, ``bare`` lack an invoker.
    """
    settings = Settings(infra_live=repository / scope)
    wanted = declared(settings)
    order = fleet.deploy_order(wanted.accounts)
    targets, gaps = fleet.targets(wanted, order)
    observations = []
    for target in targets:
        other = (running or {}).get(target.account.name, {})
        families = tuple(
            definition(f"{row.stack}-{row.container}", image)
            for row in wanted.containers
            if row.account_id == target.account.id and row.deployed
            if (image := other.get(row.container, f"{row.image}:{row.tag}"))
        )
        there = replace(
            observation(target.account, families=Seen(value=families)),
            region=target.region,
            invokers=tuple(
                StackInvoker(stack=stack, invoker=Seen(value=None if target.account.name in bare else invoker()))
                for stack in target.stacks
            ),
        )
        observations.append(_unread(there, target.account) if target.account.name in unread else there)
    policy = pull_by(sorted({target.account.id or "" for target in targets}))
    names = sorted({row.image.rpartition("/")[2] for row in wanted.containers if row.image})
    held = pushed if pushed is not None else {name: _tags(wanted, name) for name in names}
    return Snapshot(
        taken_at=NOW,
        tool_version="0.1.0",
        caller=None,
        declared=replace(wanted, commit=None, dated=()),
        running=Running(
            observations=tuple(observations),
            repositories=tuple(_repository(name, held.get(name, ()), asked, policy) for name in names),
        ),
        released=replace(catalog.bundled(), fallback_reason=None),
        order=order,
        gaps=gaps,
    )


def _unread(there: Observation, account: Account) -> Observation:
    return replace(there, families=Unread(gap=gap(account=account)))


def _tags(wanted: Declared, name: str) -> tuple[str, ...]:
    return tuple(
        sorted({row.tag for row in wanted.containers if row.tag and row.image and row.image.endswith(f"/{name}")})
    )


def pull_by(account_ids: Iterable[str]) -> str:
    """Write a policy that lets accounts pull."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{account_id}:root" for account_id in account_ids]},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _repository(name: str, tags: tuple[str, ...], asked: tuple[str, ...], policy: str) -> Repository:
    digest = "sha256:" + "a" * 64
    images = [TagImage(tag=tag, digest=digest) for tag in tags]
    images += [TagImage(tag=tag, digest=None) for tag in asked if tag not in tags]
    return Repository(
        registry_id=REGISTRY_ID,
        region=REGION,
        name=name,
        tags=Seen(value=tuple(images)),
        policy=Seen(value=policy),
        calls=1,
    )


def texts(repository: Path, snapshot: Snapshot) -> dict[str, str]:
    """Read the files in which versions stand."""
    tree, _ = open_tree(repository)
    places: list[Location] = [row.tag_origin for row in snapshot.declared.containers if row.tag_origin]
    places += [pin.origin for pin in snapshot.declared.pins]
    return {place.file: tree.read(place.file) for place in places}


def plan(repository: Path, snapshot: Snapshot, to: str | None = None, **wishes: object) -> Plan:
    """Make a plan for a repository whose scope is its root."""
    made = Wishes(
        to=to,
        way=Way.parse(GUIDE),
        access=Access(profile="your-{account}"),
        now=NOW,
        texts=texts(repository, snapshot),
    )
    return make(snapshot, replace(made, **wishes))  # type: ignore[arg-type]  # tests name the fields that they change
