"""Worlds of the checks that look at what is kept beside it: repositories, secrets, the organization's accounts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit.model import Account, Seen
from audit.running.model.access import Member
from audit.running.model.ecr import Scan, TagImage
from audit.running.model.ecs import SecretReference
from audit.running.model.secrets import Secret, SecretMetadata
from tests.checks.judging import DIGEST, repositories, secret_views
from tests.checks.worlds.made import IDLE, World, task_definition
from tests.checks.worlds.running import held, unheld
from tests.nouns import (
    DEV,
    NOW,
    REGION,
    SHARED,
    STACK,
    definition,
    fleet,
    fleet_of,
    observation,
    repository,
    row,
    snapshot,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.verdict.fleet import Fleet
    from audit.verdict.registry import RepositoryView
    from audit.verdict.secrets import SecretView

NOBODY = Account(name="old", id="111122223333")
PAT = f"arn:aws:secretsmanager:{REGION}:{SHARED.id}:secret:MachineUserGitHubPAT-AbCdEf"


def one_repository(*users: Account, **changes: Any) -> RepositoryView:  # noqa: ANN401 -- facts
    """Give the runner's repository, that accounts declare images of."""
    rows = tuple(row(account=account) for account in users or (DEV,))
    (one,) = repositories(rows=rows, repositories=(replace(repository(), **changes),))
    return one


def set_up(**changes: Any) -> RepositoryView:  # noqa: ANN401 -- settings
    """Give a repository with other settings."""
    good = repository().settings
    assert good.kind == "seen"
    assert good.value is not None
    return one_repository(settings=Seen(value=replace(good.value, **changes)))


def scanned(critical: int | None) -> RepositoryView:
    """Give a repository whose running image has so many critical vulnerabilities; None: nobody scanned it."""
    scan = None if critical is None else Scan(status="COMPLETE", completed_at=NOW, counts=(("CRITICAL", critical),))
    return one_repository(tags=Seen(value=(TagImage(tag="v1.3.0", digest=DIGEST, pushed_at=NOW, scan=scan),)))


def expiring(days: int) -> tuple[RepositoryView, Fleet]:
    """Give a repository that deletes images after so many days."""
    selection = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    text = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
    return one_repository(lifecycle=Seen(value=text)), fleet()


def named(fact: object = None, *users: Account, **changes: Any) -> SecretView:  # noqa: ANN401 -- metadata
    """Give a secret that task definitions of dev and shared name."""
    found = SecretMetadata(
        arn=PAT,
        name="PAT",
        kms_key=f"arn:aws:kms:{REGION}:{SHARED.id}:key/1",
        last_changed_at=NOW,
        last_rotated_at=None,
        deleted_at=None,
    )
    metadata: Any = Seen(value=replace(found, **changes)) if fact is None else fact
    definitions = task_definition()
    references = (SecretReference(name="TOKEN", value_from=PAT),)
    with_secret = replace(definitions, images=(replace(definitions.images[0], secrets=references),))
    accounts = users or (DEV, SHARED)
    (one,) = secret_views(
        rows=tuple(row(account=account) for account in accounts),
        observations=tuple(observation(account, families=Seen(value=(with_secret,))) for account in accounts),
        secrets=(Secret(arn=PAT, metadata=metadata, calls=1),),
    )
    return one


def organization(members: object, **running: object) -> tuple[Fleet]:
    """Give a fleet of one account beside what the organization lists."""
    facts = snapshot(rows=(row(),))
    return (fleet_of(replace(facts, running=replace(facts.running, organization=members, **running))),)  # type: ignore[arg-type]  # facts


def beyond(*found: object) -> tuple[Fleet]:
    """Give a fleet beside what was seen in an account without a unit."""
    seen = tuple(observation(NOBODY, families=one, invokers=()) for one in found)
    return organization(Seen(value=None), beyond=seen)


MEMBER = Member(id=str(DEV.id), name="dev", state="ACTIVE")
ORGANIZATION: dict[str, World] = {
    "account-not-in-organization": World(
        passes=organization(Seen(value=(MEMBER,))),
        fails=organization(Seen(value=())),
        unknown=organization(unread("organization")),
        beside=organization(Seen(value=None)),
    ),
    "organization-account-undeclared": World(
        passes=organization(Seen(value=(MEMBER,))),
        fails=organization(Seen(value=(MEMBER, replace(MEMBER, id="111122223333")))),
        unknown=organization(unread("organization")),
        beside=organization(Seen(value=None)),
    ),
    "runner-undeclared": World(
        passes=beyond(Seen(value=())),
        fails=beyond(Seen(value=(definition(f"{STACK}-x", "a:b"),))),
        unknown=beyond(unread()),
        beside=beyond(),
    ),
}
REGISTRY: dict[str, World] = {
    "declared-tag-not-in-registry": World(
        passes=(view(),), fails=(held(digest=None),), unknown=(unheld(),), beside=(IDLE,)
    ),
    "registry-policy-lacks-account": World(
        passes=(one_repository(),),
        fails=(one_repository(policy=Seen(value='{"Statement": []}')),),
        unknown=(one_repository(policy=unread("policy")),),
        beside=(one_repository(SHARED),),
    ),
    "registry-without-policy": World(
        passes=(one_repository(),),
        fails=(one_repository(policy=Seen(value=None)),),
        unknown=(one_repository(policy=unread("policy")),),
        beside=(one_repository(SHARED),),
    ),
    "lifecycle-expires-tag-in-use": World(
        passes=expiring(31),
        fails=expiring(30),
        unknown=(one_repository(lifecycle=unread("lifecycle")), fleet()),
        beside=(one_repository(tags=Seen(value=None)), fleet()),
    ),
    "registry-tags-mutable": World(
        passes=(one_repository(),),
        fails=(set_up(tag_mutability="MUTABLE"),),
        unknown=(one_repository(settings=unread("settings")),),
        beside=(one_repository(settings=Seen(value=None)),),
    ),
    "registry-no-scan-on-push": World(
        passes=(one_repository(),),
        fails=(set_up(scan_on_push=False),),
        unknown=(one_repository(settings=unread("settings")),),
        beside=(one_repository(settings=Seen(value=None)),),
    ),
    "image-vulnerabilities": World(
        passes=(scanned(0), fleet()),
        fails=(scanned(1), fleet()),
        unknown=(one_repository(tags=unread("tags")), fleet()),
        beside=(scanned(None), fleet()),
    ),
    "registry-without-own-key": World(
        passes=(one_repository(),),
        fails=(set_up(encryption="AES256"),),
        unknown=(one_repository(settings=unread("settings")),),
        beside=(one_repository(settings=Seen(value=None)),),
    ),
}
SECRETS: dict[str, World] = {
    "secret-missing": World(passes=(named(),), fails=(named(Seen(value=None)),), unknown=(named(unread("secret")),)),
    "secret-key-not-shared": World(
        passes=(named(),),
        fails=(named(kms_key=None),),
        unknown=(named(unread("secret")),),
        beside=(named(None, SHARED),),
    ),
}
WORLDS: dict[str, World] = {**ORGANIZATION, **REGISTRY, **SECRETS}
