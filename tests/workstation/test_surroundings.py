"""What the environment says, without its secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen, Unread
from audit.workstation.surroundings import read_surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_an_empty_environment_says_nothing() -> None:
    """Nothing set: no region, no tokens, no end, no task."""
    found = read_surroundings({})
    assert (found.region, found.vault, found.expires_at) == (None, None, Seen(value=None))
    assert not any((found.has_github_token, found.has_session_token, found.is_ecs_task))


def test_secrets_are_not_kept() -> None:
    """That there are tokens is all that is remembered of them."""
    found = read_surroundings({"GITHUB_OAUTH_TOKEN": "planted", "AWS_SESSION_TOKEN": "planted", "AWS_VAULT": "dev"})
    assert found.has_github_token
    assert found.has_session_token
    assert found.vault == "dev"
    assert "planted" not in repr(found)


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, "us-west-2"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": ""}, None),
    ],
)
def test_region(environment: Mapping[str, str], region: str | None) -> None:
    """AWS_REGION before AWS_DEFAULT_REGION."""
    assert read_surroundings(environment).region == region


@pytest.mark.parametrize("name", ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"])
@pytest.mark.parametrize("text", ["2026-11-24T12:00:00Z", "2026-11-24T13:00:00+01:00", "2026-11-24T12:00:00"])
def test_when_credentials_end(name: str, text: str) -> None:
    """As aws-vault writes it, now and before; without a zone it is UTC."""
    assert read_surroundings({name: text}).expires_at == Seen(value=NOON)


def test_an_end_that_is_no_time_is_unread() -> None:
    """What can't be read is neither never nor now."""
    found = read_surroundings({"AWS_SESSION_EXPIRATION": "soon"}).expires_at
    assert isinstance(found, Unread)
    assert "AWS_SESSION_EXPIRATION" in found.gap.message


@pytest.mark.parametrize(
    "environment",
    [
        {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"},
        {"ECS_CONTAINER_METADATA_URI": "http://169.254.170.2/v3/x"},
        {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"},
    ],
)
def test_a_task_of_ecs(environment: Mapping[str, str]) -> None:
    """ECS leaves these in each task."""
    assert read_surroundings(environment).is_ecs_task
