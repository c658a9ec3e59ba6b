"""What is wrong with an emulated AWS: changes of the scenario, acts upon moto, answers in its place."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from audit.demo.sample import NEWEST
from audit.demo.scenario import (
    BUILDER,
    CONFIGURATION,
    IN_SYNC,
    PLANNER,
    REGION,
    REGISTRY_ID,
    STACK,
    STANDALONE,
    AccountState,
    Scenario,
)
from audit.demo.seed import sign_in
from audit.running.roles import ACTIONS
from tests.aws import DEV
from tests.overlay.faults import Reply, Rule
from tests.overlay.patches import simulation
from tests.running.test_scripts import packed

if TYPE_CHECKING:
    from collections.abc import Callable

Client: TypeAlias = "Callable[[str, str], Any]"
Change: TypeAlias = "Callable[[Scenario], Scenario]"
Act: TypeAlias = "Callable[[Client], object]"

NOW = time.time()
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


def again(client: Client, manifest: Callable[[str], str] = lambda one: one, *, key: bool = True) -> object:
    """Make kaniko's repository anew with its image: by another manifest, or under ECR's own key instead of KMS."""
    ecr = client("ecr", REGISTRY_ID)
    policy = ecr.get_repository_policy(repositoryName="kaniko")["policyText"]
    (image,) = ecr.batch_get_image(repositoryName="kaniko", imageIds=[{"imageTag": NEWEST}])["images"]
    ecr.delete_repository(repositoryName="kaniko", force=True)
    ecr.create_repository(
        repositoryName="kaniko",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS" if key else "AES256"},
    )
    ecr.set_repository_policy(repositoryName="kaniko", policyText=policy)
    return ecr.put_image(
        repositoryName="kaniko",
        imageManifest=manifest(image["imageManifest"]),
        imageTag=NEWEST,
        imageDigest=image["imageId"]["imageDigest"],
    )


def keyless(client: Client) -> object:
    """Encrypt a repository with ECR's own key."""
    return again(client, key=False)


def index(*architectures: str) -> str:
    """Make what BuildKit pushes: an index of one image for each architecture, and the attestations beside them."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    platforms = [{"os": "linux", "architecture": one} for one in architectures]
    listed = [
        {"mediaType": kind, "size": 480, "digest": f"sha256:{number:064}", "platform": platform}
        for number, platform in enumerate([*platforms, {"os": "unknown", "architecture": "unknown"}], start=1)
    ]
    made = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": listed}
    return json.dumps(made)


def built_for(*architectures: str) -> Act:
    """Push kaniko's image for these architectures."""
    return lambda client: again(client, lambda _: index(*architectures))


def builds(**script: object) -> Act:
    """Configure shared's invoker otherwise."""
    right = CONFIGURATION[BUILDER]["script_config"]["build-docker-image"]
    changed = {BUILDER: {"script_config": {"build-docker-image": {**right, **script}}}}
    variables = {"BASE64GZ_CONFIG_DATA_JSON": packed(changed)}

    def act(client: Client) -> object:
        name = f"{STACK}-invoker"
        return client("lambda", REGISTRY_ID).update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )

    return act


def clients(endpoint: str) -> Client:
    """Give clients of any service in any account."""
    return lambda service, account: sign_in(endpoint, account, REGION).client(service, endpoint_url=endpoint)  # type: ignore[call-overload]  # any service


def untouched(client: Client) -> object:
    """Leave everything as it was seeded."""
    return client


def reply(**body: object) -> Reply:
    """Answer a call with this."""
    return Reply(body=json.dumps(body).encode())


def ran(**facts: object) -> tuple[Rule, ...]:
    """Let one task of dev's planner be there; moto needs a network to run one."""
    arn = f"arn:aws:ecs:{REGION}:{DEV}:task/{STACK}/0123456789abcdef"
    planner = f"arn:aws:ecs:{REGION}:{DEV}:task-definition/{STACK}-{PLANNER}"
    task = {"taskArn": arn, "taskDefinitionArn": f"{planner}:1", "lastStatus": "RUNNING", **facts}
    clusters = [
        {"clusterName": name, "clusterArn": planner, "status": "ACTIVE", "runningTasksCount": 1}
        for name in (STACK, STANDALONE)
    ]
    return (
        Rule(fault=reply(clusters=clusters, failures=[]), call="ecs:DescribeClusters", account=DEV),
        Rule(fault=reply(taskArns=[arn]), call="ecs:ListTasks", account=DEV),
        Rule(fault=reply(tasks=[task], failures=[]), call="ecs:DescribeTasks", account=DEV),
    )


def invoker(**facts: object) -> Rule:
    """Let dev's invoker be in another state."""
    name = f"{STACK}-invoker"
    arn = f"arn:aws:lambda:{REGION}:{DEV}:function:{name}"
    shown = {"FunctionName": name, "FunctionArn": arn, "Runtime": "python3.12", "State": "Active", **facts}
    return Rule(fault=reply(**shown), call="lambda:GetFunctionConfiguration", account=DEV)


def scanned(client: Client) -> tuple[Rule, ...]:
    """Let the scans of both images have counted two critical vulnerabilities; moto shows no summary."""
    ecr = client("ecr", REGISTRY_ID)
    names = ("ecs-deploy-runner", "kaniko")
    found = [one for name in names for one in ecr.describe_images(repositoryName=name)["imageDetails"]]
    summary = {"findingSeverityCounts": {"CRITICAL": 2}}
    details = [
        {"imageDigest": one["imageDigest"], "imagePushedAt": 1, "imageScanFindingsSummary": summary} for one in found
    ]
    ids = [{"name": f"CVE-2026-000{number}", "severity": "CRITICAL"} for number in (1, 2)]
    listed = reply(imageScanStatus={"status": "COMPLETE"}, imageScanFindings={"findings": ids})
    return (
        Rule(fault=reply(imageDetails=details), call="ecr:DescribeImages"),
        Rule(fault=listed, call="ecr:DescribeImageScanFindings"),
    )


def self_made(client: Client, action: str = "") -> tuple[Rule, ...]:
    """Give dev's planner a role, and let IAM say that it may do this to itself."""
    runs(taskRoleArn=f"arn:aws:iam::{DEV}:role/{STACK}-{PLANNER}")(client)
    decided = {name: "allowed" if name == action else "implicitDeny" for name in ACTIONS}
    answer = Reply(body=simulation(decided), headers=(("Content-Type", "text/xml"),))
    return (Rule(fault=answer, call="iam:SimulatePrincipalPolicy", account=DEV),)


NEVER_BEGAN = {"stoppedAt": NOW, "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: x"}
