"""Each fault, seeded in an emulated AWS with all else right, is found: that finding and no other."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from audit import door
from audit.configuration.config import Settings
from audit.demo.sample import NEWEST, export
from audit.demo.scenario import (
    APPLIER,
    LOG_GROUP,
    PLANNER,
    REGION,
    REGISTRY_ID,
    SECRET,
    STACK,
    seed,
)
from audit.look import once
from tests.aws import DEV, ROLE_ARN
from tests.checks.seeding import (
    BOTH,
    NEVER_BEGAN,
    NOW,
    RUNNER,
    Act,
    Change,
    Client,
    builds,
    built_for,
    clients,
    dev,
    expiring,
    invoker,
    keyless,
    ran,
    runs,
    scanned,
    self_made,
    table,
    unscanned,
    untouched,
)
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.overlay.faults import Rule


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
    pytest.param(table(), keyless, {"registry-without-own-key"}, id="ECR's own key"),
    pytest.param(table(), built_for("arm64"), {"image-architecture-differs"}, id="built on ARM"),
    pytest.param(table(), built_for("amd64", "arm64"), set(), id="built for both"),
    pytest.param(table(), unscanned, {"registry-no-scan-on-push"}, id="not scanned"),
    pytest.param(
        table(),
        lambda client: client("ecr", REGISTRY_ID).delete_repository_policy(repositoryName="ecs-deploy-runner"),
        {"registry-without-policy"},
        id="no policy",
    ),
    pytest.param(dev(images={}, invoker_runtime=None), untouched, {"stack-missing"}, id="nothing there"),
    pytest.param(
        table(),
        builds(
            allowed_options_without_args=[],
            restricted_options_regex={"--repo": "^https://github[.]com/acme/", "--ref": "^main$", "--x": "("},
        ),
        {"invoker-lacks-env-secret", "invoker-lacks-repository", "invoker-lacks-ref", "invoker-pattern-invalid"},
        id="an invoker that lets nothing through",
    ),
]

NEWEST_REVISION = f"arn:aws:ecs:{REGION}:{DEV}:task-definition/{STACK}-{PLANNER}:2"
OLD = f"arn:aws:ecs:{REGION}:{DEV}:task-definition/{STACK}-{PLANNER}:9"
STRUCK = [
    pytest.param(
        lambda client: (*ran(startedAt=NOW - 60, taskDefinitionArn=NEWEST_REVISION), *self_made(client)),
        set(),
        id="all well",
    ),
    pytest.param(
        lambda client: (
            *ran(startedAt=NOW - 7 * 3600, taskDefinitionArn=OLD),
            *self_made(client, "iam:PutRolePolicy"),
            *scanned(client),
            invoker(LastUpdateStatus="Failed"),
        ),
        {
            "task-running-too-long",
            "task-on-old-revision",
            "task-role-can-change-itself",
            "image-vulnerabilities",
            "invoker-update-failed",
        },
        id="all else",
    ),
    pytest.param(lambda _: ran(lastStatus="STOPPED", **NEVER_BEGAN), {"task-failed-to-start"}, id="never began"),
]


def _images() -> dict[str, str]:
    return {PLANNER: RUNNER, APPLIER: RUNNER}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Declare the newest release everywhere, and look at dev and shared only, with a list of releases of today."""
    folder: Path = tmp_path_factory.mktemp("seeded")
    listed = folder / "releases.json"
    listed.write_text(files("audit.released").joinpath("catalog.json").read_text(encoding="utf-8"), encoding="utf-8")
    live = export(folder / "live", in_sync=True)
    for name in ("logs", "security", "stage", "prod"):  # evaluated for each fault, and nobody looks there
        shutil.rmtree(live / name)
    return Settings(infra_live=live, account=("dev", "shared"), role_arn=ROLE_ARN, releases_file=listed)


@pytest.mark.parametrize(("change", "act", "expected"), FAULTS)
def test_fault_is_found(aws: str, settings: Settings, change: Change, act: Act, expected: set[str]) -> None:
    """Exactly the checks that are about the fault find something, and nothing is unknown."""
    seed(aws, change(BOTH))
    act(clients(aws))
    results = door.judge(settings, None, once.look(settings, os.environ))
    assert {(one.check, one.outcome) for one in results.findings} == {(check, "fail") for check in expected}


@pytest.mark.parametrize(("rules", "expected"), STRUCK)
def test_what_moto_cannot_hold_is_found(
    aws: str,
    settings: Settings,
    rules: Callable[[Client], tuple[Rule, ...]],
    expected: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same, for what the overlay answers in moto's place."""
    seed(aws, BOTH)
    struck = rules(clients(aws))
    with overlaid(aws, *struck) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        asked = replace(settings, simulate_roles=True)
        results = door.judge(asked, None, once.look(asked, os.environ))
    assert {(one.check, one.outcome) for one in results.findings} == {(check, "fail") for check in expected}
    said = {one.message for one in results.findings if one.check == "image-vulnerabilities"}
    assert all(one.endswith(" has 2 critical vulnerabilities: CVE-2026-0001, CVE-2026-0002") for one in said)
