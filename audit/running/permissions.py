"""The one table of what is asked of AWS: each call, the fact it feeds, the IAM action it needs, its reply's shape."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One API operation: ``name`` as ``service:Operation``, the IAM ``action`` (None: AWS asks for none).

    ``fact`` is the field of the model that stays unread without it. ``reply`` lists, dotted, what a whole reply always
    holds: botocore turns a damaged 200 into an empty success, so what lacks one of these is no reply. ``page_key``
    is what names the next of its pages, ``about`` the parameter that says what is asked about, empty for all there is.
    ``resource`` is as narrow as IAM lets it be; ``in_cluster`` tells that IAM narrows it by the cluster; ``asked_by``
    names the options and commands without which it isn't called.
    """

    name: str
    action: str | None
    fact: str
    reply: tuple[str, ...]
    page_key: str = "nextToken"
    about: str = ""
    resource: str = "*"
    in_cluster: bool = False
    asked_by: tuple[str, ...] = ()


TABLE: tuple[Call, ...] = (
    Call(
        name="sts:AssumeRole",
        action="sts:AssumeRole",
        fact="identity",
        about="RoleArn",
        reply=("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"),
        resource="arn:{partition}:iam::*:role/{role}",
    ),
    Call(
        name="organizations:ListAccounts",
        action="organizations:ListAccounts",
        fact="organization",
        reply=("Accounts",),
        page_key="NextToken",
        asked_by=("organization",),
    ),
    Call(name="sts:GetCallerIdentity", action=None, fact="identity", reply=("Account", "Arn")),
    Call(
        name="ecs:ListTaskDefinitionFamilies",
        action="ecs:ListTaskDefinitionFamilies",
        fact="families",
        about="familyPrefix",
        reply=("families",),
    ),
    Call(
        name="ecs:DescribeTaskDefinition",
        action="ecs:DescribeTaskDefinition",
        fact="families",
        about="taskDefinition",
        reply=(
            "taskDefinition.taskDefinitionArn",
            "taskDefinition.family",
            "taskDefinition.revision",
            "taskDefinition.containerDefinitions",
        ),
    ),
    Call(
        name="ecs:DescribeClusters",
        action="ecs:DescribeClusters",
        fact="clusters",
        about="clusters",
        reply=("clusters", "failures"),
        resource="arn:{partition}:ecs:*:{account}:cluster/{stack}",
    ),
    Call(
        name="ecs:ListTasks",
        action="ecs:ListTasks",
        fact="tasks",
        about="cluster",
        reply=("taskArns",),
        in_cluster=True,
    ),
    Call(
        name="ecs:DescribeTasks",
        action="ecs:DescribeTasks",
        fact="tasks",
        about="cluster",
        reply=("tasks", "failures"),
        resource="arn:{partition}:ecs:*:{account}:task/*",
        in_cluster=True,
    ),
    Call(
        name="lambda:GetFunctionConfiguration",
        action="lambda:GetFunctionConfiguration",
        fact="invokers",
        about="FunctionName",
        reply=("FunctionName", "FunctionArn"),
        resource="arn:{partition}:lambda:*:{account}:function:{stack}-invoker",
    ),
    Call(
        name="logs:DescribeLogGroups",
        action="logs:DescribeLogGroups",
        fact="log_groups",
        about="logGroupNamePrefix",
        reply=("logGroups",),
        resource="arn:{partition}:logs:*:{account}:log-group:*",
    ),
    Call(
        name="iam:SimulatePrincipalPolicy",
        action="iam:SimulatePrincipalPolicy",
        fact="role_changes",
        about="ResourceArns",
        reply=("EvaluationResults",),
        resource="arn:{partition}:iam::{account}:role/*",
        asked_by=("simulate_roles", "ready"),
    ),
    Call(
        name="iam:GetRole",
        action="iam:GetRole",
        fact="caller_rights",
        about="RoleName",
        reply=("RoleName", "Arn"),
        resource="arn:{partition}:iam::{account}:role/*",
        asked_by=("ready",),
    ),
    Call(
        name="ecr:BatchGetImage",
        action="ecr:BatchGetImage",
        fact="tags",
        about="imageIds",
        reply=("images", "failures"),
        resource="arn:{partition}:ecr:*:{account}:repository/{repository}",
    ),
    Call(
        name="ecr:DescribeImages",
        action="ecr:DescribeImages",
        fact="tags",
        about="imageIds",
        reply=("imageDetails",),
        resource="arn:{partition}:ecr:*:{account}:repository/{repository}",
    ),
    Call(
        name="ecr:DescribeImageScanFindings",
        action="ecr:DescribeImageScanFindings",
        fact="vulnerable",
        about="imageId",
        reply=("imageScanStatus",),
        resource="arn:{partition}:ecr:*:{account}:repository/{repository}",
    ),
    Call(
        name="ecr:DescribeRepositories",
        action="ecr:DescribeRepositories",
        fact="settings",
        about="repositoryNames",
        reply=("repositories",),
        resource="arn:{partition}:ecr:*:{account}:repository/{repository}",
    ),
    Call(
        name="ecr:GetLifecyclePolicy",
        action="ecr:GetLifecyclePolicy",
        fact="lifecycle",
        about="repositoryName",
        reply=("lifecyclePolicyText",),
        resource="arn:{partition}:ecr:*:{account}:repository/{repository}",
    ),
    Call(
        name="ecr:GetRepositoryPolicy",
        action="ecr:GetRepositoryPolicy",
        fact="policy",
        about="repositoryName",
        reply=("policyText",),
        resource="arn:{partition}:ecr:*:{account}:repository/{repository}",
    ),
    Call(
        name="secretsmanager:DescribeSecret",
        action="secretsmanager:DescribeSecret",
        fact="metadata",
        about="SecretId",
        reply=("ARN", "Name"),
        resource="arn:{partition}:secretsmanager:*:{account}:secret:*",
    ),
)

CALLS: Mapping[str, Call] = MappingProxyType({call.name: call for call in TABLE})
