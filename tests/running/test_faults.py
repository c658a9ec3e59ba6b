"""What becomes of the faults on the way to AWS: retried where that helps, otherwise a gap, never a wrong answer."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from time import monotonic
from typing import TYPE_CHECKING

import pytest
import requests

from audit.model import Account, Gap, Seen, Unread, need
from audit.running.access import Access
from audit.running.model.targets import RegistryTarget, Target
from audit.running.observe import observe, registries
from tests.aws import DEV, PROD, REGION, ROLE_ARN, SHARED, emulated_aws, push_image, seed_runner
from tests.overlay.faults import (
    DENIED,
    THROTTLED,
    Fault,
    Pages,
    Reply,
    Reset,
    Rule,
    Silence,
    Trickle,
    Truncate,
    error,
    query_error,
)
from tests.overlay.patches import REGISTERED_AT, REGISTERED_BY
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.running.model.seen import Observation

ROLE = Access(role_arn=ROLE_ARN)
STACK = "ecs-deploy-runner"
TARGET = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=(STACK,))
LIST = "ecs:ListTaskDefinitionFamilies"
DESCRIBE = "ecs:DescribeTaskDefinition"
CLUSTERS = "ecs:DescribeClusters"
INVOKER = "lambda:GetFunctionConfiguration"


@contextmanager
def struck(upstream: str, monkeypatch: pytest.MonkeyPatch, *rules: Rule, page_size: int = 100) -> Iterator[Overlay]:
    """Put the overlay with these rules between the tool and the emulator."""
    with overlaid(upstream, *rules, page_size=page_size) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        yield overlay


@pytest.fixture(scope="module")
def runner(moto_endpoint: str) -> Iterator[str]:
    """Seed once for this module, which changes nothing; gives the emulator's URL."""
    requests.post(f"{moto_endpoint}/moto-api/reset", timeout=10).raise_for_status()
    for _ in emulated_aws(moto_endpoint):
        seed_runner(moto_endpoint, DEV, REGION, STACK, {"terraform-planner": "x:v1", "terraform-applier": "x:v1"})
        many = {f"extra-{number:02}": "x:v1" for number in range(21)}
        seed_runner(moto_endpoint, DEV, REGION, "many", many, None)
        push_image(moto_endpoint, SHARED, REGION, "kaniko", "v1")
        yield moto_endpoint


@pytest.fixture(scope="module")
def clean(runner: str) -> Observation:
    """Look at the runner without any fault."""
    (seen,) = observe([TARGET], replace(ROLE, endpoint_url=runner))
    assert gaps(seen) == {}
    families = need(seen.families)
    # What the overlay adds to moto's answer.
    at = datetime.fromtimestamp(REGISTERED_AT, UTC)
    families = tuple(replace(one, registered_at=at, registered_by=REGISTERED_BY) for one in families)
    return replace(seen, families=Seen(value=families))


def gaps(seen: Observation) -> dict[str, Gap]:
    """Give the gaps of an observation by fact."""
    facts = {
        "identity": seen.identity,
        "families": seen.families,
        "invoker": seen.invokers[0].invoker,
        "cluster": seen.clusters[0].cluster,
        "tasks": seen.clusters[0].tasks,
    }
    return {name: fact.gap for name, fact in facts.items() if isinstance(fact, Unread)}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(error("InternalFailure", 500), id="500"),
        pytest.param(Reply(status=502, body=b"<html>bad gateway</html>"), id="502 as html"),
        pytest.param(Reply(status=503), id="503 empty"),
        pytest.param(Reset(), id="reset"),
        pytest.param(Truncate(), id="truncated 200"),
        pytest.param(Reply(body=b""), id="empty 200"),
        pytest.param(Reply(body=b"<html>proxy</html>"), id="200 as html"),
        pytest.param(Reply(body=b"{}"), id="200 without keys"),
        pytest.param(
            Reply(body=b'{"families": null, "taskDefinition": null, "FunctionName": null}'), id="200 with null keys"
        ),
    ],
)
def test_two_faults_in_a_row_are_got_over(
    runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """Every transient fault is retried, and what is seen is what is seen without it."""
    with struck(runner, monkeypatch, Rule(fault=fault, call=LIST, times=2)) as overlay:
        assert observe([TARGET], ROLE) == (clean,)
    assert overlay.count() == 10


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        *product(
            [DESCRIBE, INVOKER, CLUSTERS, "sts:GetCallerIdentity", "sts:AssumeRole"],
            [Reply(status=502, body=b"{not XML"), Truncate(), Reply(body=b"<html/>"), Reply(body=b"")],
        ),
        ("sts:GetCallerIdentity", query_error("InternalFailure", 500)),
        ("sts:AssumeRole", Reply(status=400, body=b"<html><br>")),
    ],
)
def test_every_call_gets_over_damage(
    runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch, call: str, fault: Fault
) -> None:
    """No operation takes a damaged reply for an answer."""
    with struck(runner, monkeypatch, Rule(fault=fault, call=call, times=2)) as overlay:
        assert observe([TARGET], ROLE) == (clean,)
    assert overlay.count() == 10


def test_throttled_call_is_tried_again(runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttling is waited out."""
    with struck(runner, monkeypatch, Rule(fault=THROTTLED, call=LIST, times=1)):
        assert observe([TARGET], ROLE) == (clean,)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(THROTTLED, "ThrottlingException", id="throttled"),
        pytest.param(Truncate(), "DamagedReply", id="truncated"),
        pytest.param(Reply(body=b"<html>proxy</html>"), "DamagedReply", id="html"),
        pytest.param(Reply(body=b'{"families": null}'), "DamagedReply", id="null"),
        pytest.param(Reset(), "ConnectionClosedError", id="reset"),
        pytest.param(error("Oh\x1b[31m no"), "InvalidErrorCode", id="hostile code"),
        pytest.param(error("ClusterContainsServicesException"), "ClusterContainsServicesException", id="other"),
        pytest.param(Reply(status=400, body=b"<html>"), "400", id="400 as html"),
        pytest.param(Reply(status=302, headers=(("Location", "http://example.com/"),)), "302", id="redirect"),
        pytest.param(Reply(body=b'{"families": 5}'), "MalformedReply", id="no list"),
        pytest.param(Reply(body=b'{"families": [5, null]}'), "MalformedReply", id="list of others"),
    ],
)
def test_lasting_fault_is_a_gap(
    runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch, fault: Fault, code: str
) -> None:
    """A fault that stays makes its own fact unread, with call and code, and nothing else."""
    access = replace(ROLE, attempts=2)
    with struck(runner, monkeypatch, Rule(fault=fault, call=LIST)):
        (seen,) = observe([TARGET], access)
    assert set(gaps(seen)) == {"families"}
    gap = gaps(seen)["families"]
    assert (gap.call, gap.code, gap.permission) == (LIST, code, None)
    assert (gap.account, gap.account_id, gap.region) == ("dev", DEV, REGION)
    assert (seen.identity, seen.invokers) == (clean.identity, clean.invokers)
    assert gap.message.startswith(f"task definition families of account dev ({DEV}) in {REGION} unread: ")
    assert gap.message.isprintable()
    assert "ghp_" not in repr(gap)


@pytest.mark.parametrize(
    ("call", "fault", "unread", "permission"),
    [
        pytest.param(LIST, DENIED, {"families"}, LIST, id="list"),
        pytest.param(DESCRIBE, DENIED, {"families"}, DESCRIBE, id="describe"),
        pytest.param(INVOKER, DENIED, {"invoker"}, INVOKER, id="invoker"),
        pytest.param(CLUSTERS, DENIED, {"cluster", "tasks"}, CLUSTERS, id="clusters"),
        pytest.param("ecs:ListTasks", DENIED, {"tasks"}, "ecs:ListTasks", id="tasks"),
        pytest.param(
            "sts:AssumeRole",
            query_error("AccessDenied", 403),
            {"identity", "families", "invoker", "cluster", "tasks"},
            "sts:AssumeRole",
            id="role",
        ),
    ],
)
def test_denied_call_names_the_missing_action(
    runner: str, monkeypatch: pytest.MonkeyPatch, call: str, fault: Fault, unread: set[str], permission: str
) -> None:
    """A denied call makes exactly what depends on it unread, and says which action to allow."""
    with struck(runner, monkeypatch, Rule(fault=fault, call=call)) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert {name: gap.permission for name, gap in gaps(seen).items()} == dict.fromkeys(unread, permission)
    assert overlay.count(call) == 1


def test_denial_by_a_policy_of_the_organization_is_told(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no grant in the account can mend is said."""
    message = "User: x is not authorized to perform: y with an explicit deny in a service control policy"
    with struck(runner, monkeypatch, Rule(fault=error("AccessDeniedException", message=message), call=LIST)):
        (seen,) = observe([TARGET], ROLE)
    assert "is denied by a service control policy" in gaps(seen)["families"].message


def test_denied_role_ends_the_look(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the role not one call is made in the account."""
    with struck(runner, monkeypatch, Rule(fault=query_error("AccessDenied", 403), call="sts:AssumeRole")) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert (overlay.count(), seen.calls) == (1, 0)
    assert f"arn:aws:iam::{DEV}:role/pipelines-audit can't be assumed" in gaps(seen)["identity"].message


def test_wrong_account_is_asked_nothing_more(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After GetCallerIdentity showed another account, no call is made with these credentials."""
    with struck(runner, monkeypatch) as overlay:
        observe([TARGET], Access(role_arn=f"arn:aws:iam::{PROD}:role/audit"))
    assert dict(overlay.calls) == {("sts:AssumeRole", "123456789012"): 1, ("sts:GetCallerIdentity", PROD): 1}


@pytest.mark.parametrize("call", ["sts:GetCallerIdentity", LIST, DESCRIBE, INVOKER])
def test_expired_session_is_renewed_once(
    runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A session that ends on the way is got anew, and the fact read from its beginning."""
    fault = (query_error if call.startswith("sts") else error)("ExpiredTokenException")
    with struck(runner, monkeypatch, Rule(fault=fault, call=call, times=1)) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert gaps(seen) == {}
    assert (seen.identity, seen.families, seen.invokers) == (clean.identity, clean.families, clean.invokers)
    assert overlay.count("sts:AssumeRole") == 2


def test_session_that_is_always_expired_is_a_gap(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """New credentials that are refused too aren't got a third time."""
    with struck(runner, monkeypatch, Rule(fault=error("ExpiredTokenException"), call=LIST)) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert gaps(seen)["families"].code == "ExpiredTokenException"
    assert overlay.count("sts:AssumeRole") == 2


def test_one_role_session_serves_every_region(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account costs one AssumeRole, however many regions are looked at."""
    targets = [replace(TARGET, region=region) for region in ("us-west-2", "us-east-1", "eu-west-1", "eu-central-1")]
    with struck(runner, monkeypatch) as overlay:
        observe(targets, ROLE, workers=4)
    assert overlay.count("sts:AssumeRole") == 1


def test_pages_are_read_to_the_end(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of several pages is read as a whole; the number of calls is what they say."""
    with struck(runner, monkeypatch, page_size=5) as overlay:
        (seen,) = observe([replace(TARGET, stacks=("many",))], ROLE)
    assert isinstance(seen.families, Seen)
    assert len(seen.families.value) == 21
    assert overlay.count(LIST) == 5


def test_a_thousand_and_one_items(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of eleven pages of a hundred, an empty one after each, are read whole; descriptions are in hundreds."""
    names = [
        f"{STACK}-terraform-planner",
        *(f"{STACK}x{number}" for number in range(999)),
        f"{STACK}-terraform-applier",
    ]
    arns = [f"arn:aws:ecs:{REGION}:{DEV}:task/{STACK}/{number:04}" for number in range(1001)]
    gone = Reply(body=json.dumps({"tasks": [], "failures": []}).encode())
    rules = [
        Rule(fault=Pages(items=tuple(names), key="families", page_key="nextToken", size=100), call=LIST),
        Rule(fault=Pages(items=tuple(arns), key="taskArns", page_key="nextToken", size=100), call="ecs:ListTasks"),
        Rule(fault=gone, call="ecs:DescribeTasks"),
    ]
    with struck(runner, monkeypatch, *rules) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert [one.family for one in need(seen.families)] == [names[-1], names[0]]
    assert [one.arn for one in need(seen.clusters[0].tasks)] == arns
    counts = {call: overlay.count(call) for call in (LIST, "ecs:ListTasks", "ecs:DescribeTasks")}
    assert counts == {LIST: 21, "ecs:ListTasks": 21, "ecs:DescribeTasks": 22}


def test_fault_on_a_later_page_spoils_the_list(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first pages aren't taken for the whole."""
    with struck(runner, monkeypatch, Rule(fault=DENIED, call=LIST, after=1), page_size=1):
        (seen,) = observe([TARGET], ROLE)
    assert set(gaps(seen)) == {"families"}


def test_expiry_on_a_later_page_reads_the_list_again(
    runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After new credentials the list begins at its first page."""
    rule = Rule(fault=error("ExpiredTokenException"), call=LIST, after=1, times=1)
    with struck(runner, monkeypatch, rule, page_size=1) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert seen.families == clean.families
    assert overlay.count(LIST) == 4


def _page(families: list[str], token: str | None) -> Reply:
    return Reply(body=json.dumps({"families": families} | ({"nextToken": token} if token else {})).encode())


@pytest.mark.parametrize(
    "tokens", [pytest.param(["a", "a"], id="at once"), pytest.param(["a", "b", "a"], id="in a circle")]
)
def test_repeated_token_is_a_gap(runner: str, monkeypatch: pytest.MonkeyPatch, tokens: list[str]) -> None:
    """A list whose pages repeat ends the reading, and isn't taken for the whole."""
    rules = [Rule(fault=_page([], token), call=LIST, after=index, times=1) for index, token in enumerate(tokens)]
    with struck(runner, monkeypatch, *rules) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert gaps(seen)["families"].code == "RepeatedToken"
    assert overlay.count(LIST) == len(tokens)


def test_empty_page_with_a_token_goes_on(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on a page doesn't mean that nothing follows; what stands on two pages is counted once."""
    family = f"{STACK}-terraform-planner"
    pages = [_page([], "a"), _page([family], "b"), _page([], "c"), _page([family], None)]
    rules = [Rule(fault=page, call=LIST, after=index, times=1) for index, page in enumerate(pages)]
    with struck(runner, monkeypatch, *rules):
        (seen,) = observe([TARGET], ROLE)
    assert isinstance(seen.families, Seen)
    assert [one.family for one in seen.families.value] == [family]


def test_retry_after_is_kept_to(runner: str, clean: Observation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait that the service asks for is waited."""
    fault = error("TooManyRequestsException", 429, Retry_After="1")
    with struck(runner, monkeypatch, Rule(fault=fault, call=INVOKER, times=1)):
        begun = monotonic()
        assert observe([TARGET], ROLE) == (clean,)
    assert monotonic() - begun > 0.9


def test_wait_that_outlasts_the_deadline_is_not_begun(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of Retry-After is cut to what the deadline leaves, which is nothing here."""
    fault = error("TooManyRequestsException", 429, Retry_After="3600")
    with struck(runner, monkeypatch, Rule(fault=fault, call=INVOKER)):
        begun = monotonic()
        (seen,) = observe([TARGET], replace(ROLE, deadline=6))
    assert set(gaps(seen)) == {"invoker"}
    assert monotonic() - begun < 60


@pytest.mark.parametrize(
    "fault", [pytest.param(Trickle(interval=2), id="trickle"), pytest.param(Silence(), id="silence")]
)
def test_deadline_cuts_what_never_ends(runner: str, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """A body that trickles, or never begins, ends with the account's deadline; what was seen before stays."""
    with struck(runner, monkeypatch, Rule(fault=fault, call=LIST)):
        begun = monotonic()
        # No other time-out may be what ends it.
        (seen,) = observe([TARGET], replace(ROLE, deadline=3, read_timeout=600))
    assert monotonic() - begun < 50  # the fault never ends
    assert isinstance(seen.identity, Seen)
    assert {gap.code for gap in gaps(seen).values()} == {"DeadlineExceeded"}


def test_read_time_out_is_tried_three_times(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is not waited out eight times."""
    with struck(runner, monkeypatch, Rule(fault=Silence(), call=LIST)) as overlay:
        (seen,) = observe([TARGET], replace(ROLE, read_timeout=0.2))
    assert gaps(seen)["families"].code == "ReadTimeoutError"
    assert overlay.count(LIST) == 3


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("SignatureDoesNotMatch", "Signature expired: 20261124T055000Z is now earlier than", id="slow"),
        pytest.param("SignatureDoesNotMatch", "Signature not yet current: 20261124T055000Z is later", id="fast"),
        pytest.param("RequestTimeTooSkewed", "", id="code"),
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_wrong_clock_is_told(
    runner: str, monkeypatch: pytest.MonkeyPatch, code: str, message: str, *, dated: bool
) -> None:
    """A clock that is off is one clear diagnosis, at the first call, with how far where the reply says it."""
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=10, seconds=20), usegmt=True)
    fault = query_error(code, 403, message)
    fault = replace(fault, headers=(*fault.headers, ("Date", date))) if dated else fault
    with struck(runner, monkeypatch, Rule(fault=fault)) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert {gap.code for gap in gaps(seen).values()} == {"ClockSkew"}
    off = " (10 minutes off)" if dated else ""
    assert gaps(seen)["identity"].message.endswith(f"the clock of this machine is wrong{off}; set it")
    assert overlay.count() == 1


def test_sick_accounts_do_not_spoil_the_healthy(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts that fail for ever use up more retries than botocore gives a client; the others still have theirs."""
    names = [str(number) for number in range(100000000001, 100000000012)]
    sick, broken = names[:6], Reply(status=503)
    targets = [Target(account=Account(name=f"a{name}", id=name), region=REGION, stacks=(STACK,)) for name in names]
    rules = [Rule(fault=broken, call="ecs:*", account=name) for name in sick]
    healthy = [Rule(fault=broken, call="ecs:*", account=name, times=1) for name in names[6:]]
    with struck(runner, monkeypatch, *rules, *healthy):
        seen = observe(targets, replace(ROLE, attempts=5), workers=6)
    assert {one.account.id for one in seen if gaps(one)} == set(sick)


@pytest.mark.parametrize(
    ("fault", "call", "code"),
    [
        pytest.param(Truncate(), "ecr:BatchGetImage", "DamagedReply", id="truncated images"),
        pytest.param(Reply(body=b'{"images": []}'), "ecr:BatchGetImage", "DamagedReply", id="no failures"),
        pytest.param(Reply(body=b'{"images": [], "failures": []}'), "ecr:BatchGetImage", "DamagedReply", id="silence"),
        pytest.param(
            Reply(body=b'{"images": [], "failures": [{"imageId": {"imageTag": "v1"}, "failureCode": "KmsError"}]}'),
            "ecr:BatchGetImage",
            "KmsError",
            id="other failure",
        ),
        pytest.param(Reply(body=b"[]"), "ecr:DescribeImages", "DamagedReply", id="details damaged"),
        pytest.param(DENIED, "ecr:DescribeImages", "AccessDeniedException", id="details denied"),
        pytest.param(query_error("AccessDenied", 403), "sts:*", "AccessDenied", id="role denied"),
    ],
)
def test_fault_of_a_registry_is_a_gap(
    runner: str, monkeypatch: pytest.MonkeyPatch, fault: Fault, call: str, code: str
) -> None:
    """A tag is never taken for absent because its registry could not be read."""
    target = RegistryTarget(account=Account(name="shared", id=SHARED), region=REGION, repository="kaniko", tags=("v1",))
    with struck(runner, monkeypatch, Rule(fault=fault, call=call)):
        (seen,) = registries([target], replace(ROLE, attempts=2))
    assert isinstance(seen.tags, Unread)
    assert (seen.tags.gap.code, seen.tags.gap.what) == (code, "repository kaniko")


def test_secrets_of_the_server_are_in_no_gap(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text of a reply is passed on."""
    with struck(runner, monkeypatch, Rule(fault=error("AccessDeniedException"), call="[el]*")):
        seen = observe([TARGET], ROLE)
    assert set(gaps(seen[0])) == {"families", "invoker", "cluster", "tasks"}
    assert "ghp_" not in repr(seen)


@pytest.mark.parametrize("stack", ["arn:aws:lambda:us-east-1:111122223333:function:x", "../x", "a b", "", "x" * 300])
def test_name_that_cannot_be_is_not_asked_for(runner: str, monkeypatch: pytest.MonkeyPatch, stack: str) -> None:
    """A stack's name from the repository can't be made to mean another account's function."""
    with struck(runner, monkeypatch) as overlay:
        (seen,) = observe([replace(TARGET, stacks=(stack,))], ROLE)
    assert {name: gap.code for name, gap in gaps(seen).items()} == dict.fromkeys(
        ("families", "invoker", "cluster", "tasks"), "InvalidTargetName"
    )
    assert overlay.count() == 2


@pytest.mark.parametrize(
    "body",
    [
        {"taskDefinition": {"taskDefinitionArn": "a", "family": "f", "revision": 1, "containerDefinitions": "x"}},
        {"taskDefinition": {"taskDefinitionArn": "a", "family": "f", "revision": 1, "containerDefinitions": [None]}},
        {
            "taskDefinition": {
                "taskDefinitionArn": "a",
                "family": "f",
                "revision": 1,
                "containerDefinitions": [],
                "registeredAt": "x",
            }
        },
    ],
    ids=["no list", "null", "no time"],
)
def test_malformed_part_is_a_gap(runner: str, monkeypatch: pytest.MonkeyPatch, body: object) -> None:
    """A reply that is whole by its outline and odd inside is no answer, and no traceback."""
    with struck(runner, monkeypatch, Rule(fault=Reply(body=json.dumps(body).encode()), call=DESCRIBE)):
        (seen,) = observe([TARGET], ROLE)
    assert {name: gap.code for name, gap in gaps(seen).items()} == {"families": "MalformedReply"}
    assert gaps(seen)["families"].call == DESCRIBE


def test_lambda_time_that_is_none_is_a_gap(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time that can't be read spoils its own fact."""
    body = b'{"FunctionName": "x", "FunctionArn": "y", "LastModified": "yesterday"}'
    with struck(runner, monkeypatch, Rule(fault=Reply(body=body), call=INVOKER)):
        (seen,) = observe([TARGET], ROLE)
    assert set(gaps(seen)) == {"invoker"}


MIXED = [
    Rule(fault=THROTTLED, call="[el]*", share=0.05),
    Rule(fault=query_error("Throttling"), call="sts:*", share=0.05),
    Rule(fault=Reset(), share=0.03),
    Rule(fault=Reply(status=503), share=0.03),
    Rule(fault=Truncate(), share=0.03),
]
A_FIFTH = [
    Rule(fault=THROTTLED, call="[el]*", share=0.2),
    Rule(fault=query_error("Throttling"), call="sts:*", share=0.2),
]


@pytest.mark.parametrize(
    ("rules", "most"), [pytest.param(MIXED, 1.5, id="mixed"), pytest.param(A_FIFTH, 1.35, id="a fifth is throttled")]
)
def test_random_faults_change_nothing(
    runner: str, monkeypatch: pytest.MonkeyPatch, rules: list[Rule], most: float
) -> None:
    """With throttles, resets and 5xx sprinkled over a fleet, what is seen is what is seen without them."""
    targets = [
        Target(account=Account(name=f"a{number}", id=str(number)), region=REGION, stacks=(STACK,))
        for number in range(200000000000, 200000000012)
    ]
    with struck(runner, monkeypatch) as quiet:
        expected = observe(targets, ROLE, workers=6)
    with struck(runner, monkeypatch, *rules) as overlay:
        assert observe(targets, ROLE, workers=6) == expected
    assert quiet.count() < overlay.count() <= quiet.count() * most


def test_call_budget(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain account costs eight calls and one for AssumeRole, whatever else it holds."""
    with struck(runner, monkeypatch) as overlay:
        (seen,) = observe([TARGET], ROLE)
    assert overlay.count() == 8
    assert seen.calls == 7
