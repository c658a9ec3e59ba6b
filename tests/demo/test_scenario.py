"""What is seeded is what the table says, read back through boto3 as another caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from audit.demo.emulator import emulator, environment, settings
from audit.demo.scenario import DRIFTED, EXPECTED, IN_SYNC, REGION, REGISTRY, REGISTRY_ID, STACK, scenario, seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.demo.scenario import AccountState, Scenario


@pytest.fixture(scope="module", params=[DRIFTED, IN_SYNC], ids=["drifted", "in-sync"])
def seeded(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """Seed each table once."""
    table: Scenario = request.param
    with emulator() as endpoint, environment(settings(endpoint)):
        seed(endpoint, table)
        yield table


class Eyes:
    """A caller in one account, by a role of its own."""

    def __init__(self, account_id: str) -> None:
        sts = boto3.client("sts", region_name=REGION)
        role = f"arn:aws:iam::{account_id}:role/pipelines-audit"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        sts.close()
        self.session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION
        )

    def families(self) -> dict[str, str]:
        """Give the image of each active family."""
        ecs = self.session.client("ecs")
        names = ecs.list_task_definition_families(familyPrefix=STACK, status="ACTIVE")["families"]
        found = {
            name: ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["containerDefinitions"]
            for name in names
        }
        ecs.close()
        return {name: container["image"] for name, (container,) in found.items()}

    def runtimes(self) -> dict[str, str]:
        """Give the runtime of each function."""
        functions = self.session.client("lambda")
        found = functions.list_functions()["Functions"]
        functions.close()
        return {one["FunctionName"]: one["Runtime"] for one in found}

    def images(self) -> set[str]:
        """Give every image of the registry, as ``repository:tag``."""
        ecr: Any = self.session.client("ecr")
        names = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
        found = {
            f"{name}:{image['imageTag']}"
            for name in names
            for image in ecr.list_images(repositoryName=name)["imageIds"]
        }
        ecr.close()
        return found


def _families(state: AccountState) -> dict[str, str]:
    return {f"{STACK}-{container}": f"{REGISTRY}/{image}" for container, image in state.images.items()}


def test_each_account_runs_what_the_table_says(seeded: Scenario) -> None:
    """Families with their images, and the invoker with its runtime, in each account and in no other."""
    for state in seeded.accounts:
        eyes = Eyes(state.id)
        assert eyes.families() == _families(state), state.name
        assert eyes.runtimes() == ({f"{STACK}-invoker": state.invoker_runtime} if state.invoker_runtime else {})


def test_the_registry_of_shared_holds_what_was_pushed(seeded: Scenario) -> None:
    """Every image of the table is there, and none of those that must be absent."""
    assert Eyes(REGISTRY_ID).images() == set(seeded.pushed)


def test_every_running_image_was_pushed() -> None:
    """No task definition of the table points at nothing: that would be another finding."""
    for table in (DRIFTED, IN_SYNC):
        assert {image for state in table.accounts for image in state.images.values()} <= set(table.pushed)


def test_the_table_shows_every_kind_of_drift() -> None:
    """The first ten checks each find something, and an account without drift of its own is there too."""
    assert {check for check, _, _ in EXPECTED} >= {
        "image-tag-drift",
        "image-repository-drift",
        "declared-tag-not-in-registry",
        "declared-tag-not-released",
        "declared-tag-behind",
        "runner-kaniko-split",
        "family-missing",
        "family-undeclared",
        "invoker-missing",
        "invoker-runtime-deprecated",
    }
    assert {check for check, account, _ in EXPECTED if account == "logs"} == {"declared-tag-behind"}


def test_in_sync_expects_nothing() -> None:
    """The variant in sync has the same accounts, and no finding."""
    assert scenario(in_sync=True).expected == frozenset()
    assert [state.id for state in IN_SYNC.accounts] == [state.id for state in scenario().accounts]
