"""What a synthetic AWS answers: every account alike, by the access key that AssumeRole gave out for it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE_ACCOUNT = "123456789012"
STACK = "ecs-deploy-runner"
FAMILIES = (f"{STACK}-terraform-applier", f"{STACK}-terraform-planner")

# What the endpoint puts the id of each request in the place of.
REQUEST_ID = b"(the request's id)"
_METADATA = f"<ResponseMetadata><RequestId>{REQUEST_ID.decode()}</RequestId></ResponseMetadata>"

_KEY = re.compile(rb"Credential=([^/]+)/\d+/([^/]+)/")
_TARGET = re.compile(rb"x-amz-target: [^\r]*\.(\w+)", re.IGNORECASE)
_ACTION = re.compile(rb"Action=(\w+)")
_ROLE = re.compile(rb"RoleArn=([^&]+)")
_ENVIRONMENT = [{"name": f"VARIABLE_{number}", "value": "info"} for number in range(10)]


def operation(head: bytes, body: bytes) -> str:
    """Name what a request asks for."""
    if found := _TARGET.search(head):
        return found[1].decode()
    if found := _ACTION.search(body):
        return found[1].decode()
    line = head.partition(b"\r")[0]
    if b"/functions" not in line:
        return ""
    return "GetFunctionConfiguration" if b"/configuration" in line else "ListFunctions"


def account_of(head: bytes) -> str:
    """Say whose key signed a request."""
    found = _KEY.search(head)
    key = found[1].decode() if found else ""
    return key[1:] if key.startswith("K") else BASE_ACCOUNT


def answer(name: str, head: bytes, body: bytes) -> bytes:
    """Answer a request."""
    found = _KEY.search(head)
    account, region = account_of(head), found[2].decode() if found else ""
    if name == "AssumeRole":
        role = _ROLE.search(body)
        return _assume_role(unquote(role[1].decode()).split(":")[4] if role else account)
    if name == "GetCallerIdentity":
        return _caller(account)
    parameters = json.loads(body) if body else {}
    return json.dumps(_ANSWERS[name](account, region, parameters)).encode()


def fault(name: str, code: str) -> bytes:
    """Give the body of an error."""
    if name in {"AssumeRole", "GetCallerIdentity"}:
        return f"<ErrorResponse><Error><Code>{code}</Code><Message>x</Message></Error></ErrorResponse>".encode()
    return json.dumps({"__type": code, "message": "x"}).encode()


def _assume_role(account: str) -> bytes:
    return (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
        f"<AccessKeyId>K{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>2037-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
        f"{_METADATA}</AssumeRoleResponse>"
    ).encode()


def _caller(account: str) -> bytes:
    return (
        f"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account><UserId>x</UserId>"
        f"<Arn>arn:aws:sts::{account}:assumed-role/audit/pipelines-audit</Arn>"
        f"</GetCallerIdentityResult>{_METADATA}</GetCallerIdentityResponse>"
    ).encode()


def _definition(account: str, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    family = asked["taskDefinition"].rpartition("/")[2].partition(":")[0]
    tag = "v0.52.0" if int(account) % 10 == 7 else "v0.52.1"
    image = f"000000000001.dkr.ecr.{region}.amazonaws.com/{STACK}:{tag}"
    return {
        "taskDefinition": {
            "taskDefinitionArn": f"arn:aws:ecs:{region}:{account}:task-definition/{family}:3",
            "family": family,
            "revision": 3,
            "registeredAt": 1700000000.5,
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "1024",
            "memory": "2048",
            "containerDefinitions": [
                {
                    "name": "runner",
                    "image": image,
                    "environment": _ENVIRONMENT,
                    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{STACK}"}},
                }
            ],
        }
    }


def _tasks(account: str, region: str, _: Mapping[str, Any]) -> dict[str, Any]:
    task = {
        "taskArn": f"arn:aws:ecs:{region}:{account}:task/{STACK}/0123456789abcdef",
        "taskDefinitionArn": f"arn:aws:ecs:{region}:{account}:task-definition/{FAMILIES[0]}:3",
        "lastStatus": "STOPPED",
        "launchType": "FARGATE",
        "containers": [{"name": "runner", "image": f"x/{STACK}:v0.52.1", "imageDigest": "sha256:" + "a" * 64}],
    }
    return {"tasks": [task], "failures": []}


def _images(_account: str, _region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    images = [
        {"imageId": {**one, "imageDigest": "sha256:" + "a" * 64}, "imageManifest": "{}"} for one in asked["imageIds"]
    ]
    return {"images": images, "failures": []}


def _repository(account: str, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    found = [
        {
            "repositoryName": name,
            "repositoryArn": f"arn:aws:ecr:{region}:{account}:repository/{name}",
            "imageTagMutability": "IMMUTABLE",
            "createdAt": 1700000000,
        }
        for name in asked["repositoryNames"]
    ]
    return {"repositories": found}


def _function(account: str, region: str) -> dict[str, Any]:
    return {
        "FunctionName": f"{STACK}-invoker",
        "FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{STACK}-invoker",
        "Runtime": "python3.12",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "LastModified": "2026-01-01T00:00:00.000+0000",
        "Environment": {"Variables": {"LOG_LEVEL": "info"}},
    }


def _groups(account: str, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    name = asked.get("logGroupNamePrefix", f"/ecs/{STACK}")
    return {"logGroups": [{"logGroupName": name, "arn": f"arn:aws:logs:{region}:{account}:log-group:{name}:*"}]}


_ANSWERS: Mapping[str, Callable[[str, str, Mapping[str, Any]], dict[str, Any]]] = {
    "ListTaskDefinitionFamilies": lambda *_: {"families": list(FAMILIES)},
    "DescribeTaskDefinition": _definition,
    "DescribeClusters": lambda account, region, _: {
        "clusters": [
            {
                "clusterName": STACK,
                "clusterArn": f"arn:aws:ecs:{region}:{account}:cluster/{STACK}",
                "status": "ACTIVE",
                "runningTasksCount": 0,
                "pendingTasksCount": 0,
            }
        ],
        "failures": [],
    },
    "ListTasks": lambda account, region, _: {
        "taskArns": [f"arn:aws:ecs:{region}:{account}:task/{STACK}/0123456789abcdef"]
    },
    "DescribeTasks": _tasks,
    "GetFunctionConfiguration": lambda account, region, _: _function(account, region),
    "DescribeLogGroups": _groups,
    # What only others ask.
    "ListTaskDefinitions": lambda account, region, _: {
        "taskDefinitionArns": [f"arn:aws:ecs:{region}:{account}:task-definition/{family}:3" for family in FAMILIES]
    },
    "ListClusters": lambda account, region, _: {"clusterArns": [f"arn:aws:ecs:{region}:{account}:cluster/{STACK}"]},
    "ListFunctions": lambda account, region, _: {"Functions": [_function(account, region)]},
    "GetResources": lambda *_: {"ResourceTagMappingList": []},
    "BatchGetImage": _images,
    "DescribeImages": lambda _account, _region, asked: {
        "imageDetails": [
            {**one, "imagePushedAt": 1700000000, "imageSizeInBytes": 100_000_000} for one in asked["imageIds"]
        ]
    },
    "DescribeRepositories": _repository,
    "GetLifecyclePolicy": lambda *_: {"lifecyclePolicyText": '{"rules": []}'},
    "GetRepositoryPolicy": lambda *_: {"policyText": '{"Statement": []}'},
}
ANSWERED = frozenset({*_ANSWERS, "AssumeRole", "GetCallerIdentity"})
