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
    is what names the next of its pages.
    """

    name: str
    action: str | None
    fact: str
    reply: tuple[str, ...]
    page_key: str = "nextToken"


TABLE: tuple[Call, ...] = (
    Call(
        name="sts:AssumeRole",
        action="sts:AssumeRole",
        fact="identity",
        reply=("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"),
    ),
    Call(
        name="organizations:ListAccounts",
        action="organizations:ListAccounts",
        fact="organization",
        reply=("Accounts",),
        page_key="NextToken",
    ),
    Call(name="sts:GetCallerIdentity", action=None, fact="identity", reply=("Account", "Arn")),
    Call(
        name="ecs:ListTaskDefinitionFamilies",
        action="ecs:ListTaskDefinitionFamilies",
        fact="families",
        reply=("families",),
    ),
    Call(
        name="ecs:DescribeTaskDefinition",
        action="ecs:DescribeTaskDefinition",
        fact="families",
        reply=(
            "taskDefinition.taskDefinitionArn",
            "taskDefinition.family",
            "taskDefinition.revision",
            "taskDefinition.containerDefinitions",
        ),
    ),
    Call(name="ecs:DescribeClusters", action="ecs:DescribeClusters", fact="clusters", reply=("clusters", "failures")),
    Call(name="ecs:ListTasks", action="ecs:ListTasks", fact="clusters", reply=("taskArns",)),
    Call(name="ecs:DescribeTasks", action="ecs:DescribeTasks", fact="clusters", reply=("tasks", "failures")),
    Call(
        name="lambda:GetFunctionConfiguration",
        action="lambda:GetFunctionConfiguration",
        fact="invokers",
        reply=("FunctionName", "FunctionArn"),
    ),
    Call(name="logs:DescribeLogGroups", action="logs:DescribeLogGroups", fact="log_groups", reply=("logGroups",)),
    Call(
        name="iam:SimulatePrincipalPolicy",
        action="iam:SimulatePrincipalPolicy",
        fact="role_changes",
        reply=("EvaluationResults",),
    ),
    Call(name="iam:GetRole", action="iam:GetRole", fact="caller_rights", reply=("Role.Arn",)),
    Call(name="ecr:BatchGetImage", action="ecr:BatchGetImage", fact="tags", reply=("images", "failures")),
    Call(name="ecr:DescribeImages", action="ecr:DescribeImages", fact="tags", reply=("imageDetails",)),
    Call(name="ecr:DescribeRepositories", action="ecr:DescribeRepositories", fact="settings", reply=("repositories",)),
    Call(
        name="ecr:GetLifecyclePolicy",
        action="ecr:GetLifecyclePolicy",
        fact="lifecycle",
        reply=("lifecyclePolicyText",),
    ),
    Call(name="ecr:GetRepositoryPolicy", action="ecr:GetRepositoryPolicy", fact="policy", reply=("policyText",)),
    Call(
        name="secretsmanager:DescribeSecret",
        action="secretsmanager:DescribeSecret",
        fact="metadata",
        reply=("ARN", "Name"),
    ),
)

CALLS: Mapping[str, Call] = MappingProxyType({call.name: call for call in TABLE})
