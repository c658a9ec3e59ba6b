"""Checks of security: what passes, fails, ends unknown, or has nothing to judge; no value is ever shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Seen
from audit.running.model.access import RoleChange
from audit.running.model.ecs import Logging, SecretReference, TaskDefinition, Variable
from audit.running.model.invoker import StackInvoker
from audit.running.model.secrets import Secret, SecretMetadata
from checks import test_security
from tests.checks.judging import PLANNER, ended, judged, planner, said, secret_views
from tests.nouns import (
    DEV,
    NOW,
    REGION,
    RUNNER,
    SHARED,
    STACK,
    definition,
    invoker,
    observation,
    row,
    unread,
    view,
)

if TYPE_CHECKING:
    from audit.model import Account
    from audit.running.model.ecs import ValueClass
    from audit.verdict.secrets import SecretView

NAME = "MachineUserGitHubPAT-AbCdEf"
ARN = f"arn:aws:secretsmanager:{REGION}:{SHARED.id}:secret:{NAME}"
KEY = f"arn:aws:kms:{REGION}:{SHARED.id}:key/1"


def kept(metadata: object = "there", *users: Account, **changes: object) -> SecretView:
    """Give a secret that accounts name, dev and shared unless others are given."""
    found = SecretMetadata(arn=ARN, name=NAME, kms_key=KEY, last_changed_at=NOW, last_rotated_at=None, deleted_at=None)
    fact = Seen(value=replace(found, **changes)) if metadata == "there" else metadata  # type: ignore[arg-type]  # fields
    secret = Secret(arn=ARN, metadata=fact, calls=1)  # type: ignore[arg-type]  # a fact of a secret
    accounts = users or (DEV, SHARED)
    one = definition(PLANNER, f"{RUNNER}:v1.3.0")
    named = (SecretReference(name="GITHUB_OAUTH_TOKEN", value_from=f"{ARN}:token::"),)
    one = replace(one, images=(replace(one.images[0], secrets=named),))
    seen = tuple(observation(account, families=Seen(value=(one,))) for account in accounts)
    rows = tuple(row(account=account) for account in accounts)
    (view_,) = secret_views(rows=rows, observations=seen, secrets=(secret,))
    return view_


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        pytest.param(kept(), "pass", id="there"),
        pytest.param(kept(Seen(value=None)), "fail", id="absent"),
        pytest.param(kept(deleted_at=NOW), "fail", id="on its way out"),
        pytest.param(kept(unread("secret")), "unknown", id="unread"),
    ],
)
def test_secret_missing(secret: SecretView, expected: str) -> None:
    """A secret that somebody names must exist, and stay."""
    assert ended(test_security.test_secret_missing, secret) == [expected]


def test_secret_missing_says_who_needs_it() -> None:
    """The accounts that name it stand in the sentence, and the subject is the owner's."""
    (judgement,) = judged(test_security.test_secret_missing, kept(Seen(value=None))).judgements
    assert judgement.message == f"{NAME} does not exist; it is named in shared, dev"
    assert (judgement.subject.account, judgement.subject.account_id) == ("shared", SHARED.id)
    assert said(test_security.test_secret_missing, kept(deleted_at=NOW)).startswith(f"{NAME} is marked for deletion")


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        pytest.param(kept(), "pass", id="own key"),
        pytest.param(kept(kms_key=None), "fail", id="AWS's key"),
        pytest.param(kept(kms_key="alias/aws/secretsmanager"), "fail", id="AWS's key by its name"),
        pytest.param(kept("there", SHARED, kms_key=None), "not_applicable", id="nobody else names it"),
        pytest.param(kept(Seen(value=None)), "not_applicable", id="absent"),
        pytest.param(kept(unread("secret")), "unknown", id="unread"),
    ],
)
def test_secret_key(secret: SecretView, expected: str) -> None:
    """Other accounts can't use AWS's own key."""
    assert ended(test_security.test_secret_key_not_shared, secret) == [expected]


def test_secret_key_says_who_is_shut_out() -> None:
    """Only the strangers are named."""
    assert said(test_security.test_secret_key_not_shared, kept(kms_key=None)) == (
        f"{NAME} is on AWS's own key, so dev can't read it"
    )


def holding(*variables: tuple[str, ValueClass]) -> TaskDefinition:
    """Give the planner's task definition with these variables."""
    one = definition(PLANNER, f"{RUNNER}:v1.3.0")
    found = tuple(Variable(name=name, value=value) for name, value in variables)
    return replace(one, images=(replace(one.images[0], environment=found),))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("GITHUB_OAUTH_TOKEN", "token", "fail"),
        ("GITHUB_OAUTH_TOKEN", "text", "fail"),
        ("GITHUB_OAUTH_TOKEN", "word", "fail"),
        ("DB_PASSWORD", "encoded", "fail"),
        ("db-passwd", "text", "fail"),
        ("AWS_SECRET_ACCESS_KEY", "text", "fail"),
        ("apikey", "word", "fail"),
        ("GITHUB_PAT", "text", "fail"),
        ("HARMLESS", "token", "fail"),
        ("HARMLESS", "text", "pass"),
        ("HARMLESS", "encoded", "pass"),
        ("GITHUB_TOKEN_SECRETS_MANAGER_ARN", "arn", "pass"),
        ("DB_PASSWORD", "arn", "pass"),
        ("DB_PASSWORD", "url", "pass"),
        ("DB_PASSWORD", "empty", "pass"),
        ("MAX_TOKENS", "number", "pass"),
        ("TOKENIZER", "word", "pass"),
        ("KEYBOARD", "word", "pass"),
        ("PATH", "text", "pass"),
        ("BASE64GZ_CONFIG_DATA_JSON", "token", "pass"),
    ],
)
def test_secret_in_environment(name: str, value: ValueClass, expected: str) -> None:
    """By its name or by its shape; references and the packed configuration are none."""
    assert ended(test_security.test_secret_in_environment, planner(holding((name, value)))) == [expected, "pass"]


def test_secret_in_environment_names_the_variables() -> None:
    """All of them, sorted; the invoker has a subject of its own."""
    one = replace(invoker(), environment=(Variable(name="TOKEN", value="token"),))
    unit = planner(
        holding(("Z_TOKEN", "token"), ("A_TOKEN", "token")),
        {"invokers": (StackInvoker(stack=STACK, invoker=Seen(value=one)),)},
    )
    first, second = judged(test_security.test_secret_in_environment, unit).judgements
    assert first.message == f"{PLANNER} has secrets in plain text: A_TOKEN, Z_TOKEN"
    assert second.message == f"{STACK}-invoker has secrets in plain text: TOKEN"


def test_secret_in_environment_of_what_was_not_seen() -> None:
    """Task definitions and invoker are judged apart."""
    seen = observation(families=unread(), invokers=(StackInvoker(stack=STACK, invoker=unread("invoker")),))
    assert ended(test_security.test_secret_in_environment, view(observations=(seen,))) == ["unknown", "unknown"]
    seen = observation(invokers=(StackInvoker(stack=STACK, invoker=Seen(value=None)),))
    assert ended(test_security.test_secret_in_environment, view(observations=(seen,))) == ["not_applicable"]


def test_secret_in_environment_that_lambda_keeps_to_itself() -> None:
    """Variables that nobody was shown are not known to hold no secret."""
    one = replace(invoker(), withheld="AccessDeniedException")
    unit = planner(holding(), {"invokers": (StackInvoker(stack=STACK, invoker=Seen(value=one)),)})
    first, second = judged(test_security.test_secret_in_environment, unit).judgements
    assert (first.outcome, second.outcome) == ("pass", "unknown")
    assert "allow kms:Decrypt" in second.message


def test_privileged() -> None:
    """A privileged container is named; none is a pass; unread is unknown."""
    one = definition(PLANNER, f"{RUNNER}:v1.3.0", "x/y:1")
    assert ended(test_security.test_container_privileged, planner(one)) == ["pass"]
    bad = replace(one, images=(one.images[0], replace(one.images[1], privileged=True)))
    assert said(test_security.test_container_privileged, planner(bad)) == f"{PLANNER} runs privileged: c1"
    assert ended(test_security.test_container_privileged, view(observations=(observation(families=unread()),))) == [
        "unknown"
    ]


def logging(group: str | None, region: str | None = REGION) -> TaskDefinition:
    """Give the planner's task definition that writes to a log group."""
    one = definition(PLANNER, f"{RUNNER}:v1.3.0")
    log = Logging(driver="awslogs", group=group, region=region)
    return replace(one, images=(replace(one.images[0], logging=log),))


@pytest.mark.parametrize(
    ("one", "groups", "expected"),
    [
        pytest.param(logging("/ecs/a"), Seen(value=("/ecs/a",)), "pass", id="there"),
        pytest.param(logging("/ecs/a", None), Seen(value=("/ecs/a",)), "pass", id="of this region by default"),
        pytest.param(logging("/ecs/a"), Seen(value=("/ecs/ab",)), "fail", id="one that begins alike"),
        pytest.param(logging("/ecs/a", "eu-west-1"), Seen(value=()), "not_applicable", id="of another region"),
        pytest.param(logging(None), Seen(value=()), "not_applicable", id="no group"),
        pytest.param(definition(PLANNER, "x:1"), Seen(value=()), "not_applicable", id="no logging"),
        pytest.param(logging("/ecs/a"), unread("log groups"), "unknown", id="unread"),
    ],
)
def test_log_group(one: TaskDefinition, groups: object, expected: str) -> None:
    """A group that a container writes to must exist."""
    assert ended(test_security.test_log_group_missing, planner(one, {"log_groups": groups})) == [expected]


def test_log_group_says_which() -> None:
    """Family and group are named."""
    unit = planner(logging("/ecs/a"), {"log_groups": Seen(value=())})
    assert said(test_security.test_log_group_missing, unit) == f"{PLANNER} writes to /ecs/a, which does not exist"


ROLE = f"arn:aws:iam::{DEV.id}:role/{PLANNER}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(Seen(value=None), "not_applicable", id="not asked for"),
        pytest.param(Seen(value=(RoleChange(role=ROLE, allowed=()),)), "pass", id="may not"),
        pytest.param(Seen(value=(RoleChange(role=ROLE, allowed=("iam:PutRolePolicy",)),)), "fail", id="may"),
        pytest.param(Seen(value=(RoleChange(role="x", allowed=("iam:PutRolePolicy",)),)), "unknown", id="another role"),
        pytest.param(unread("role changes"), "unknown", id="unread"),
    ],
)
def test_role_changes(changes: object, expected: str) -> None:
    """A task role must not be able to widen itself."""
    one = replace(definition(PLANNER, f"{RUNNER}:v1.3.0"), task_role=ROLE)
    unit = planner(one, {"role_changes": changes})
    assert ended(test_security.test_task_role_can_change_itself, unit) == [expected]


def test_role_changes_are_named() -> None:
    """The family and the actions stand in the sentence; a task without a role has none to change."""
    found = Seen(value=(RoleChange(role=ROLE, allowed=("iam:AttachRolePolicy", "iam:PutRolePolicy")),))
    one = definition(PLANNER, f"{RUNNER}:v1.3.0")
    unit = planner(replace(one, task_role=ROLE), {"role_changes": found})
    assert said(test_security.test_task_role_can_change_itself, unit) == (
        f"the role of {PLANNER} may do iam:AttachRolePolicy, iam:PutRolePolicy to itself"
    )
    assert ended(test_security.test_task_role_can_change_itself, planner(one, {"role_changes": found})) == [
        "not_applicable"
    ]
    dark = view(observations=(observation(families=unread(), role_changes=found),))
    assert ended(test_security.test_task_role_can_change_itself, dark) == ["unknown"]
