"""Coverage: every collected fact that could not be read is a gap, and each gap is counted once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audit.running.model.ecr import Repository
from audit.running.model.invoker import StackInvoker
from audit.running.model.secrets import Secret
from audit.verdict import coverage
from audit.verdict.pairing import views
from tests.nouns import STACK, clustered, observation, repository, row, snapshot, unread

ARN = "arn:aws:secretsmanager:us-west-2:234567890123:secret:x"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"families": unread("families")}, "families"),
        ({"invokers": (StackInvoker(stack=STACK, invoker=unread("invoker")),)}, "invoker"),
        ({"clusters": (replace(clustered(), cluster=unread("cluster")),)}, "cluster"),
        ({"clusters": (replace(clustered(), tasks=unread("tasks")),)}, "tasks"),
        ({"log_groups": unread("log groups")}, "log groups"),
        ({"role_changes": unread("role changes")}, "role changes"),
    ],
)
def test_gap_of_an_account(changes: dict[str, Any], what: str) -> None:
    """Each fact of an account makes its unit partial, by one gap."""
    facts = snapshot(rows=(row(),), observations=(observation(**changes),))
    covered = coverage.coverage(facts, views(facts))
    assert [gap.what for gap in covered.gaps] == [what]
    assert (covered.complete, covered.partial) == (0, 1)


@pytest.mark.parametrize("field", ["tags", "settings", "lifecycle", "policy"])
def test_gap_of_a_registry(field: str) -> None:
    """Each fact of a repository is a gap; units that pull from it are partial."""
    seen = replace(repository(), **{field: unread(field)})  # type: ignore[arg-type]  # one fact
    facts = snapshot(rows=(row(),), repositories=(seen,))
    covered = coverage.coverage(facts, views(facts))
    assert [gap.what for gap in covered.gaps] == [field]
    assert covered.partial == 1


def test_gap_of_a_secret() -> None:
    """A secret that could not be described is a gap."""
    facts = snapshot(rows=(row(),), secrets=(Secret(arn=ARN, metadata=unread("secret"), calls=1),))
    assert [gap.what for gap in coverage.coverage(facts, views(facts)).gaps] == ["secret"]


def test_one_cause_is_one_gap() -> None:
    """One denied role stands behind every fact of an account, and is counted once."""
    same = unread("account")
    seen = observation(
        identity=same,
        families=same,
        invokers=(StackInvoker(stack=STACK, invoker=same),),
        clusters=(replace(clustered(), cluster=same, tasks=same),),
        log_groups=same,
        role_changes=same,
    )
    dark = Repository(
        registry_id="234567890123",
        region="us-west-2",
        name="ecs-deploy-runner",
        tags=same,
        settings=same,
        lifecycle=same,
        policy=same,
        calls=1,
    )
    facts = snapshot(rows=(row(),), observations=(seen,), repositories=(dark,))
    assert coverage.coverage(facts, views(facts)).gaps == (same.gap,)
