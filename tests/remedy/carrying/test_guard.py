"""Guards: who may not carry a plan out, from where not, and what Terraform is about to do to permissions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.errors import RefusedError, UsageError
from audit.remedy.carrying import guard
from audit.remedy.steps import ApplyUnit, BuildImage, Command
from tests.remedy.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.plan import Plan

MAKE = {one.name: one.make for one in SCENARIOS}
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ASK = ("aws", "sts", "get-caller-identity", "--region", "us-west-2", "--query", "Account", "--output", "text")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Make a plan of a fleet of which most have drifted."""
    return MAKE["upgrade"](tmp_path / "live")


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"}, "task of ECS"),
        ({"ECS_CONTAINER_METADATA_URI": "http://169.254.170.2/v3/x"}, "task of ECS"),
        ({"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}, "task of ECS"),
        ({"CODEBUILD_BUILD_ID": "x:1"}, "CodeBuild"),
        ({"AWS_LAMBDA_FUNCTION_NAME": "ecs-deploy-runner-invoker"}, "Lambda"),
    ],
    ids=["ecs-v4", "ecs-v3", "fargate", "codebuild", "lambda"],
)
def test_never_from_inside(variables: dict[str, str], word: str) -> None:
    """Inside of a task of the runner nothing is applied."""
    with pytest.raises(RefusedError, match=f"{word}.*never applied from inside"):
        guard.demand_outside(variables)
    guard.demand_outside({"PATH": "/bin", "AWS_EXECUTION_ENV": "CloudShell", "GITHUB_ACTIONS": "true"})


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::456789012345:user/ci/ci-machine-user", "user/ci-machine-user"),
        ("arn:aws:sts::1:assumed-role/allow-auto-deploy-from-other-accounts/x", "allow-auto-deploy"),
        ("arn:aws:sts::1:assumed-role/ecs-deploy-runner-terraform-applier/task", "terraform-applier"),
        ("arn:aws:sts::1:assumed-role/ecs-deploy-runner-task-execution-role/x", "task-execution-role"),
        ("arn:aws:sts::1:assumed-role/ecs-deploy-runner-invoker/x", "ecs-deploy-runner-invoker"),
    ],
    ids=["ci-user", "auto-deploy", "task-role", "execution-role", "invoker"],
)
def test_never_by_the_pipeline_itself(plan: Plan, arn: str, name: str) -> None:
    """The pipeline's own identities carry no plan out; people do."""
    with pytest.raises(RefusedError, match=f"{name}.*pipeline's own identity"):
        guard.demand_caller(arn, plan)
    for person in ("user/ana", "assumed-role/admin/ci-machine-user", "root", "assumed-role/ecs-deploy-runner-x/y"):
        guard.demand_caller(f"arn:aws:iam::456789012345:{person}", plan)


def test_never_through_the_pipeline(plan: Plan) -> None:
    """A plan whose apply is sent to the invoker is refused, whoever made it."""
    guard.demand_from_outside(plan)
    step = next(one for one in plan.steps if isinstance(one.action, ApplyUnit))
    sent = replace(step, commands=(Command(argv=("env", "A=b", "infrastructure-deployer", "--", "terraform-applier")),))
    with pytest.raises(RefusedError, match="through the pipeline"):
        guard.demand_from_outside(replace(plan, steps=(sent,)))


@pytest.mark.parametrize("way", [(), ("env", "AWS_PROFILE=aws"), ("aws-vault", "exec", "aws", "--")])
def test_asks_by_the_same_way(way: tuple[str, ...]) -> None:
    """Who, and until when, is asked by the way in of the step itself."""
    identity = Command(argv=(*way, *ASK), expect="1")
    assert guard.asking_who(identity).argv == (*way, *ASK[:6], "[Account,Arn]", *ASK[7:])
    until = guard.asking_until_when(identity)
    assert (until.argv, until.expect) == ((*way, "printenv", "AWS_CREDENTIAL_EXPIRATION"), None)


def test_the_caller_of_a_step(plan: Plan) -> None:
    """Credentials of another account, or none that STS knows, start nothing."""
    step = next(one for one in plan.steps if one.account_id)
    own = guard.Caller.parse(f"{step.account_id}\tarn:aws:iam::{step.account_id}:user/ana\n")
    guard.demand_account(own, step)
    with pytest.raises(RefusedError, match=r"of account 111122223333, not of \d+ .*: nothing was started"):
        guard.demand_account(replace(own, account_id="111122223333"), step)
    with pytest.raises(RefusedError, match="nothing was started"):
        guard.Caller.parse("None\n")


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(5, "refused"), (11, "refused"), (13, "enough"), (None, "enough")],
    ids=["5", "11", "13", "endless"],
)
def test_sessions_that_end_too_soon(plan: Plan, minutes: int | None, verdict: str) -> None:
    """A session shorter than an apply with the time to let go of its lock starts none."""
    apply = next(one for one in plan.steps if isinstance(one.action, ApplyUnit))
    ends = None if minutes is None else NOW + timedelta(minutes=minutes)
    if verdict == "refused":
        with pytest.raises(RefusedError, match=f"end in {minutes} min, and this step needs about 12 min"):
            guard.demand_lasting(ends, guard.needed(apply), NOW)
    else:
        guard.demand_lasting(ends, guard.needed(apply), NOW)
    build = next(one for one in plan.steps if isinstance(one.action, BuildImage))
    assert guard.needed(build) > guard.needed(apply) > guard.needed(plan.steps[-1]) == timedelta()


def test_ends_of_sessions() -> None:
    """The end of a session is read as aws-vault writes it."""
    assert guard.expiry("2026-11-24T08:00:00Z\n") == guard.expiry("2026-11-24T08:00:00") == NOW
    assert guard.expiry("\n") is None
    with pytest.raises(RefusedError, match="no time"):
        guard.expiry("soon")


def test_who_goes_last(plan: Plan) -> None:
    """The last account goes when the others are known to work, and the one that builds before it."""
    assert plan.waves[-1] == ("prod",)
    assert guard.last_to_go(plan) == "prod"
    together = replace(plan, waves=(("dev", "shared"),))
    assert "shared" in guard.builders(plan)
    assert guard.last_to_go(together) == "dev"
    assert guard.last_to_go(replace(plan, waves=(("dev",),))) is None
    assert guard.last_to_go(replace(plan, waves=())) is None


def change(kind: str, actions: str, before: object, after: object, **unknown: object) -> dict[str, object]:
    """Make a change of a resource as Terraform shows it."""
    what = {"actions": actions.split(), "before": before, "after": after, "after_unknown": unknown}
    return {"address": f"module.runner.{kind}.x", "type": kind, "change": what}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (change("aws_iam_role", "no-op", {"name": "a"}, {"name": "a"}), None),
        (change("aws_s3_bucket", "update", {"bucket": "a"}, {"bucket": "b"}), None),
        (
            change("aws_iam_role_policy", "update", {"role": "runner-invoker"}, {"role": "runner-invoker"}),
            "update module.runner.aws_iam_role_policy.x: permissions, of role/runner-invoker",
        ),
        (change("aws_iam_policy", "create", None, {"name": "x"}), "create module.runner.aws_iam_policy.x: permissions"),
        (
            change("aws_lambda_function", "delete", {"function_name": "runner-invoker"}, None),
            "the invoker is taken away, and with it the way into the pipeline, of role/runner-invoker",
        ),
        (
            change("aws_lambda_function", "update", {"role": "arn:aws:iam::1:role/p/runner-invoker"}, {"role": "y"}),
            "its role, of role/runner-invoker",
        ),
        (change("aws_lambda_function", "update", {"role": "x"}, {"role": "x", "memory_size": 1}), None),
        (change("aws_lambda_function", "create", None, {"role": "x"}), None),
        (
            change("aws_ecs_task_definition", "delete create", {"task_role_arn": "x"}, {}, task_role_arn=True),
            "delete and create module.runner.aws_ecs_task_definition.x: its task_role_arn",
        ),
        (change("aws_ecs_task_definition", "delete create", {"task_role_arn": "x"}, {"task_role_arn": "x"}), None),
        (change("aws_ecs_task_definition", "update", "odd", ["odd"]), None),
    ],
    ids=[
        "nothing",
        "other",
        "policy",
        "new",
        "no-invoker",
        "its-role",
        "memory",
        "new-invoker",
        "task-role",
        "image",
        "odd",
    ],
)
def test_what_is_touched_of_permissions(made: dict[str, object], said: str | None) -> None:
    """What Terraform is about to do to permissions is told, with whose they are."""
    shown = json.dumps({"format_version": "1.2", "resource_changes": [made, "odd"]})
    found = guard.touched_permissions(shown, ("role/runner", "role/runner-invoker"))
    assert found == () if said is None else found[0].endswith(said)


def test_what_is_no_plan_of_terraform() -> None:
    """Where Terraform's answer can't be read, nothing is said to be untouched; many lines are cut."""
    assert guard.touched_permissions('{"format_version": "1.2"}') == ()
    for text in ("", "[]", "{}", '{"format_version": "1.2", "resource_changes": 1}', "[" * 100_000):
        with pytest.raises(UsageError, match="not known"):
            guard.touched_permissions(text)
    many = [change("aws_iam_role", "create", None, {"name": ["\x1b[2J", {"x": 1}]})] * 300
    lines = guard.touched_permissions(json.dumps({"format_version": "1.2", "resource_changes": many}))
    assert (len(lines), lines[-1]) == (201, "and 100 more")
