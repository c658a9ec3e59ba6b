"""Log groups: the one that is named counts, and none that only begins alike."""

from __future__ import annotations

from audit.model import Account, Seen
from audit.running.access import Access
from audit.running.model.targets import Target
from audit.running.observe import observe
from tests.aws import DEV, REGION, ROLE_ARN, sign_in

STACK = "ecs-deploy-runner"


def test_another_group_that_begins_alike_is_not_it(aws: str) -> None:
    """AWS lists by prefix: a longer name says nothing about the one that a task definition writes to."""
    session = sign_in(aws, DEV, REGION)
    session.client("ecs", endpoint_url=aws).register_task_definition(
        family=f"{STACK}-terraform-planner",
        containerDefinitions=[
            {
                "name": "runner",
                "image": "x:v1",
                "memory": 128,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": f"/ecs/{STACK}", "awslogs-region": REGION},
                },
            }
        ],
    )
    logs = session.client("logs", endpoint_url=aws)
    logs.create_log_group(logGroupName=f"/ecs/{STACK}-eu")
    target = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=(STACK,))
    (absent,) = observe([target], Access(role_arn=ROLE_ARN))
    logs.create_log_group(logGroupName=f"/ecs/{STACK}")
    (there,) = observe([target], Access(role_arn=ROLE_ARN))
    assert (absent.log_groups, there.log_groups) == (Seen(value=()), Seen(value=(f"/ecs/{STACK}",)))
