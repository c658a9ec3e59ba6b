"""The plain way, to compare with: a session and clients for each account, on threads; the same calls."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

STACK = "ecs-deploy-runner"
REGION = "us-west-2"


def look(account: str) -> int:
    """Assume the role, make a session and clients, ask."""
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    base = boto3.session.Session().client("sts", endpoint_url=endpoint, region_name=REGION)
    role = f"arn:aws:iam::{account}:role/pipelines-audit"
    keys = base.assume_role(RoleArn=role, RoleSessionName="plain")["Credentials"]
    session = boto3.session.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION
    )
    session.client("sts", endpoint_url=endpoint).get_caller_identity()
    ecs = session.client("ecs", endpoint_url=endpoint)
    families = ecs.list_task_definition_families(familyPrefix=STACK, status="ACTIVE")["families"]
    for family in families:
        ecs.describe_task_definition(taskDefinition=family)
    ecs.describe_clusters(clusters=[STACK])
    arns = ecs.list_tasks(cluster=STACK, desiredStatus="STOPPED")["taskArns"]
    if arns:
        ecs.describe_tasks(cluster=STACK, tasks=arns)
    logs = session.client("logs", endpoint_url=endpoint)
    logs.describe_log_groups(logGroupNamePrefix=f"/ecs/{STACK}")
    functions = session.client("lambda", endpoint_url=endpoint)
    functions.get_function_configuration(FunctionName=f"{STACK}-invoker")
    return len(families)


def main() -> None:
    """Look at the first N accounts of the synthetic AWS, with eight threads."""
    accounts = [f"{number:012}" for number in range(1, int(sys.argv[1]) + 1)]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(look, accounts)) == 2 * len(accounts)


if __name__ == "__main__":
    main()
