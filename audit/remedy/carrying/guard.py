"""Guards against locking a team out of its own pipeline: who may carry a plan out, from where, with which credentials.

Pure: each guard is told what was found, and raises RefusedError where the plan must not go on. What Terraform is about
to do to the permissions of the pipeline is told, not refused: an upgrade may have to change them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from audit.errors import RefusedError, UsageError
from audit.remedy.steps import ApplyUnit, BootstrapImage, BuildImage
from audit.text import one_line
from audit.verdict.readiness import PER_ACCOUNT, PER_BUILDS, principal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.remedy.plan import Plan
    from audit.remedy.steps import Command, Step

GRACE = timedelta(minutes=2)
"""How long terragrunt and Terraform may need to let go of their lock once they are told to stop."""

EXPIRY = "AWS_CREDENTIAL_EXPIRATION"
"""The variable in which aws-vault says when a session ends."""

_INSIDE: Mapping[str, str] = {
    "ECS_CONTAINER_METADATA_URI_V4": "a task of ECS, which the runner's tasks are",
    "ECS_CONTAINER_METADATA_URI": "a task of ECS, which the runner's tasks are",
    "CODEBUILD_BUILD_ID": "a build of CodeBuild",
    "AWS_LAMBDA_FUNCTION_NAME": "a Lambda function, which the invoker is",
}
_ASKED = ("sts", "get-caller-identity")
_PERMISSIONS = (
    "aws_iam_",
    "aws_lambda_permission",
    "aws_ecr_repository_policy",
    "aws_ecr_registry_policy",
    "aws_kms_key",
    "aws_kms_grant",
    "aws_secretsmanager_secret_policy",
)
_INVOKER = "aws_lambda_function"
_ROLES = {"aws_ecs_task_definition": ("task_role_arn", "execution_role_arn"), _INVOKER: ("role", "environment")}
_MOST_PERMISSIONS = 200


def demand_outside(environment: Mapping[str, str]) -> None:
    """Raise RefusedError inside of what the plan changes: an apply there replaces the very task that runs it."""
    found = next((what for name, what in _INSIDE.items() if environment.get(name)), None)
    if found is None and environment.get("AWS_EXECUTION_ENV", "").startswith("AWS_ECS"):
        found = _INSIDE["ECS_CONTAINER_METADATA_URI"]
    if found is not None:
        raise RefusedError(f"this is {found}: the runner is never applied from inside; run it on a machine of your own")


def demand_from_outside(plan: Plan) -> None:
    """Raise RefusedError for a plan that would have the pipeline apply its own runner."""
    for step in plan.steps:
        if isinstance(step.action, ApplyUnit) and any("infrastructure-deployer" in one.argv for one in step.commands):
            where = f"step {step.number} ({one_line(step.title)})"
            raise RefusedError(f"{where} sends an apply of the runner through the pipeline: apply it by hand")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Whose the credentials of a step are, as STS says."""

    account_id: str
    arn: str

    @classmethod
    def parse(cls, output: str) -> Caller:
        """Read what the command of ``asking_who`` printed; RefusedError where that is no answer of STS."""
        words = output.split()
        if len(words) != 2 or not words[1].startswith("arn:"):
            raise RefusedError(f"sts get-caller-identity answered {one_line(output, 80)!r}: nothing was started")
        return cls(account_id=words[0], arn=words[1])


def asking_who(identity: Command) -> Command:
    """Give the command that asks for account and ARN at once, from the one that asks for the account alone."""
    argv = list(identity.argv)
    argv[argv.index("--query") + 1] = "[Account,Arn]"
    return replace(identity, argv=tuple(argv))


def demand_account(caller: Caller, step: Step) -> None:
    """Raise RefusedError for credentials of another account than the step's."""
    if caller.account_id != step.account_id:
        found = f"credentials of account {one_line(caller.account_id, 20)}, not of {step.account_id} ({step.account})"
        raise RefusedError(f"{found}: nothing was started; mend the profile, or plan with another --authenticator")


def demand_caller(arn: str, plan: Plan) -> None:
    """Raise RefusedError for the pipeline's own identities: CI user, the invokers' role, the roles of the runner."""
    name = principal(arn)
    if name in plan.machines:
        raise RefusedError(
            f"{one_line(name)} is the pipeline's own identity, and this plan changes what it may do: "
            "carry it out with credentials of your own"
        )


def asking_until_when(identity: Command) -> Command:
    """Give the command that prints when the session of a way in ends, and nothing else of what the way in sets."""
    start = identity.argv.index("aws")
    # of ``env AWS_PROFILE=x aws sts …`` and ``aws-vault exec x -- aws sts …`` all that stands before aws
    while identity.argv[start + 1 : start + 3] != _ASKED:
        start = identity.argv.index("aws", start + 1)
    return replace(identity, argv=(*identity.argv[:start], "printenv", EXPIRY), expect=None)


def expiry(text: str) -> datetime | None:
    """Read a time such as 2026-11-24T12:00:00Z, in UTC where it says nothing else; None for an empty one.

    Raises RefusedError for anything else: credentials that end at no time that is known are not relied on.
    """
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RefusedError(
            f"{EXPIRY} holds {one_line(text, 40)!r}, which is no time; start again from a fresh session"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def needed(step: Step) -> timedelta:
    """Say how long the credentials of a step must last: what it takes, and the time to let go of a lock."""
    match step.action:
        case BuildImage() | BootstrapImage():
            return PER_BUILDS / 2 + GRACE
        case ApplyUnit():
            return PER_ACCOUNT + GRACE
        case _:
            return timedelta()


def demand_lasting(ends: datetime | None, needs: timedelta, now: datetime) -> None:
    """Raise RefusedError where a session ends before a step can be through; None ends at no time that is known."""
    if ends is not None and ends - now < needs:
        left, wanted = (max(0, round(one.total_seconds() / 60)) for one in (ends - now, needs))
        raise RefusedError(
            f"the credentials end in {left} min, and this step needs about {wanted} min with the time to let go of its "
            "lock: nothing was started; start a longer session (aws-vault exec --duration=4h), then go on"
        )


def last_to_go(plan: Plan) -> str | None:
    """Name the account that is applied last of several: on its own, once every other one is known to work.

    In a wave of several the one that builds goes earlier: with it the other images could not be built any more.
    """
    if not plan.waves or sum(map(len, plan.waves)) < 2:
        return None
    others = [name for name in plan.waves[-1] if name not in builders(plan)]
    return (others or list(plan.waves[-1]))[-1]


def builders(plan: Plan) -> frozenset[str]:
    """Name the accounts whose runner builds images, as far as the plan shows: those in which it builds one."""
    families = {
        step.account
        for step in plan.steps
        if isinstance(step.action, ApplyUnit)
        and any(name.endswith("-docker-image-builder") for name, _ in step.action.before)
    }
    building = {step.account for step in plan.steps if isinstance(step.action, BuildImage | BootstrapImage)}
    return frozenset(name for name in families | building if name)


def touched_permissions(shown: str, machines: Sequence[str] = ()) -> tuple[str, ...]:
    """Say what a plan, as ``terraform show -json`` prints it, changes of the pipeline's permissions: a line each.

    Those that name one of ``machines`` say so. Raises UsageError for what is no such plan: then it is not known what
    it touches.
    """
    found = []
    for change in _changes(shown):
        kind, actions = str(change.get("type", "")), [str(one) for one in change["change"].get("actions", ())]
        if set(actions) <= {"no-op", "read"}:
            continue
        what = _touched(kind, actions, change["change"])
        if what is not None:
            owner = _owner(change["change"], machines)
            whose = f", of {owner}" if owner else ""
            found.append(one_line(f"{' and '.join(actions)} {change.get('address', kind)}: {what}{whose}"))
    more = len(found) - _MOST_PERMISSIONS
    return (*found[:_MOST_PERMISSIONS], *((f"and {more} more",) if more > 0 else ()))


def _changes(shown: str) -> Iterator[dict[str, Any]]:
    try:
        document = json.loads(shown)
    except (ValueError, RecursionError):
        document = None
    listed = document.get("resource_changes", []) if isinstance(document, dict) else None
    if not isinstance(listed, list) or "format_version" not in (document or {}):
        raise UsageError("terraform show -json gave no plan: what it would change of permissions is not known")
    for change in listed:
        if isinstance(change, dict) and isinstance(change.get("change"), dict):
            yield change


def _touched(kind: str, actions: Sequence[str], change: Mapping[str, Any]) -> str | None:
    """Say what of permissions a change of a resource touches; None where nothing."""
    if kind.startswith(_PERMISSIONS):
        return "permissions"
    if kind == _INVOKER and "delete" in actions:
        return "the invoker is taken away, and with it the way into the pipeline"
    before, after, unknown = (_object(change.get(part)) for part in ("before", "after", "after_unknown"))
    if not before:
        return None
    names = _ROLES.get(kind, ())
    changed = [name for name in names if before.get(name) != after.get(name) or unknown.get(name) is True]
    return f"its {' and '.join(changed)}" if changed else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _owner(change: Mapping[str, Any], machines: Sequence[str]) -> str | None:
    """Name the machine that a resource is about: the longest whose name stands in one of its texts as a whole."""
    texts = set(_texts([change.get("before"), change.get("after")]))
    words = {text.rpartition("/")[2] for text in texts} | texts
    names = [name for name in machines if name.partition("/")[2] in words]
    return max(names, key=len, default=None)


def _texts(value: object) -> Iterator[str]:
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)
