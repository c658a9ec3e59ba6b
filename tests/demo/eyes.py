"""Looks at the emulated AWS as another caller would, by boto3 and a role in each account."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from audit.demo.scenario import REGION, REGISTRY, REGISTRY_ID, STACK, STANDALONE

if TYPE_CHECKING:
    from audit.demo.scenario import AccountState, Scenario


class Eyes:
    """A caller in one account, by a role of its own."""

    def __init__(self, session: boto3.Session, account_id: str) -> None:
        sts = session.client("sts")
        role = f"arn:aws:iam::{account_id}:role/pipelines-audit"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        sts.close()
        self.client: Any = partial(
            session.client,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def families(self) -> dict[str, str]:
        """Give the image of each active family."""
        ecs = self.client("ecs")
        names = ecs.list_task_definition_families(status="ACTIVE")["families"]
        found = {
            name: ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["containerDefinitions"]
            for name in names
        }
        ecs.close()
        return {name: container["image"] for name, (container,) in found.items()}

    def runtimes(self) -> dict[str, str]:
        """Give the runtime of each function."""
        functions = self.client("lambda")
        found = functions.list_functions()["Functions"]
        functions.close()
        return {one["FunctionName"]: one["Runtime"] for one in found}

    def images(self) -> set[str]:
        """Give every image of the registry, as ``repository:tag``."""
        ecr: Any = self.client("ecr")
        names = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
        found = {
            f"{name}:{image['imageTag']}"
            for name in names
            for image in ecr.list_images(repositoryName=name)["imageIds"]
        }
        ecr.close()
        return found


def see(table: Scenario) -> None:
    """Assert that each account runs what the table says and nothing else, and that the registry holds what it says."""
    session = boto3.Session(region_name=REGION)  # one for all: each loads the descriptions of the services anew
    for state in table.accounts:
        eyes = Eyes(session, state.id)
        assert eyes.families() == _families(state), state.name
        assert eyes.runtimes() == _runtimes(state), state.name
    assert Eyes(session, REGISTRY_ID).images() == set(table.pushed)


def _families(state: AccountState) -> dict[str, str]:
    own = {f"{STACK}-{container}": f"{REGISTRY}/{image}" for container, image in state.images.items()}
    return own | {f"{STANDALONE}-{container}": f"{REGISTRY}/{image}" for container, image in state.standalone.items()}


def _runtimes(state: AccountState) -> dict[str, str]:
    own = {f"{STACK}-invoker": state.invoker_runtime} if state.invoker_runtime else {}
    return own | ({f"{STANDALONE}-invoker": "python3.12"} if state.standalone else {})
