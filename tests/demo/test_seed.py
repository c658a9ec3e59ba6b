"""Filling an emulated AWS."""

from __future__ import annotations

import pytest

from audit.demo.seed import push_image, seed_runner
from audit.errors import RefusedError
from tests.aws import DEV, REGION, SHARED, sign_in


@pytest.mark.parametrize("endpoint", ["https://sts.amazonaws.com", "http://example.com:5000", "http://169.254.169.254"])
def test_only_an_emulator_of_this_machine_is_filled(endpoint: str) -> None:
    """Nothing is ever seeded in AWS itself."""
    with pytest.raises(RefusedError, match="only an emulator"):
        seed_runner(endpoint, DEV, REGION, "ecs-deploy-runner", {})


def test_a_second_seeding_adds_a_revision(aws: str) -> None:
    """A runner seeded again gets a new revision of its family; an invoker can be added to it."""
    seed_runner(aws, DEV, REGION, "stack", {"terraform-planner": "x:v1"}, None)
    seed_runner(aws, DEV, REGION, "stack", {"terraform-planner": "x:v2"}, "python3.8")
    seed_runner(aws, DEV, "eu-west-1", "stack", {"terraform-planner": "x:v2"}, "python3.12")
    session = sign_in(aws, DEV, REGION)
    ecs = session.client("ecs", endpoint_url=aws)
    assert ecs.describe_task_definition(taskDefinition="stack-terraform-planner")["taskDefinition"]["revision"] == 2
    functions = session.client("lambda", endpoint_url=aws)
    assert functions.get_function_configuration(FunctionName="stack-invoker")["Runtime"] == "python3.8"


def test_an_image_has_the_digest_that_was_asked_for(aws: str) -> None:
    """A digest is the caller's, or made from the name."""
    wanted = f"sha256:{'a' * 64}"
    assert push_image(aws, SHARED, REGION, "kaniko", "v1", wanted) == wanted
    assert push_image(aws, SHARED, REGION, "kaniko", "v2").startswith("sha256:")
