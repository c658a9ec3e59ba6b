"""What is noted of each call: AWS's id of it, when it ended, and what it was about."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, Seen, Unread
from audit.running.access import Access
from audit.running.model.targets import RegistryTarget, Target
from audit.running.noted import answered, request_id
from audit.running.observe import observe, registries
from tests.aws import DEV, REGION, ROLE_ARN, SHARED, push_image
from tests.overlay.faults import Reply, Reset, Rule, error, query_error
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.running.model.requests import Request
    from audit.running.model.seen import Observation

STACK = "ecs-deploy-runner"
TARGET = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=(STACK,))
UUID = "5f0c3c0e-6a5b-4a53-8a43-0f6c0d3f9d11"
LIST = "ecs:ListTaskDefinitionFamilies"
DESCRIBE = "ecs:DescribeTaskDefinition"
INVOKER = "lambda:GetFunctionConfiguration"


@pytest.fixture
def overlay(runner: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Overlay]:
    """Put the overlay before the emulator."""
    with overlaid(runner) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


def look(target: Target = TARGET) -> Observation:
    """Look at the account."""
    (seen,) = observe([target], Access(role_arn=ROLE_ARN, attempts=3), workers=1)
    return seen


def of(call: str, requests: tuple[Request, ...]) -> list[Request]:
    """Give what was noted of a call."""
    return [one for one in requests if one.call == call]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param({"ResponseMetadata": {"RequestId": UUID}}, UUID, id="uuid"),
        pytest.param({"ResponseMetadata": {"RequestId": "A" * 64}}, "A" * 64, id="longest"),
        pytest.param({"ResponseMetadata": {"RequestId": "A" * 65}}, None, id="too long"),
        pytest.param({"ResponseMetadata": {"RequestId": "<b>x</b>"}}, None, id="markup"),
        pytest.param({"ResponseMetadata": {"RequestId": f"{UUID}\n"}}, None, id="line feed"),
        pytest.param({"ResponseMetadata": {"RequestId": "١٢٣"}}, None, id="other digits"),
        pytest.param({"ResponseMetadata": {"RequestId": ""}}, None, id="empty"),
        pytest.param({"ResponseMetadata": {"RequestId": {"RequestId": UUID}}}, None, id="a tree"),
        pytest.param({"ResponseMetadata": {"RequestId": None}}, None, id="null"),
        pytest.param({"ResponseMetadata": {}}, None, id="none"),
        pytest.param({"ResponseMetadata": UUID}, None, id="no metadata"),
        pytest.param({}, None, id="nothing"),
        pytest.param(None, None, id="no reply"),
    ],
)
def test_only_what_looks_like_an_id_is_one(reply: object, expected: str | None) -> None:
    """The header comes from whoever answers, so it is hostile text."""
    assert request_id(reply) == expected


@pytest.mark.parametrize(
    ("call", "parameters", "about"),
    [
        pytest.param("sts:GetCallerIdentity", {}, (), id="all there is"),
        pytest.param(DESCRIBE, {"taskDefinition": "a"}, ("a",), id="a name"),
        pytest.param("ecs:ListTasks", {"cluster": "arn:aws:ecs:r:1:cluster/a"}, ("a",), id="a cluster's ARN"),
        pytest.param("ecr:BatchGetImage", {"imageIds": [{"imageTag": "a"}, {"imageTag": "b"}]}, ("a", "b"), id="tags"),
        pytest.param("ecr:DescribeImageScanFindings", {"imageId": {"imageDigest": "d"}}, ("d",), id="a digest"),
        pytest.param("ecr:DescribeRepositories", {"repositoryNames": ("a", "b")}, ("a", "b"), id="names"),
    ],
)
def test_what_was_asked_about(call: str, parameters: dict[str, object], about: tuple[str, ...]) -> None:
    """The table of calls says by which parameter."""
    assert answered(call, parameters, {}).about == about


def test_every_call_is_noted(overlay: Overlay) -> None:
    """In order, each with an id of its own and a time in whole seconds; retries leave no trace."""
    overlay.rules.append(Rule(fault=error("ThrottlingException", x_amzn_RequestId="throttled"), call=LIST, times=1))
    seen = look()
    assert [(one.call, one.about) for one in seen.requests[:4]] == [
        ("sts:GetCallerIdentity", ()),
        (LIST, (STACK,)),
        (DESCRIBE, (f"{STACK}-terraform-applier",)),
        (DESCRIBE, (f"{STACK}-terraform-planner",)),
    ]
    assert len(seen.requests) == seen.calls
    assert len({one.id for one in seen.requests if one.id}) == len(seen.requests)
    assert all(one.time.tzinfo == UTC and not one.time.microsecond for one in seen.requests)
    assert {one.code for one in seen.requests} == {None}
    assert "throttled" not in {one.id for one in seen.requests}


def test_a_hostile_id_is_none(overlay: Overlay) -> None:
    """The call is noted all the same."""
    headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "<img src=x>"))
    overlay.rules.append(Rule(fault=Reply(body=b'{"families": []}', headers=headers), call=LIST))
    (found,) = of(LIST, look().requests)
    assert (found.id, found.code) == (None, None)


@pytest.mark.parametrize(
    ("fault", "call", "id_", "code"),
    [
        pytest.param(
            error("AccessDeniedException", x_amzn_RequestId=UUID), DESCRIBE, UUID, "AccessDeniedException", id="denied"
        ),
        pytest.param(
            error("AccessDeniedException", message="with an explicit deny in a service control policy"),
            DESCRIBE,
            None,
            "AccessDeniedException",
            id="denied without an id",
        ),
        pytest.param(Reset(), DESCRIBE, None, "ConnectionClosedError", id="no answer"),
        pytest.param(
            query_error("AccessDenied", 403), "sts:AssumeRole", None, "AccessDenied", id="the role can't be assumed"
        ),
    ],
)
def test_a_failed_call_is_noted(overlay: Overlay, fault: Reply, call: str, id_: str | None, code: str) -> None:
    """With AWS's id where it sent one, and the code that the gap has."""
    overlay.rules.append(Rule(fault=fault, call=call))
    seen = look()
    (found,) = of(call, seen.requests)
    assert (found.id, found.code) == (id_, code)
    assert isinstance(seen.families, Unread)
    assert (seen.families.gap.call, seen.families.gap.code) == (call, code)


def test_what_is_not_there_names_its_call(overlay: Overlay) -> None:
    """That there is no function is an answer: an error of AWS, with an id."""
    not_found = error("ResourceNotFoundException", 404, x_amzn_RequestId=UUID)
    overlay.rules.append(Rule(fault=not_found, call=INVOKER))
    seen = look()
    assert seen.invokers[0].invoker == Seen(value=None)
    assert [(one.id, one.code) for one in of(INVOKER, seen.requests)] == [(UUID, "ResourceNotFoundException")]


def test_a_fact_begun_anew_names_its_calls_once(overlay: Overlay) -> None:
    """Where the session ends on the way, what was asked with it is no evidence of the fact."""
    overlay.rules.append(Rule(fault=error("ExpiredTokenException"), call=DESCRIBE, after=1, times=1))
    seen = look()
    assert isinstance(seen.families, Seen)
    assert len(of(LIST, seen.requests)) == 1
    assert len(of(DESCRIBE, seen.requests)) == 2
    assert overlay.count(LIST) == 2


def test_a_call_for_several_repositories_is_that_of_each(overlay: Overlay) -> None:
    """Each repository has the id of the call that described it, under its own name."""
    names = ("first", "second")
    for name in names:
        push_image(overlay.url, SHARED, REGION, name, "v1")
    account = Account(name="shared", id=SHARED)
    targets = [
        RegistryTarget(account=account, region=REGION, repository=name, tags=("v1",), beside=names) for name in names
    ]
    seen = registries(targets, Access(role_arn=ROLE_ARN), workers=1)
    found = [of("ecr:DescribeRepositories", one.requests) for one in seen]
    assert [[one.about for one in each] for each in found] == [[("first",)], [("second",)]]
    assert found[0][0].id == found[1][0].id is not None
    assert [[one.about for one in of("ecr:BatchGetImage", each.requests)] for each in seen] == [[("v1",)], [("v1",)]]
