"""What a reply leaves out: it is unread, and never taken for absent, clean or allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, Unread, need
from audit.running.access import Access
from audit.running.logs import MOST_GROUPS
from audit.running.model.targets import RegistryTarget, Target
from audit.running.observe import observe, registries
from tests.aws import DEV, REGION, ROLE_ARN, SHARED, push_image, seed_runner, sign_in
from tests.overlay.faults import Reply, Rule
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from audit.model import Fact
    from audit.running.model.ecr import Repository
    from audit.running.model.seen import Observation

ROLE = Access(role_arn=ROLE_ARN)
STACK = "ecs-deploy-runner"
TARGET = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=(STACK,))
KANIKO = RegistryTarget(account=Account(name="shared", id=SHARED), region=REGION, repository="kaniko", tags=("v1",))


def reply(call: str, **body: object) -> Rule:
    """Answer a call with this."""
    return Rule(fault=Reply(body=json.dumps(body).encode()), call=call)


def looked(aws: str, monkeypatch: pytest.MonkeyPatch, *rules: Rule) -> Observation:
    """Look at dev through the overlay."""
    with overlaid(aws, *rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = observe([TARGET], ROLE)
    return seen


def looked_up(aws: str, monkeypatch: pytest.MonkeyPatch, *rules: Rule) -> Repository:
    """Look at shared's repository through the overlay."""
    with overlaid(aws, *rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = registries([KANIKO], ROLE)
    return seen


def code_of(fact: Fact[object]) -> str | None:
    """Give the code of the gap behind a fact that has to be unread."""
    assert isinstance(fact, Unread)
    return fact.gap.code


def test_details_of_an_image_that_do_not_come(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When an image was pushed, and what its scan found, is not known where the reply leaves the image out."""
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    seen = looked_up(aws, monkeypatch, reply("ecr:DescribeImages", imageDetails=[]))
    assert code_of(seen.tags) == "DamagedReply"


def test_cluster_that_is_neither_there_nor_missing(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS says of a cluster that it is missing: a reply that says nothing is no proof."""
    seen = looked(aws, monkeypatch, reply("ecs:DescribeClusters", clusters=[], failures=[]))
    assert code_of(seen.clusters[0].cluster) == "DamagedReply"


def test_variables_that_lambda_keeps_to_itself(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the caller may not use their key Lambda answers without them, and says so; the rest is seen."""
    error = {"ErrorCode": "AccessDeniedException", "Message": "ghp_SecretOfTheServer"}
    name = f"{STACK}-invoker"
    arn = f"arn:aws:lambda:{REGION}:{DEV}:function:{name}"
    shown = {"FunctionName": name, "FunctionArn": arn, "Runtime": "python3.12", "Environment": {"Error": error}}
    seen = looked(aws, monkeypatch, reply("lambda:GetFunctionConfiguration", **shown))
    invoker = need(seen.invokers[0].invoker)
    assert invoker is not None
    assert (invoker.withheld, invoker.environment, invoker.runtime) == ("AccessDeniedException", (), "python3.12")
    assert "ghp_" not in repr(seen)


@pytest.mark.parametrize(("number", "code"), [(MOST_GROUPS, None), (MOST_GROUPS + 1, "TooManyLogGroups")])
def test_log_groups_beyond_what_is_asked(aws: str, number: int, code: str | None) -> None:
    """Of more groups than are asked about none is called missing."""
    seed_runner(aws, DEV, REGION, STACK, {})
    ecs = sign_in(aws, DEV, REGION).client("ecs", endpoint_url=aws)
    for index in range(number):
        options = {"awslogs-group": f"/ecs/{index}", "awslogs-region": REGION}
        logs = {"logDriver": "awslogs", "options": options}
        container = {"name": "c", "image": "x:v1", "memory": 128, "logConfiguration": logs}
        ecs.register_task_definition(family=f"{STACK}-c{index}", containerDefinitions=[container])  # type: ignore[list-item]  # plain data
    (seen,) = observe([TARGET], ROLE)
    if code is None:
        assert need(seen.log_groups) == ()
    else:
        assert code_of(seen.log_groups) == code


def test_patterns_of_tags_that_can_be_moved(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which tags a repository's setting leaves out is read."""
    push_image(aws, SHARED, REGION, "kaniko", "v1")
    left_out = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    shown = {
        "repositoryName": "kaniko",
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": left_out,
    }
    settings = need(looked_up(aws, monkeypatch, reply("ecr:DescribeRepositories", repositories=[shown])).settings)
    assert settings is not None
    assert (settings.has_exclusions, settings.exclusions) == (True, ("dev-*",))
