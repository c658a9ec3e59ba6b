"""Which units are selected, in which order accounts come, and which registries have to be looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.configuration.config import Settings
from audit.errors import NothingSelectedError
from audit.fleet import (
    access,
    access_to_organization,
    deploy_order,
    registry_targets,
    repository_of,
    select,
    targets,
)
from audit.model import Account, AccountEntry, Seen
from audit.running.access import Access
from tests.nouns import DEV, KANIKO, REGION, RUNNER, SHARED, definition, gap, observation, row, snapshot

ROWS = (row(account=DEV), row(account=SHARED), row("docker-image-builder", account=SHARED))


@pytest.mark.parametrize(
    ("settings", "accounts"),
    [
        pytest.param(Settings(), {"dev", "shared"}, id="everything"),
        pytest.param(Settings(account=("d*",)), {"dev"}, id="glob on the name"),
        pytest.param(Settings(account=("345678901234",)), {"dev"}, id="id"),
        pytest.param(Settings(region=("us-*",)), {"dev", "shared"}, id="region"),
        pytest.param(Settings(account=("dev", "shared")), {"dev", "shared"}, id="either"),
        pytest.param(Settings(exclude_account=("s*",)), {"dev"}, id="all but a glob"),
        pytest.param(Settings(account=("*",), exclude_account=("345678901234",)), {"shared"}, id="all but an id"),
        pytest.param(Settings(exclude_region=("eu-*",)), {"dev", "shared"}, id="another region left out"),
    ],
)
def test_select(settings: Settings, accounts: set[str]) -> None:
    """Units and their containers stay together."""
    left = select(snapshot(rows=ROWS).declared, settings)
    assert {unit.account for unit in left.units} == accounts
    assert {container.account for container in left.containers} == accounts


def test_an_excluded_region_can_leave_nothing() -> None:
    """The exclusion is said as it stands on the command line."""
    with pytest.raises(NothingSelectedError, match="nothing matches --exclude-region 'us-\\*'"):
        select(snapshot(rows=ROWS).declared, Settings(exclude_region=("us-*",)))


def test_access_is_what_the_settings_say() -> None:
    """Roles, profiles, external ids and what is said of single accounts get to where accounts are entered."""
    settings = Settings(
        role_arn="arn:aws:iam::{account_id}:role/audit",
        external_id="abc",
        via=("arn:aws:iam::111122223333:role/hub",),
        accounts={"dev": AccountEntry(profile="own")},
        organization_profile="root",
    )
    assert access(settings) == Access(
        role_arn=settings.role_arn, external_id="abc", via=settings.via, accounts=settings.accounts
    )
    assert access_to_organization(settings) == Access(profile="root")


def test_select_keeps_gaps_that_name_nobody() -> None:
    """A gap of another account is left out with it, one that names no account is everybody's."""
    gaps = (gap(account=DEV), gap(account=SHARED), gap("file", account=Account(name="", id=None), region=None))
    left = select(snapshot(rows=ROWS, declared_gaps=gaps).declared, Settings(account=("dev",)))
    assert [found.account for found in left.gaps] == ["dev", ""]


def test_nothing_selected() -> None:
    """A selection that matches nothing says what there is; a repository without units says what a unit is."""
    with pytest.raises(
        NothingSelectedError, match="nothing matches --account prod; the repository declares dev/us-west-2"
    ):
        select(snapshot(rows=ROWS).declared, Settings(account=("prod",)))
    with pytest.raises(NothingSelectedError, match="no ECS Deploy Runner unit found"):
        select(snapshot(rows=()).declared, Settings())
    with pytest.raises(NothingSelectedError, match=r"unit found in seen\.json: a unit is"):
        select(snapshot(rows=()).declared, Settings(snapshot=Path("seen.json")))


@pytest.mark.parametrize(
    ("accounts", "names", "source"),
    [
        pytest.param(
            [("prod", None), ("zeta", None), ("dev", None), ("logs", None), ("prod-eu", None), ("alpha", None)],
            ["logs", "dev", "alpha", "zeta", "prod", "prod-eu"],
            "guide",
            id="guide's order, prod-like last",
        ),
        pytest.param([("b", 2), ("a", 2), ("c", 1), ("d", None)], ["d", "c", "b", "a"], "deploy_order", id="given"),
        pytest.param([], [], "guide", id="none"),
    ],
)
def test_deploy_order(accounts: list[tuple[str, int | None]], names: list[str], source: str) -> None:
    """A given order wins, ties stay in file order, missing ones come first."""
    order = deploy_order(Account(name=name, id=None, deploy_order=rank) for name, rank in accounts)
    assert [account.name for account in order.accounts] == names
    assert source in order.source


def test_targets_group_stacks() -> None:
    """Two stacks of one account and region are one target."""
    rows = (row(), replace(row(), unit="dev/eu", stack="ecs-deploy-runner-eu"), row(account=SHARED))
    facts = snapshot(rows=rows)
    found, gaps = targets(facts.declared, facts.order)
    assert [(target.account.name, target.stacks) for target in found] == [
        ("shared", ("ecs-deploy-runner",)),
        ("dev", ("ecs-deploy-runner", "ecs-deploy-runner-eu")),
    ]
    assert not gaps


@pytest.mark.parametrize("field", ["account_id", "region", "stack"])
def test_a_unit_without_a_place_is_a_gap(field: str) -> None:
    """What cannot be looked at is said, with what is missing."""
    facts = snapshot(rows=(replace(row(), **{field: None}),), observations=())  # type: ignore[arg-type]  # one field each
    found, (missing,) = targets(facts.declared, facts.order)
    assert not found
    assert field.partition("_")[0] in missing.message


def test_registry_targets() -> None:
    """One look per repository, at declared, running and newest tags, in the registry's own account."""
    running = definition(
        "ecs-deploy-runner-terraform-planner", f"{RUNNER}:v1.0.0", "docker.example.com/x:1", f"{RUNNER}"
    )
    seen = (observation(DEV, families=Seen(value=(running,))),)
    found = registry_targets((*ROWS, row(image="docker.example.com/x")), seen, snapshot(rows=ROWS).order, ("v9.9.9",))
    assert {target.beside for target in found} == {("ecs-deploy-runner", "kaniko")}
    assert [(target.repository, target.account.name, target.tags, target.running) for target in found] == [
        ("ecs-deploy-runner", "shared", ("v1.0.0", "v1.3.0", "v9.9.9"), ("v1.0.0",)),
        ("kaniko", "shared", ("v1.3.0", "v9.9.9"), ()),
    ]
    assert not registry_targets((row(tag=None),), (), snapshot(rows=ROWS).order)


def test_registry_of_an_account_outside_the_file() -> None:
    """A registry's account that no file names is called by its id."""
    (found,) = registry_targets((row(),), (), snapshot(rows=(row(),)).order)
    assert found.account == Account(name="234567890123", id="234567890123")


def test_repository_of() -> None:
    """Only images in ECR have a repository to look at."""
    assert repository_of(KANIKO) == ("234567890123", REGION, "kaniko")
    assert repository_of("docker.example.com/x/y") is None
    assert repository_of(None) is None
