"""Which request stands as evidence: the one that held the value, or that left the gap; none is made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, Seen, Unread
from audit.running.model.requests import Request
from audit.running.model.secrets import Secret
from audit.verdict import registry, secrets
from audit.verdict.check import Judgement, Subject
from audit.verdict.finding import Evidence
from audit.verdict.pairing import views
from audit.verdict.requests import MOST, Requests, asked
from audit.verdict.subject import of_container, of_repository, of_secret, of_stack
from tests.nouns import KANIKO, REGION, SHARED, STACK, gap, observation, repository, row, snapshot
from tests.nouns import families as running

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from audit.model import Gap
    from audit.verdict.pairing import UnitView

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIST, DESCRIBE, CLUSTERS = "ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition", "ecs:DescribeClusters"
INVOKER, CALLER = "lambda:GetFunctionConfiguration", "sts:GetCallerIdentity"
PLANNER, APPLIER = f"{STACK}-terraform-planner", f"{STACK}-terraform-applier"
DIGEST = "sha256:" + "a" * 64
ARN = f"arn:aws:secretsmanager:{REGION}:{SHARED.id}:secret:token-Ab1"


def request(call: str, id_: str | None, *about: str, code: str | None = None) -> Request:
    """Make a request that ended at noon."""
    return Request(call=call, id=id_, time=NOON, about=about, code=code)


SEEN = (
    request(CALLER, "who"),
    request(LIST, "list", STACK),
    request(DESCRIBE, "applier", APPLIER),
    request(DESCRIBE, "planner", PLANNER),
    request(INVOKER, "invoker", f"{STACK}-invoker"),
    request(CLUSTERS, "cluster", STACK),
    request("ecs:ListTasks", "stopped", STACK),
    request("ecs:ListTasks", "running", STACK),
)
IN_ECR = (
    request("ecr:BatchGetImage", "tags", "v1.2.0", "v1.3.0"),
    request("ecr:BatchGetImage", "others", "v9.0.0"),
    request("ecr:DescribeImages", "images", DIGEST),
    request("ecr:DescribeImages", "other images", "sha256:" + "b" * 64),
    request("ecr:GetRepositoryPolicy", None, "ecs-deploy-runner"),
)


def ids(evidence: tuple[Evidence, ...]) -> list[str | None]:
    """Give the ids of what AWS said."""
    return [one.request_id for one in evidence if one.source == "aws"]


@pytest.mark.parametrize(
    ("call", "requests", "names", "expected"),
    [
        pytest.param(DESCRIBE, SEEN, {PLANNER}, ["planner"], id="by name"),
        pytest.param(DESCRIBE, SEEN, {"other"}, [None], id="asked about something else"),
        pytest.param(DESCRIBE, SEEN, frozenset(), ["applier", "planner"], id="all of it"),
        pytest.param(CALLER, SEEN, {PLANNER}, ["who"], id="about all there is"),
        pytest.param(LIST, SEEN, {f"{STACK}-eu"}, ["list"], id="a prefix"),
        pytest.param(CLUSTERS, SEEN, {f"{STACK}-eu"}, [None], id="no prefix"),
        pytest.param("ecs:ListTasks", SEEN, {STACK}, ["stopped", "running"], id="in order"),
        pytest.param("ecs:DescribeTasks", SEEN, {STACK}, [None], id="not asked"),
        pytest.param(DESCRIBE, (), {PLANNER}, [None], id="an older snapshot"),
        pytest.param(
            DESCRIBE,
            tuple(request(DESCRIBE, str(number)) for number in range(9)),
            (),
            list("45678"),
            id="a few of many",
        ),
        pytest.param(
            INVOKER, (request(INVOKER, "no", code="ResourceNotFoundException"),), frozenset(), ["no"], id="not there"
        ),
        pytest.param(
            INVOKER,
            (request(INVOKER, "no", code="X"), request(INVOKER, "yes")),
            frozenset(),
            ["yes"],
            id="alone, then it was",
        ),
        pytest.param(
            INVOKER,
            (request(INVOKER, "1", code="X"), request(INVOKER, "2", code="X")),
            frozenset(),
            ["2"],
            id="of failures the last",
        ),
        pytest.param(INVOKER, (request(INVOKER, None, code="ReadTimeoutError"),), frozenset(), [None], id="no answer"),
    ],
)
def test_the_request_that_held_the_value(
    call: str, requests: tuple[Request, ...], names: AbstractSet[str], expected: list[str | None]
) -> None:
    """One that is not known is not guessed: then the operation alone stands."""
    found = asked((call,), requests, names)
    assert ids(found) == expected
    assert {f"{one.service}:{one.operation}" for one in found} == {call}
    assert len(found) <= MOST
    assert [one.time for one in found] == ["2026-11-24T12:00:00Z" if id_ else None for id_ in expected]


def test_a_time_without_an_id() -> None:
    """A call that came through without an id that is one still has its time; in UTC, whatever the snapshot says."""
    noon = request(CALLER, None)
    east = replace(noon, time=NOON.astimezone(timezone(timedelta(hours=9))))
    bare = replace(noon, time=NOON.replace(tzinfo=None))
    found = asked((CALLER,), (noon, east, bare))
    assert [(one.request_id, one.time) for one in found] == [(None, "2026-11-24T12:00:00Z")] * 3


def unit() -> UnitView:
    """Make a unit whose look and whose registry noted their requests."""
    rows = (row("terraform-planner"), row("terraform-applier"))
    seen = observation(families=Seen(value=running(rows)), requests=SEEN)
    held = replace(repository(tags={"v1.3.0": DIGEST, "v1.2.0": None}), requests=IN_ECR)
    (only,) = views(snapshot(rows=rows, observations=(seen,), repositories=(held, repository(KANIKO))))
    return only


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"running": "v1.3.0"}, ["list", "planner", "tags", "images"], id="what runs"),
        pytest.param({"declared": "v1.2.0"}, ["list", "planner", "tags", None], id="a tag that is not there"),
        pytest.param({"declared": "v1.2.0", "running": "v9.0.0"}, ["list", "planner", "others", None], id="runs other"),
        pytest.param({"running": "v1.3.0", "image": KANIKO}, ["list", "planner", None, None], id="another image"),
        pytest.param({"running": "v1.3.0", "image": "x"}, ["list", "planner", None, None], id="not in ECR"),
    ],
)
def test_a_container_names_its_family_and_its_tag(values: dict[str, str], expected: list[str | None]) -> None:
    """Where an image lives decides whose requests count."""
    only, calls = unit(), (LIST, DESCRIBE, "ecr:BatchGetImage", "ecr:DescribeImages")
    subject = of_container(only, only.stacks[0], row("terraform-planner"), calls=calls, **values)  # type: ignore[arg-type]  # values are texts
    assert ids(subject.evidence) == expected
    assert subject.evidence[0].source == "hcl"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, ["list", "applier", "planner", "invoker"], id="the whole"),
        pytest.param({"name": PLANNER}, ["list", "planner", "invoker"], id="a family"),
        pytest.param({"name": "other"}, ["list", None, "invoker"], id="unknown"),
        pytest.param({"name": "other", "about": (APPLIER,)}, ["list", "applier", "invoker"], id="what else"),
    ],
)
def test_a_stack_names_what_is_of_it(values: dict[str, str], expected: list[str | None]) -> None:
    """Its families, its invoker, and what else it was asked about."""
    only = unit()
    assert ids(of_stack(only, only.stacks[0], calls=(LIST, DESCRIBE, INVOKER), **values).evidence) == expected  # type: ignore[arg-type]  # as above


def test_what_was_not_looked_at_names_operations() -> None:
    """A unit without a look, and facts of earlier releases, have no requests."""
    rows = (row(),)
    for seen in ((), (observation(families=Unread(gap=gap())),)):
        (only,) = views(snapshot(rows=rows, observations=seen))
        assert ids(of_stack(only, only.stacks[0], calls=(LIST, DESCRIBE)).evidence) == [None, None]


def test_a_repository_and_a_secret_name_their_own() -> None:
    """By the tag where one is meant."""
    secret = Secret(
        arn=ARN,
        metadata=Seen(value=None),
        calls=1,
        requests=(request("secretsmanager:DescribeSecret", "secret", ARN, code="ResourceNotFoundException"),),
    )
    held = replace(repository(tags={"v1.3.0": DIGEST}), requests=IN_ECR)
    facts = snapshot(repositories=(held,), secrets=(secret,))
    (seen,), (kept,) = registry.views(facts), secrets.views(facts)
    calls = ("ecr:BatchGetImage", "ecr:DescribeImages")
    assert ids(of_repository(seen, running="v1.3.0", calls=calls).evidence) == ["tags", "images"]
    (policy,) = of_repository(seen, calls=("ecr:GetRepositoryPolicy",)).evidence
    assert (policy.request_id, policy.time) == (None, "2026-11-24T12:00:00Z")
    assert ids(of_secret(kept, calls=("secretsmanager:DescribeSecret",)).evidence) == ["secret"]


DENIED = "AccessDeniedException"
GAPS = Requests.of(
    replace(
        snapshot().running,
        observations=(
            observation(
                requests=(
                    *SEEN,
                    request(CLUSTERS, "cluster a", "a", code=DENIED),
                    request(CLUSTERS, "cluster b", "b", code=DENIED),
                    request(INVOKER, "invoker a", "a-invoker", code=DENIED),
                    request(INVOKER, "invoker b", "b-invoker", code=DENIED),
                    request(DESCRIBE, None, "x", code="ReadTimeoutError"),
                )
            ),
        ),
        repositories=(replace(repository(), requests=(request("ecr:BatchGetImage", "denied", "v1", code=DENIED),)),),
        secrets=(
            Secret(
                arn=ARN,
                metadata=Unread(gap=gap()),
                calls=1,
                requests=(request("secretsmanager:DescribeSecret", "secret", ARN, code=DENIED),),
            ),
        ),
    )
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(gap("cluster a", call=CLUSTERS), ["cluster a"], id="by its subject"),
        pytest.param(gap("cluster b", call=CLUSTERS), ["cluster b"], id="by its subject, the second"),
        pytest.param(gap("invoker of a", call=INVOKER), ["invoker a"], id="by its invoker"),
        pytest.param(gap("identity", call=CALLER, code="WrongAccount"), ["who"], id="it came through, and was wrong"),
        pytest.param(gap("families", call=DESCRIBE, code="ReadTimeoutError"), [None], id="no answer"),
        pytest.param(gap("families", call="ecs:DescribeTasks"), [], id="not noted"),
        pytest.param(gap("releases", call=None), [], id="no call"),
        pytest.param(gap("families", call=CALLER, region="eu-west-1"), [], id="elsewhere"),
        pytest.param(
            gap("repository ecs-deploy-runner", SHARED, call="ecr:BatchGetImage"), ["denied"], id="repository"
        ),
        pytest.param(gap(f"secret {ARN}", SHARED, call="secretsmanager:DescribeSecret"), ["secret"], id="secret"),
        pytest.param(gap("cluster a", Account(name="x", id="111122223333"), call=CLUSTERS), [], id="another account"),
    ],
)
def test_the_request_that_left_a_gap(told: Gap, expected: list[str | None]) -> None:
    """The one that failed with the gap's code, about what the gap is about."""
    assert ids(GAPS.behind(told)) == expected


def test_an_unknown_names_the_request_behind_it() -> None:
    """In the place of the operation alone; what is known of other operations stays, and nothing is told twice."""
    of_other = Evidence(source="aws", service="ecs", operation="ListTasks", request_id="stopped")
    plain = Evidence(source="aws", service="ecs", operation="DescribeClusters")
    about = Subject(name="x", evidence=(of_other, plain))
    unknown = Judgement(subject=about, outcome="unknown", message="", gap=gap("cluster a", call=CLUSTERS))
    told = GAPS.told(unknown)
    assert ids(told.subject.evidence) == ["stopped", "cluster a"]
    assert GAPS.told(told) == told
    assert GAPS.told(replace(unknown, gap=None)).subject is about
    assert GAPS.told(replace(unknown, gap=gap(call=None))).subject is about
