"""The policies allow what the table lists, as narrowly as they can, in a form that AWS and Terraform read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fnmatch import fnmatchcase
from typing import Any

import hcl2
import pygohcl
import pytest

from audit.errors import UsageError
from audit.running.permissions import TABLE
from audit.running.policies import Scope, documents
from audit.running.terraform import render
from tests.aws import DEV, REGION, sign_in

EVERYTHING = frozenset(name for call in TABLE for name in call.asked_by)
STACK = "ecs-deploy-runner"
CI = "arn:aws:iam::111122223333:role/ci"
SCOPES = [
    pytest.param(Scope(), id="anything"),
    pytest.param(Scope(asked=EVERYTHING, external_id="abc", trusted=(CI,), role="teams/audit"), id="everything asked"),
    pytest.param(Scope(stacks=(STACK, "two"), repositories=("kaniko", "a/b"), role="audit-*"), id="narrowed"),
]


def actions(*policies: dict[str, Any]) -> set[str]:
    """Gather the actions of policies."""
    return {action for policy in policies for statement in policy["Statement"] for action in statement["Action"]}


def test_policies_hold_the_actions_of_the_table() -> None:
    """Together they allow every action of the table and no other; what is asked for on demand only on demand."""
    found = documents(Scope(asked=EVERYTHING))
    assert actions(found["read"], found["caller"], found["organization"]) == {
        call.action for call in TABLE if call.action
    }
    plain = documents(Scope())
    assert actions(plain["read"], plain["caller"]) == {
        call.action for call in TABLE if call.action and not call.asked_by
    }
    assert "organization" not in plain


def test_policies_only_read() -> None:
    """No action changes anything, and none has a wildcard."""
    for action in actions(documents(Scope(asked=EVERYTHING))["read"]):
        assert re.fullmatch(r"[a-z]+:(?:Batch)?(?:Describe|Get|List|Simulate)[A-Za-z]+", action)
        assert action not in {"secretsmanager:GetSecretValue", "ecr:GetAuthorizationToken"}


def test_resources_are_narrow() -> None:
    """Each action is allowed on what the stacks and repositories are called, where IAM lets it be."""
    found = documents(Scope(stacks=(STACK,), repositories=("kaniko",)))["read"]["Statement"]
    by_action = {action: statement for statement in found for action in statement["Action"]}
    resources = {action: statement["Resource"] for action, statement in by_action.items()}
    assert resources["lambda:GetFunctionConfiguration"] == [f"arn:aws:lambda:*:*:function:{STACK}-invoker"]
    assert resources["ecr:BatchGetImage"] == ["arn:aws:ecr:*:*:repository/kaniko"]
    assert resources["ecs:DescribeClusters"] == [f"arn:aws:ecs:*:*:cluster/{STACK}"]
    anywhere = {action for action, resource in resources.items() if resource == ["*"]}
    assert anywhere == {"ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition", "ecs:ListTasks"}
    assert by_action["ecs:ListTasks"]["Condition"] == {"ArnLike": {"ecs:cluster": [f"arn:aws:ecs:*:*:cluster/{STACK}"]}}
    assert len({statement["Sid"] for statement in found}) == len(found)


@pytest.mark.parametrize("scope", SCOPES)
def test_policies_are_taken_by_iam(aws: str, scope: Scope) -> None:
    """IAM's grammar, as moto checks it, takes each policy."""
    iam = sign_in(aws, DEV, REGION).client("iam", endpoint_url=aws)
    found = documents(scope)
    iam.create_role(RoleName="audit", AssumeRolePolicyDocument=json.dumps(found["trust"]))
    for name in found.keys() - {"trust"}:
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(found[name]))


def test_nobody_is_trusted_unless_named() -> None:
    """Without a name the trust policy holds a place for it that AWS refuses; with one, that and the external id."""
    (statement,) = documents(Scope())["trust"]["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::AUDIT_ACCOUNT_ID:root"]}
    (statement,) = documents(Scope(trusted=(CI,), external_id="abc"))["trust"]["Statement"]
    assert statement["Principal"] == {"AWS": [CI]}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": ["abc"]}}


@pytest.mark.parametrize("scope", SCOPES)
def test_terraform_says_the_same(scope: Scope) -> None:
    """Two parsers read the module, and its statements are those of the JSON policy."""
    text = render(scope)
    assert {"data", "resource", "output"} <= pygohcl.loads(text).keys()
    data = {name: body for block in hcl2.loads(text)["data"] for name, body in _named(block)}
    expected = documents(scope)["read"]["Statement"]
    assert [_statement(one) for one in data["read"]["statement"]] == [
        (one["Sid"], one["Action"], one["Resource"], one.get("Condition")) for one in expected
    ]
    assert ("dynamic" in data["read"]) == ("organization" in scope.asked)


def _named(block: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name.strip('"'), body) for kind in block.values() for name, body in kind.items()]


def _statement(block: dict[str, Any]) -> tuple[str, list[str], list[str], dict[str, Any] | None]:
    (condition,) = block.get("condition", [None])
    said = (
        {_text(condition["test"]): {_text(condition["variable"]): _texts(condition["values"])}} if condition else None
    )
    return _text(block["sid"]), _texts(block["actions"]), _texts(block["resources"]), said


def _texts(values: list[str]) -> list[str]:
    return [_text(value) for value in values]


def _text(value: str) -> str:
    return value.strip('"').replace("${local.partition}", "aws").replace("${local.account_id}", "*")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_would_format_it_so(scope: Scope) -> None:
    """Terraform itself parses the module, and its formatter has nothing to change."""
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-"], input=render(scope), text=True, check=False, capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("role", "default", "path"),
    [
        pytest.param("audit", "audit", None, id="name"),
        pytest.param("teams/audit", "audit", "/teams/", id="path"),
        pytest.param("audit-*", None, None, id="pattern"),
    ],
)
def test_role_has_a_name_that_iam_takes(role: str, default: str | None, path: str | None) -> None:
    """The path of a role is apart from its name, and no role is called by a pattern."""
    document = hcl2.loads(render(Scope(role=role)))
    variables = {name: body for block in document["variable"] for name, body in block.items()}
    (made,) = [body for block in document["resource"] for kind, body in block.items() if "iam_role" in kind][:1]
    found = (variables['"role_name"'].get("default"), made['"audit"'].get("path"))
    assert [value and value.strip('"') for value in found] == [default, path]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stacks": ('x"]',)},
        {"stacks": ("${x}",)},
        {"repositories": ("A",)},
        {"role": "a b"},
        {"trusted": ("*",)},
        {"trusted": ("arn:aws:iam::123:root",)},
        {"external_id": "a\nb"},
        {"partition": "azure"},
    ],
    ids=str,
)
def test_hostile_names_have_no_place(wrong: dict[str, Any]) -> None:
    """What could break out of a policy or of HCL is refused."""
    with pytest.raises(UsageError, match="has no place in a policy"):
        Scope(**wrong)


def test_every_call_is_covered_by_the_policy() -> None:
    """The ARN of each thing that is asked for matches a resource of the statement that allows the action."""
    asked = {
        "ecs:DescribeClusters": f"arn:aws:ecs:{REGION}:{DEV}:cluster/{STACK}",
        "ecs:DescribeTasks": f"arn:aws:ecs:{REGION}:{DEV}:task/{STACK}/0123456789abcdef",
        "lambda:GetFunctionConfiguration": f"arn:aws:lambda:{REGION}:{DEV}:function:{STACK}-invoker",
        "ecr:DescribeImages": f"arn:aws:ecr:{REGION}:{DEV}:repository/kaniko",
        "secretsmanager:DescribeSecret": f"arn:aws:secretsmanager:{REGION}:{DEV}:secret:PAT-AbCdEf",
        "logs:DescribeLogGroups": f"arn:aws:logs:{REGION}:{DEV}:log-group::log-stream:",
        "iam:SimulatePrincipalPolicy": f"arn:aws:iam::{DEV}:role/{STACK}",
    }
    found = documents(Scope(stacks=(STACK,), repositories=("kaniko",), asked=EVERYTHING))["read"]["Statement"]
    for action, arn in asked.items():
        (statement,) = [one for one in found if action in one["Action"]]
        assert any(fnmatchcase(arn, resource) for resource in statement["Resource"]), action
