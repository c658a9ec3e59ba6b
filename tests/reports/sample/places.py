"""Where the sample fleet is: six accounts, their units, the literals that say what runs there."""

from __future__ import annotations

from audit.model import Location

ACCOUNTS = {
    "logs": "111122223333",
    "shared": "234567890123",
    "security": "345678901234",
    "dev": "456789012345",
    "stage": "444455556666",
    "prod": "123456789012",
}
PLANNER, APPLIER, KANIKO, AMI = "terraform-planner", "terraform-applier", "docker-image-builder", "ami-builder"
TAG = Location(file="common.hcl", line=25, column=39)
KANIKO_TAG = Location(file="common.hcl", line=28, column=39)
REGION = "us-west-2"


def unit(account: str) -> str:
    """Path of an account's unit."""
    return f"{account}/{REGION}/mgmt/ecs-deploy-runner"
