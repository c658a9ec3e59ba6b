"""The settings of several repositories of one registry: asked for together, alone where that fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, Seen, Unread
from audit.running.access import Access
from audit.running.model.targets import RegistryTarget
from audit.running.observe import registries
from audit.running.session import Session
from tests.aws import REGION, ROLE_ARN, SHARED, emulated_aws, emulator, push_image
from tests.overlay.faults import DENIED, Reply, Rule, error
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.running.model.ecr import Repository

NAMES = ("ecs-deploy-runner", "kaniko")
DESCRIBE = "ecr:DescribeRepositories"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run an emulator with two repositories."""
    with emulator() as url:
        for name in NAMES:
            push_image(url, SHARED, REGION, name, "v1")
        yield url


@pytest.fixture
def overlay(endpoint: str) -> Iterator[Overlay]:
    """Put the overlay before the emulator, and point the environment at it."""
    with overlaid(endpoint) as made:
        for _ in emulated_aws(made.url):
            yield made


def look(*names: str) -> tuple[Repository, ...]:
    """Look at repositories of the registry in turn, as the rounds do."""
    account = Account(name="shared", id=SHARED)
    targets = [
        RegistryTarget(account=account, region=REGION, repository=name, tags=("v1",), beside=names) for name in names
    ]
    access = Access(role_arn=ROLE_ARN)
    return registries(targets, access, workers=1, session=Session(access))


def arns(seen: tuple[Repository, ...]) -> list[str | None]:
    """Say which repositories have which settings, by the name in their ARN."""
    values = [one.settings.value if isinstance(one.settings, Seen) else None for one in seen]
    return [value.arn.rpartition("/")[2] if value else None for value in values]


def test_one_call_for_all(overlay: Overlay) -> None:
    """Two repositories cost one call, and each gets its own settings."""
    assert arns(look(*NAMES)) == list(NAMES)
    assert overlay.count(DESCRIBE) == 1


def test_an_absent_one_spoils_nothing(overlay: Overlay) -> None:
    """One repository that isn't there fails the call for all; asked for alone, the others are seen."""
    seen = look(*NAMES, "no")
    assert arns(seen) == [*NAMES, None]
    assert seen[-1].settings == Seen(value=None)
    assert overlay.count(DESCRIBE) == 4


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(DENIED, "AccessDeniedException", id="denied"),
        pytest.param(Reply(body=json.dumps({"repositories": []}).encode()), "DamagedReply", id="another answer"),
        pytest.param(
            Reply(body=json.dumps({"repositories": [{"repositoryName": "kaniko"}] * 2}).encode()),
            "DamagedReply",
            id="one twice",
        ),
    ],
)
def test_what_fails_together_and_alone_is_a_gap_for_each(overlay: Overlay, fault: Reply, code: str) -> None:
    """Where no answer is to be had each repository says so, after one call for all and one alone."""
    overlay.rules.append(Rule(fault=fault, call=DESCRIBE))
    seen = look(*NAMES)
    assert [one.settings.gap.code for one in seen if isinstance(one.settings, Unread)] == [code, code]
    assert overlay.count(DESCRIBE) == 3


def test_denied_for_one_of_them(overlay: Overlay) -> None:
    """A policy that allows only some of the repositories leaves the settings of those seen."""
    overlay.rules.append(Rule(fault=DENIED, call=DESCRIBE, times=1))
    assert arns(look(*NAMES)) == list(NAMES)
    assert overlay.count(DESCRIBE) == 3


def test_expired_on_the_way(overlay: Overlay) -> None:
    """Credentials that end here are renewed, and nothing is lost."""
    overlay.rules.append(Rule(fault=error("ExpiredTokenException"), call=DESCRIBE, times=2))
    assert arns(look(*NAMES)) == list(NAMES)
    assert overlay.count("sts:AssumeRole") == 2


def test_alone_without_others(overlay: Overlay) -> None:
    """A target that names no others is asked for by itself."""
    account = Account(name="shared", id=SHARED)
    target = RegistryTarget(account=account, region=REGION, repository="kaniko", tags=("v1",))
    for one in (target, replace(target, beside=("a", "b"))):
        assert arns(registries([one], Access(role_arn=ROLE_ARN))) == ["kaniko"]
    assert overlay.count(DESCRIBE) == 2
