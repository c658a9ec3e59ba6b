"""What is seen beside images: variables, logging, clusters, tasks, repositories, secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, Seen, Unread, need
from audit.running.access import Access
from audit.running.ecr import platform_images
from audit.running.model.ecr import PlatformImage, Scan
from audit.running.model.ecs import Cluster, Logging, SecretReference, Task, TaskContainer, Variable
from audit.running.model.targets import RegistryTarget, SecretTarget, Target
from audit.running.observe import observe, registries, secrets
from tests.aws import DEV, REGION, ROLE_ARN, SHARED, push_image, seed_runner, sign_in
from tests.overlay.faults import DENIED, Reply, Rule
from tests.overlay.proxy import overlaid
from tests.running.test_scripts import PLANNER, packed

if TYPE_CHECKING:
    from audit.running.model.seen import Observation

ROLE = Access(role_arn=ROLE_ARN)
STACK = "ecs-deploy-runner"
TARGET = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=(STACK,))
KANIKO = RegistryTarget(account=Account(name="shared", id=SHARED), region=REGION, repository="kaniko", tags=("v1",))
PAT = f"arn:aws:secretsmanager:{REGION}:{SHARED}:secret:MachineUserGitHubPAT-AbCdEf"


def test_container_definition_is_seen_without_its_values(aws: str) -> None:
    """Names and classes of variables, references of secrets, logging, size and roles; no value."""
    role = f"arn:aws:iam::{DEV}:role/{STACK}"
    sign_in(aws, DEV, REGION).client("ecs", endpoint_url=aws).register_task_definition(
        family=f"{STACK}-terraform-planner",
        requiresCompatibilities=["FARGATE", "EC2"],
        networkMode="awsvpc",
        cpu="1024",
        memory="2048",
        taskRoleArn=role,
        executionRoleArn=f"{role}-task-execution-role",
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        containerDefinitions=[
            {
                "name": "runner",
                "image": "x:v1",
                "user": "1000",
                "privileged": True,
                "environment": [{"name": "TOKEN", "value": "ghp_planted"}, {"name": "LEVEL", "value": "info"}],
                "secrets": [{"name": "GITHUB_OAUTH_TOKEN", "valueFrom": PAT}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": f"/ecs/{STACK}", "awslogs-region": REGION},
                },
            }
        ],
    )
    (seen,) = observe([TARGET], ROLE)
    (family,) = need(seen.families)
    assert (family.cpu, family.memory, family.network_mode) == ("1024", "2048", "awsvpc")
    assert (family.launch_types, family.architecture) == (("EC2", "FARGATE"), "ARM64")
    assert (family.task_role, family.execution_role) == (role, f"{role}-task-execution-role")
    (container,) = family.images
    assert container.environment == (Variable(name="LEVEL", value="word"), Variable(name="TOKEN", value="token"))
    assert container.secrets == (SecretReference(name="GITHUB_OAUTH_TOKEN", value_from=PAT),)
    assert container.logging == Logging(driver="awslogs", group=f"/ecs/{STACK}", region=REGION)
    assert (container.privileged, container.user) == (True, "1000")
    assert "ghp_planted" not in repr(seen)


def test_invoker_configuration_is_decoded(aws: str) -> None:
    """What the invoker allows is seen, its variables by name and class."""
    config = packed({"terraform-planner": {"infrastructure-deploy-script": PLANNER}})
    environment = {"BASE64GZ_CONFIG_DATA_JSON": config, "LOGLEVEL": "info", "KEY": "ghp_planted"}
    seed_runner(aws, DEV, REGION, STACK, {}, environment=environment)
    (seen,) = observe([TARGET], ROLE)
    invoker = need(seen.invokers[0].invoker)
    assert invoker is not None
    assert [one.name for one in invoker.scripts or ()] == ["infrastructure-deploy-script"]
    assert [one.name for one in invoker.environment] == ["BASE64GZ_CONFIG_DATA_JSON", "KEY", "LOGLEVEL"]
    assert invoker.role == f"arn:aws:iam::{DEV}:role/{STACK}-invoker"
    assert "ghp_" not in repr(seen)


def test_cluster_is_seen(runner: str) -> None:
    """A stack's own cluster, none where another's name only begins alike, none where it was deleted."""
    (seen,) = observe([TARGET], ROLE)
    cluster = need(seen.clusters[0].cluster)
    assert cluster is not None
    assert (cluster.name, cluster.status, cluster.running_tasks) == (STACK, "ACTIVE", 0)
    assert seen.clusters[0].tasks == Seen(value=())
    (part,) = observe([Target(account=TARGET.account, region=REGION, stacks=("ecs-deploy",))], ROLE)
    assert part.clusters[0].cluster == Seen(value=None)
    sign_in(runner, DEV, REGION).client("ecs", endpoint_url=runner).delete_cluster(cluster=STACK)
    (gone,) = observe([TARGET], ROLE)
    assert (gone.clusters[0].cluster, gone.clusters[0].tasks) == (Seen(value=None), Seen(value=()))


CLUSTER_ARN = f"arn:aws:ecs:{REGION}:{DEV}:cluster/{STACK}"
TASK = f"arn:aws:ecs:{REGION}:{DEV}:task/{STACK}/"


def _reply(**body: object) -> Reply:
    return Reply(body=json.dumps(body).encode())


def _cluster(running: int, status: str = "ACTIVE") -> Rule:
    seen = {"clusterName": STACK, "clusterArn": CLUSTER_ARN, "status": status, "runningTasksCount": running}
    return Rule(fault=_reply(clusters=[seen], failures=[]), call="ecs:DescribeClusters")


def _look(runner: str, monkeypatch: pytest.MonkeyPatch, *rules: Rule) -> tuple[Observation, dict[str, int]]:
    with overlaid(runner, *rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = observe([TARGET], ROLE)
    return seen, {call: number for (call, _), number in overlay.calls.items()}


def test_tasks_are_described(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Running and stopped tasks with revision and digest; overrides, which hold values, are dropped."""
    described = {
        "taskArn": f"{TASK}1",
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{DEV}:task-definition/{STACK}-terraform-planner:6",
        "lastStatus": "STOPPED",
        "startedAt": 1_760_000_000,
        "stoppedAt": 1_760_000_060.5,
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "CannotPullContainerError: ghp_planted",
        "launchType": "FARGATE",
        "overrides": {"containerOverrides": [{"environment": [{"name": "TOKEN", "value": "ghp_planted"}]}]},
        "containers": [{"name": "b", "image": "x:v1", "imageDigest": "sha256:1"}, {"name": "a"}],
    }
    seen, calls = _look(
        runner,
        monkeypatch,
        _cluster(running=1),
        Rule(fault=_reply(taskArns=[f"{TASK}1"]), call="ecs:ListTasks"),
        Rule(fault=_reply(tasks=[described], failures=[]), call="ecs:DescribeTasks"),
    )
    assert need(seen.clusters[0].cluster) == Cluster(
        name=STACK, arn=CLUSTER_ARN, status="ACTIVE", running_tasks=1, pending_tasks=0, capacity_providers=()
    )
    assert need(seen.clusters[0].tasks) == (
        Task(
            arn=f"{TASK}1",
            definition=f"{STACK}-terraform-planner:6",
            status="STOPPED",
            started_at=datetime.fromtimestamp(1_760_000_000, UTC),
            stopped_at=datetime.fromtimestamp(1_760_000_060.5, UTC),
            stop_code="TaskFailedToStart",
            stop_error="CannotPullContainerError",
            launch_type="FARGATE",
            containers=(
                TaskContainer(name="a", image=None, digest=None),
                TaskContainer(name="b", image="x:v1", digest="sha256:1"),
            ),
        ),
    )
    assert (calls["ecs:ListTasks"], calls["ecs:DescribeTasks"]) == (2, 1)
    assert "ghp_" not in repr(seen)


@pytest.mark.parametrize("status", ["RUNNING", "MISSING"])
def test_task_that_is_gone_is_missing(
    runner: str,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    """What was listed and can't be described is asked for once more, then noted; it isn't left out."""
    missing = _reply(tasks=[], failures=[{"arn": f"{TASK}1", "reason": "MISSING"}])
    there = _reply(tasks=[{"taskArn": f"{TASK}1", "lastStatus": "RUNNING"}], failures=[])
    seen, calls = _look(
        runner,
        monkeypatch,
        _cluster(running=0),
        Rule(fault=_reply(taskArns=[f"{TASK}1"]), call="ecs:ListTasks"),
        Rule(fault=missing, call="ecs:DescribeTasks", times=1),
        Rule(fault=there if status == "RUNNING" else missing, call="ecs:DescribeTasks"),
    )
    assert need(seen.clusters[0].tasks) == (Task(arn=f"{TASK}1", definition=None, status=status),)
    assert (calls["ecs:ListTasks"], calls["ecs:DescribeTasks"]) == (1, 2)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(
            Rule(fault=_reply(clusters=[], failures=[{"reason": "ACCESS"}]), call="ecs:DescribeClusters"),
            "ACCESS",
            id="cluster",
        ),
        pytest.param(
            Rule(fault=_reply(tasks=[], failures=[{"reason": "ACCESS"}]), call="ecs:DescribeTasks"), "ACCESS", id="task"
        ),
    ],
)
def test_other_failures_are_gaps(runner: str, monkeypatch: pytest.MonkeyPatch, rule: Rule, code: str) -> None:
    """A failure that isn't MISSING says nothing about what is there."""
    listed = Rule(fault=_reply(taskArns=[f"{TASK}1"]), call="ecs:ListTasks")
    rules = [rule] if rule.call == "ecs:DescribeClusters" else [_cluster(running=0), listed, rule]
    rule.matched = 0
    seen, _ = _look(runner, monkeypatch, *rules)
    assert isinstance(seen.clusters[0].tasks, Unread)
    assert seen.clusters[0].tasks.gap.code == code


def test_repository_is_seen(aws: str) -> None:
    """Settings, and both policies as text."""
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    ecr = sign_in(aws, SHARED, REGION).client("ecr", endpoint_url=aws)
    ecr.put_image_tag_mutability(repositoryName="kaniko", imageTagMutability="IMMUTABLE")
    ecr.put_image_scanning_configuration(repositoryName="kaniko", imageScanningConfiguration={"scanOnPush": True})
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    ecr.put_lifecycle_policy(repositoryName="kaniko", lifecyclePolicyText=json.dumps({"rules": [rule]}))
    statement = {"Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    ecr.set_repository_policy(
        repositoryName="kaniko", policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    (seen,) = registries([KANIKO], ROLE)
    settings = need(seen.settings)
    assert settings is not None
    assert (settings.tag_mutability, settings.scan_on_push, settings.encryption) == ("IMMUTABLE", True, "AES256")
    assert settings.arn == f"arn:aws:ecr:{REGION}:{SHARED}:repository/kaniko"
    assert json.loads(need(seen.lifecycle) or "") == {"rules": [rule]}
    assert json.loads(need(seen.policy) or "")["Statement"][0]["Sid"] == "pull"


def test_absent_policies_and_repositories_are_seen_as_absent(aws: str) -> None:
    """What isn't set, or whose repository doesn't exist, is None."""
    (seen,) = registries([KANIKO], ROLE)
    assert (seen.tags, seen.settings, seen.lifecycle, seen.policy) == (Seen(value=None),) * 4
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    (seen,) = registries([KANIKO], ROLE)
    assert need(seen.settings) is not None
    assert (seen.lifecycle, seen.policy) == (Seen(value=None), Seen(value=None))


@pytest.mark.parametrize(
    ("call", "fact"),
    [
        ("ecr:DescribeRepositories", "settings"),
        ("ecr:GetLifecyclePolicy", "lifecycle"),
        ("ecr:GetRepositoryPolicy", "policy"),
    ],
)
def test_denied_part_of_a_repository_is_its_own_gap(
    aws: str, monkeypatch: pytest.MonkeyPatch, call: str, fact: str
) -> None:
    """What is denied is unread, the rest of the repository is seen."""
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    with overlaid(aws, Rule(fault=DENIED, call=call)) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = registries([KANIKO], ROLE)
    facts = {name: getattr(seen, name) for name in ("tags", "settings", "lifecycle", "policy")}
    assert {name: value.gap.permission for name, value in facts.items() if isinstance(value, Unread)} == {fact: call}


def test_two_repositories_for_one_name_are_damage(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply that doesn't answer the question isn't an answer."""
    rule = Rule(fault=_reply(repositories=[]), call="ecr:DescribeRepositories")
    with overlaid(aws, rule) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = registries([KANIKO], ROLE)
    assert isinstance(seen.settings, Unread)
    assert seen.settings.gap.code == "DamagedReply"


INDEX = json.dumps(
    {
        "manifests": [
            {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "arm", "variant": "v7"}},
            {"digest": "sha256:2"},
            {"platform": {}},
        ]
    }
)


@pytest.mark.parametrize(
    ("manifest", "images"),
    [
        pytest.param(
            INDEX,
            (
                PlatformImage(digest="sha256:1", platform="linux/arm/v7"),
                PlatformImage(digest="sha256:2", platform=None),
            ),
            id="index",
        ),
        pytest.param('{"layers": []}', (), id="single"),
        pytest.param("", (), id="empty"),
        pytest.param("[]", (), id="list"),
        pytest.param('{"manifests": [1]}', (), id="odd"),
        pytest.param('{"manifests": null}', (), id="null"),
        pytest.param("[" * 100_000, (), id="deep"),
    ],
)
def test_platforms_of_an_index_are_listed(manifest: str, images: tuple[PlatformImage, ...]) -> None:
    """Every image of a multi-platform tag is known by its digest; what is no index has none."""
    assert platform_images(manifest) == images


def test_scan_and_pull_are_seen(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The details of an image: last pull, and the summary of its scan."""
    digest = push_image(aws, SHARED, REGION, "kaniko", "v1")
    summary = {"imageScanCompletedAt": 1_760_000_000, "findingSeverityCounts": {"HIGH": 2, "CRITICAL": 1}}
    detail = {
        "imageDigest": digest,
        "imagePushedAt": 1_750_000_000,
        "lastRecordedPullTime": 1_755_000_000,
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindingsSummary": summary,
    }
    with overlaid(aws, Rule(fault=_reply(imageDetails=[detail]), call="ecr:DescribeImages")) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = registries([KANIKO], ROLE)
    (image,) = need(seen.tags) or ()
    assert image.last_pulled_at == datetime.fromtimestamp(1_755_000_000, UTC)
    assert image.media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert image.scan == Scan(
        status="COMPLETE",
        completed_at=datetime.fromtimestamp(1_760_000_000, UTC),
        counts=(("CRITICAL", 1), ("HIGH", 2)),
    )


def test_secret_is_described_and_never_read(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Existence, key and times of a secret; its value isn't asked for."""
    manager = sign_in(aws, SHARED, REGION).client("secretsmanager", endpoint_url=aws)
    arn = manager.create_secret(Name="MachineUserGitHubPAT", SecretString="ghp_planted", KmsKeyId="alias/x")["ARN"]
    shared = Account(name="shared", id=SHARED)
    with overlaid(aws) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        there, absent, unread = secrets(
            [
                SecretTarget(account=shared, region=REGION, arn=arn),
                SecretTarget(account=shared, region=REGION, arn=PAT),
                SecretTarget(account=Account(name="new", id=None), region=REGION, arn=PAT),
            ],
            ROLE,
        )
    metadata = need(there.metadata)
    assert metadata is not None
    assert (metadata.arn, metadata.name, metadata.kms_key) == (arn, "MachineUserGitHubPAT", "alias/x")
    assert metadata.last_changed_at is not None
    assert (absent.metadata, isinstance(unread.metadata, Unread)) == (Seen(value=None), True)
    assert {call for call, _ in overlay.calls} == {
        "sts:AssumeRole",
        "sts:GetCallerIdentity",
        "secretsmanager:DescribeSecret",
    }
    assert "ghp_" not in repr(there)


def test_denied_secret_is_a_gap(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that may not be described is unread."""
    with overlaid(aws, Rule(fault=DENIED, call="secretsmanager:*")) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = secrets([SecretTarget(account=Account(name="shared", id=SHARED), region=REGION, arn=PAT)], ROLE)
    assert isinstance(seen.metadata, Unread)
    assert seen.metadata.gap.permission == "secretsmanager:DescribeSecret"
