"""Whether a repository's policy lets an account pull."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.errors import UnreadError
from audit.verdict.ecr_policies import PULL, pull

DEV = "345678901234"
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}
ROOT = f"arn:aws:iam::{DEV}:root"
ROLE = f"arn:aws:iam::{DEV}:role/ecs-deploy-runner-task-execution-role"


def policy(*statements: dict[str, Any]) -> str:
    """Write a policy; a statement allows pulling to dev, but for what it says."""
    usual = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": list(PULL)}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**usual, **one} for one in statements]})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(policy({}), "allowed", id="the account"),
        pytest.param(policy({"Principal": {"AWS": [DEV, "111122223333"]}}), "allowed", id="the account by its id"),
        pytest.param(
            policy({"Principal": {"AWS": f"arn:aws-us-gov:iam::{DEV}:root"}}), "allowed", id="another partition"
        ),
        pytest.param(policy({"Principal": "*"}), "allowed", id="everybody"),
        pytest.param(policy({"Principal": {"AWS": ROLE}}), "allowed", id="its execution role"),
        pytest.param(policy({"Action": "ecr:*"}), "allowed", id="all actions"),
        pytest.param(
            policy({"Action": "ECR:Batch*"}, {"Action": "ecr:GetDownload*"}), "allowed", id="in two statements"
        ),
        pytest.param(json.dumps({"Statement": json.loads(policy({}))["Statement"][0]}), "allowed", id="one statement"),
        pytest.param(None, "denied", id="no policy"),
        pytest.param(policy(), "denied", id="no statements"),
        pytest.param(policy({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}), "denied", id="another account"),
        pytest.param(policy({"Principal": {"Service": "codebuild.amazonaws.com"}}), "denied", id="a service"),
        pytest.param(policy({"Principal": {"AWS": f"arn:aws:iam::{DEV}:role/other"}}), "denied", id="another role"),
        pytest.param(policy({"Action": PULL[0]}), "denied", id="half of the actions"),
        pytest.param(policy({}, {"Effect": "Deny"}), "denied", id="denied too"),
        pytest.param(policy({"Action": 7}, {"Principal": 7}), "denied", id="nonsense"),
        pytest.param(policy({"Condition": ORG}), "conditional", id="on a condition"),
        pytest.param(policy({"NotPrincipal": {"AWS": "*"}}), "conditional", id="not these principals"),
        pytest.param(policy({}, {"Effect": "Deny", "Condition": ORG}), "conditional", id="denied on a condition"),
    ],
)
def test_may_pull(text: str | None, answer: str) -> None:
    """As sure as it can be from the policy alone."""
    assert pull(text, DEV, [ROLE]) == answer


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000], ids=["no object", "no JSON", "nested too deep"])
def test_what_is_no_policy_is_unread(text: str) -> None:
    """Nothing is known of what it allows."""
    with pytest.raises(UnreadError, match="by hand"):
        pull(text, DEV)
