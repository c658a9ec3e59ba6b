"""What task roles may do to themselves, as IAM's simulation says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, Seen, Unread
from audit.running.access import Access
from audit.running.model.access import RoleChange
from audit.running.roles import ACTIONS, role_changes
from audit.running.session import Session
from tests.aws import DEV, REGION, ROLE_ARN
from tests.nouns import definition
from tests.overlay.faults import Fault, Reply, Rule, query_error
from tests.overlay.patches import simulation
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.model import Fact
    from audit.running.model.ecs import TaskDefinition

XML = (("Content-Type", "text/xml"),)
SIMULATE = "iam:SimulatePrincipalPolicy"
APPLIER, PLANNER = (f"arn:aws:iam::{DEV}:role/ecs-deploy-runner-terraform-{name}" for name in ("applier", "planner"))


@pytest.fixture
def overlay(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Overlay]:
    """Put the overlay before the emulator, which doesn't simulate."""
    with overlaid(aws) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


def family(name: str, role: str | None) -> TaskDefinition:
    """Make a task definition with a task role."""
    return replace(definition(name, "x:v1"), task_role=role)


def asked(*families: TaskDefinition) -> Fact[tuple[RoleChange, ...]]:
    """Ask for the task roles of some families."""
    session = Session(Access(role_arn=ROLE_ARN), workers=1)
    with session.visit(Account(name="dev", id=DEV), REGION) as visit:
        return visit.read("role changes", role_changes, families)


def answered(**decisions: str) -> Reply:
    """Let IAM decide on the actions, those of IAM by their names."""
    return Reply(body=simulation({f"iam:{action}": said for action, said in decisions.items()}), headers=XML)


def test_each_role_once(overlay: Overlay) -> None:
    """One call for each task role, however many families have it; those without one cost nothing."""
    found = asked(family("a", PLANNER), family("b", APPLIER), family("c", PLANNER), family("d", None))
    assert found == Seen(value=(RoleChange(role=APPLIER, allowed=()), RoleChange(role=PLANNER, allowed=())))
    assert overlay.count(SIMULATE) == 2


def test_only_what_is_allowed(overlay: Overlay) -> None:
    """Each of the actions is asked about; denied is denied, whichever way."""
    decisions = {action.partition(":")[2]: "allowed" for action in ACTIONS}
    decisions |= {"PutRolePolicy": "implicitDeny", "UpdateAssumeRolePolicy": "explicitDeny"}
    overlay.rules.append(Rule(fault=answered(**decisions), call=SIMULATE))
    allowed = ("iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary")
    assert asked(family("a", PLANNER)) == Seen(value=(RoleChange(role=PLANNER, allowed=allowed),))


@pytest.mark.parametrize(
    ("fault", "code", "permission"),
    [
        pytest.param(query_error("AccessDenied", 403), "AccessDenied", SIMULATE, id="denied"),
        pytest.param(query_error("NoSuchEntity", 404), "NoSuchEntity", None, id="a role that is gone"),
        pytest.param(answered(AttachRolePolicy="implicitDeny"), "MalformedReply", None, id="an answer to one of them"),
        pytest.param(answered(), "MalformedReply", None, id="no answer"),
    ],
)
def test_what_is_not_answered_is_unread(overlay: Overlay, fault: Fault, code: str, permission: str | None) -> None:
    """An action that IAM is silent about is not one that it denies."""
    overlay.rules.append(Rule(fault=fault, call=SIMULATE))
    found = asked(family("a", PLANNER))
    assert isinstance(found, Unread)
    assert (found.gap.code, found.gap.permission) == (code, permission)
