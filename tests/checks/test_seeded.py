"""Each fault, seeded in an emulated AWS with all else right, is found: that finding and no other."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import requests

from audit import door
from audit.config import Settings
from audit.demo.sample import NEWEST, export
from audit.demo.scenario import (
    APPLIER,
    IN_SYNC,
    LOG_GROUP,
    PLANNER,
    REGION,
    REGISTRY_ID,
    SECRET,
    STACK,
    AccountState,
    Scenario,
    seed,
)
from audit.demo.seed import sign_in
from audit.look import once
from tests.aws import DEV, ROLE_ARN, emulated_aws, emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Client: TypeAlias = "Callable[[str, str], Any]"
Change: TypeAlias = "Callable[[Scenario], Scenario]"
Act: TypeAlias = "Callable[[Client], object]"

BOTH = replace(IN_SYNC, accounts=tuple(one for one in IN_SYNC.accounts if one.name in {"dev", "shared"}))
RUNNER = f"ecs-deploy-runner:{NEWEST}"


def dev(**changes: object) -> Change:
    """Change what runs in dev."""

    def change(table: Scenario) -> Scenario:
        accounts = (replace(one, **changes) if one.name == "dev" else one for one in table.accounts)  # type: ignore[arg-type]  # fields of a state
        return replace(table, accounts=tuple[AccountState, ...](accounts))

    return change


def table(**changes: object) -> Change:
    """Change what is everybody's."""
    return lambda one: replace(one, **changes)  # type: ignore[arg-type]  # fields of a scenario


def runs(**changes: Any) -> Act:  # noqa: ANN401 -- arguments of boto3
    """Register the planner's task definition in dev anew, with changes; ``container`` changes its only container."""

    def act(client: Client) -> object:
        ecs = client("ecs", DEV)
        seen = ecs.describe_task_definition(taskDefinition=f"{STACK}-{PLANNER}")["taskDefinition"]
        (container,) = seen["containerDefinitions"]
        given = {"cpu": seen["cpu"], "memory": seen["memory"], **changes}
        return ecs.register_task_definition(
            family=seen["family"],
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            containerDefinitions=[{**container, **given.pop("container", {})}],
            **given,
        )

    return act


def expiring(client: Client) -> object:
    """Let every image expire after a day."""
    selection = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    text = json.dumps({"rules": [rule]})
    return client("ecr", REGISTRY_ID).put_lifecycle_policy(repositoryName="kaniko", lifecyclePolicyText=text)


def unscanned(client: Client) -> object:
    """Switch scanning off."""
    return client("ecr", REGISTRY_ID).put_image_scanning_configuration(
        repositoryName="kaniko", imageScanningConfiguration={"scanOnPush": False}
    )


def untouched(client: Client) -> object:
    """Leave everything as it was seeded."""
    return client


FAULTS = [
    pytest.param(table(), untouched, set(), id="none"),
    pytest.param(
        lambda one: dev(images={**_images(), PLANNER: "ecs-deploy-runner:v1.2.0"})(
            table(pushed=(*BOTH.pushed, "ecs-deploy-runner:v1.2.0"))(one)
        ),
        untouched,
        {"image-tag-drift"},
        id="never applied",
    ),
    pytest.param(
        lambda one: dev(images={**_images(), PLANNER: f"deploy-runner:{NEWEST}"})(
            table(pushed=(*BOTH.pushed, f"deploy-runner:{NEWEST}"))(one)
        ),
        untouched,
        {"image-repository-drift"},
        id="another repository",
    ),
    pytest.param(
        dev(images={APPLIER: RUNNER, PLANNER: f"{RUNNER}@sha256:{'e' * 64}"}),
        untouched,
        {"image-digest-drift"},
        id="tag moved",
    ),
    pytest.param(
        dev(images={APPLIER: RUNNER, PLANNER: "ecs-deploy-runner:v1.2.0"}),
        untouched,
        {"image-tag-drift", "running-tag-not-in-registry"},
        id="an old tag that is gone",
    ),
    pytest.param(
        table(pushed=(f"kaniko:{NEWEST}", "ecs-deploy-runner:v0.1.0")),
        untouched,
        {"declared-tag-not-in-registry", "running-tag-not-in-registry"},
        id="never built",
    ),
    pytest.param(dev(images={PLANNER: RUNNER}), untouched, {"family-missing"}, id="family missing"),
    pytest.param(
        dev(images={PLANNER: RUNNER, APPLIER: RUNNER, "ami-builder": RUNNER}),
        untouched,
        {"family-undeclared"},
        id="family undeclared",
    ),
    pytest.param(dev(invoker_runtime=None), untouched, {"invoker-missing"}, id="no invoker"),
    pytest.param(dev(invoker_runtime="python3.8"), untouched, {"invoker-runtime-deprecated"}, id="old runtime"),
    pytest.param(
        dev(exposed={PLANNER: {"API_TOKEN": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}),
        untouched,
        {"secret-in-environment"},
        id="secret in the open",
    ),
    pytest.param(
        table(), lambda client: client("ecs", DEV).delete_cluster(cluster=STACK), {"cluster-missing"}, id="no cluster"
    ),
    pytest.param(
        table(),
        lambda client: client("logs", DEV).delete_log_group(logGroupName=LOG_GROUP),
        {"log-group-missing"},
        id="no log group",
    ),
    pytest.param(table(), runs(cpu="1024", memory="1024"), {"task-size-invalid"}, id="no pair of Fargate's"),
    pytest.param(table(), runs(container={"privileged": True}), {"container-privileged"}, id="privileged"),
    pytest.param(
        table(),
        lambda client: client("secretsmanager", REGISTRY_ID).delete_secret(
            SecretId=SECRET, ForceDeleteWithoutRecovery=True
        ),
        {"secret-missing"},
        id="no secret",
    ),
    pytest.param(
        table(),
        lambda client: client("secretsmanager", REGISTRY_ID).delete_secret(SecretId=SECRET),
        {"secret-missing"},
        id="secret on its way out",
    ),
    pytest.param(table(secret_key=None), untouched, {"secret-key-not-shared"}, id="AWS's key"),
    pytest.param(table(mutable=("kaniko",)), untouched, {"registry-tags-mutable"}, id="mutable tags"),
    pytest.param(table(strangers=(DEV,)), untouched, {"registry-policy-lacks-account"}, id="no pull"),
    pytest.param(table(), expiring, {"lifecycle-expires-tag-in-use"}, id="expiring"),
    pytest.param(table(), unscanned, {"registry-no-scan-on-push"}, id="not scanned"),
]


def _images() -> dict[str, str]:
    return {PLANNER: RUNNER, APPLIER: RUNNER}


@pytest.fixture(scope="module")
def emulated() -> Iterator[str]:
    """Run one emulator for all faults."""
    with emulator() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Declare the newest release everywhere, and look at dev and shared only, with a list of releases of today."""
    folder: Path = tmp_path_factory.mktemp("seeded")
    listed = folder / "releases.json"
    listed.write_text(files("audit.released").joinpath("catalog.json").read_text(encoding="utf-8"), encoding="utf-8")
    live = export(folder / "live", in_sync=True)
    return Settings(infra_live=live, account=("dev", "shared"), role_arn=ROLE_ARN, releases_file=listed)


@pytest.mark.parametrize(("change", "act", "expected"), FAULTS)
def test_fault_is_found(emulated: str, settings: Settings, change: Change, act: Act, expected: set[str]) -> None:
    """Exactly the checks that are about the fault find something, and nothing is unknown."""
    requests.post(f"{emulated}/moto-api/reset", timeout=10).raise_for_status()
    for endpoint in emulated_aws(emulated):
        seed(endpoint, change(BOTH))
        act(lambda service, account: sign_in(endpoint, account, REGION).client(service, endpoint_url=endpoint))  # type: ignore[call-overload]  # noqa: B023 -- called at once; any service
        results = door.judge(settings, None, once.look(settings, os.environ))
    assert {(one.check, one.outcome) for one in results.findings} == {(check, "fail") for check in expected}
