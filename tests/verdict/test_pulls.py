"""Whether a repository's policy lets an account pull."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.verdict.pulls import ACTIONS, may_pull

DEV = "345678901234"
ROOT = f"arn:aws:iam::{DEV}:root"
ROLE = f"arn:aws:iam::{DEV}:role/ecs-deploy-runner-task-execution-role"


def policy(*statements: dict[str, Any]) -> str:
    """Write a policy; a statement allows pulling to dev, but for what it says."""
    usual = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": list(ACTIONS)}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**usual, **one} for one in statements]})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(policy({}), "yes", id="the account"),
        pytest.param(policy({"Principal": {"AWS": [DEV, "111122223333"]}}), "yes", id="the account by its id"),
        pytest.param(policy({"Principal": {"AWS": f"arn:aws-us-gov:iam::{DEV}:root"}}), "yes", id="another partition"),
        pytest.param(policy({"Principal": "*"}), "yes", id="everybody"),
        pytest.param(policy({"Principal": {"AWS": ROLE}}), "yes", id="its execution role"),
        pytest.param(policy({"Action": "ecr:*"}), "yes", id="all actions"),
        pytest.param(policy({"Action": "ECR:Batch*"}, {"Action": "ecr:GetDownload*"}), "yes", id="in two statements"),
        pytest.param(json.dumps({"Statement": json.loads(policy({}))["Statement"][0]}), "yes", id="one statement"),
        pytest.param(None, "no", id="no policy"),
        pytest.param(policy(), "no", id="no statements"),
        pytest.param("[]", "no", id="no object"),
        pytest.param(policy({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}), "no", id="another account"),
        pytest.param(policy({"Principal": {"Service": "codebuild.amazonaws.com"}}), "no", id="a service"),
        pytest.param(policy({"Principal": {"AWS": f"arn:aws:iam::{DEV}:role/other"}}), "no", id="another role"),
        pytest.param(policy({"Action": ACTIONS[0]}), "no", id="half of the actions"),
        pytest.param(policy({}, {"Effect": "Deny"}), "no", id="denied too"),
        pytest.param(policy({"Action": 7}, {"Principal": 7}), "no", id="nonsense"),
        pytest.param(policy({"Condition": {}}), "unknown", id="on a condition"),
        pytest.param(policy({"NotAction": "ecr:Put*"}), "unknown", id="not these actions"),
        pytest.param(policy({"NotPrincipal": {"AWS": "*"}}), "unknown", id="not these principals"),
        pytest.param(policy({}, {"Effect": "Deny", "Condition": {}}), "unknown", id="denied on a condition"),
        pytest.param("{", "unknown", id="no JSON"),
        pytest.param("[" * 100_000, "unknown", id="nested too deep"),
    ],
)
def test_may_pull(text: str | None, answer: str) -> None:
    """As sure as it can be from the policy alone."""
    assert may_pull(text, DEV, [ROLE]) == answer
