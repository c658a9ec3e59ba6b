"""What the caller may do, as IAM simulates it for users, roles and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from audit.model import Account, Seen, Unread, need
from audit.running.access import Access
from audit.running.model.access import Identity, Right
from audit.running.rights import ACTIONS, caller_rights
from audit.running.session import Session
from tests.aws import DEV, REGION, ROLE_ARN, sign_in
from tests.overlay.faults import Reply, Rule, query_error
from tests.overlay.patches import simulation
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from audit.model import Fact

XML = (("Content-Type", "text/xml"),)
INVOKER = f"arn:aws:lambda:{REGION}:{DEV}:function:ecs-deploy-runner-invoker"


def asked(arn: str) -> Fact[tuple[Right, ...]]:
    """Ask what somebody may do."""
    session = Session(Access(role_arn=ROLE_ARN), workers=1)
    who = Identity(account_id=DEV, arn=arn)
    with session.visit(Account(name="dev", id=DEV), REGION) as visit:
        return visit.read("rights", caller_rights, who, ["ecs-deploy-runner"])


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param(f"arn:aws:iam::{DEV}:user/team/anna", id="user"),
        pytest.param(f"arn:aws:sts::{DEV}:assumed-role/deploy/anna", id="session of a role that IAM does not show"),
        pytest.param(f"arn:aws:iam::{DEV}:root", id="root"),
    ],
)
def test_all_of_it_is_allowed(aws: str, arn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer for each action, on the invoker alone."""
    with overlaid(aws) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        found = asked(arn)
    assert found == Seen(value=tuple(Right(action=action, resource=INVOKER, is_allowed=True) for action in ACTIONS))
    assert overlay.count("iam:SimulatePrincipalPolicy") == (0 if arn.endswith("root") else 1)


def test_a_role_is_asked_for_with_its_path(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session's ARN leaves the path out; IAM's simulation needs it."""
    sign_in(aws, DEV, REGION).client("iam", endpoint_url=aws).create_role(
        RoleName="deploy", Path="/team/", AssumeRolePolicyDocument="{}"
    )
    bodies = []
    with overlaid(aws) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        plain = overlay.forward

        def remember(request: object) -> Reply:
            bodies.append(request.body)  # type: ignore[attr-defined]  # the overlay's own request
            return plain(request)  # type: ignore[arg-type]  # as above

        overlay.forward = remember  # type: ignore[method-assign]  # to see what was asked
        need(asked(f"arn:aws:sts::{DEV}:assumed-role/deploy/anna"))
    (simulated,) = [body for body in bodies if b"SimulatePrincipalPolicy" in body]
    assert parse_qs(simulated.decode())["PolicySourceArn"] == [f"arn:aws:iam::{DEV}:role/team/deploy"]


def test_denied_actions_are_told_apart(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What IAM would not allow is not allowed, whatever it calls that."""
    said = dict(zip(ACTIONS, ("allowed", "implicitDeny", "explicitDeny"), strict=True))
    rule = Rule(fault=Reply(body=simulation(said), headers=XML), call="iam:SimulatePrincipalPolicy")
    with overlaid(aws, rule) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        found = need(asked(f"arn:aws:iam::{DEV}:user/anna"))
    assert [right.is_allowed for right in found] == [True, False, False]


@pytest.mark.parametrize(
    ("arn", "rule", "code"),
    [
        pytest.param(
            f"arn:aws:iam::{DEV}:user/anna",
            Rule(fault=query_error("AccessDenied", 403), call="iam:SimulatePrincipalPolicy"),
            "AccessDenied",
            id="may not ask",
        ),
        pytest.param(
            f"arn:aws:iam::{DEV}:user/anna",
            Rule(
                fault=Reply(body=simulation({ACTIONS[0]: "allowed"}), headers=XML), call="iam:SimulatePrincipalPolicy"
            ),
            "MalformedReply",
            id="an answer that leaves one out",
        ),
        pytest.param(
            f"arn:aws:sts::{DEV}:assumed-role/deploy/anna",
            Rule(fault=query_error("InvalidClientTokenId", 403), call="iam:GetRole"),
            "InvalidClientTokenId",
            id="IAM does not take the token",
        ),
        pytest.param(
            f"arn:aws:sts::{DEV}:federated-user/anna", Rule(fault=query_error("X")), "UnknownPrincipal", id="federated"
        ),
        pytest.param("arn:odd", Rule(fault=query_error("X")), "UnknownPrincipal", id="no ARN of a caller"),
    ],
)
def test_what_is_not_answered_is_unread(
    aws: str, arn: str, rule: Rule, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither allowed nor denied."""
    rule.call = "iam:*" if rule.call == "*" else rule.call
    with overlaid(aws, rule) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        found = asked(arn)
    assert isinstance(found, Unread)
    assert found.gap.code == code
