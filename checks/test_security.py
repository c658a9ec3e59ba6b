"""Security: secrets that tasks need, secrets that stand in the open, and powers that tasks should not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.model import Gap, need
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.exposure import exposed
from audit.verdict.invoking import variables
from audit.verdict.subject import of_secret, of_stack
from checks import references

if TYPE_CHECKING:
    from audit.verdict.pairing import UnitView
    from audit.verdict.secrets import SecretView

pytestmark = pytest.mark.security

DESCRIBED = ("ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition")
INVOKER = ("lambda:GetFunctionConfiguration",)
SECRET = ("secretsmanager:DescribeSecret",)


@check(
    "secret-missing",
    severity="critical",
    needs=("metadata",),
    remedy="create the secret again under the same name, with the shared key, and apply the units that name it",
    controls=("SOC 2 CC7.1", "NIST 800-53 CM-2"),
    references=(references.TASK_SECRETS,),
)
def test_secret_missing(secret: SecretView, findings: Findings) -> None:
    """A secret that task definitions name does not exist, or is on its way to deletion.

    Mostly it is the machine user's token for GitHub: without it no run starts, in any account that names it.
    """
    with findings.about(of_secret(secret, calls=SECRET)):
        names = ", ".join(account.name for account in secret.users)
        assert secret.metadata, f"{secret.name} does not exist; it is named in {names}"
        assert secret.metadata.deleted_at is None, f"{secret.name} is marked for deletion; it is named in {names}"


@check(
    "secret-key-not-shared",
    severity="high",
    needs=("metadata",),
    remedy="put the secret under the shared key (shared-secrets): aws secretsmanager update-secret --kms-key-id",
    controls=("SOC 2 CC7.1", "NIST 800-53 CM-6"),
    references=(references.SHARED_SECRETS,),
)
def test_secret_key_not_shared(secret: SecretView, findings: Findings) -> None:
    """A secret that other accounts name is encrypted with AWS's own key, which they can't use.

    It happens when the token is renewed by making the secret anew: the default key is taken, and from then on only the
    owning account can start runs. Whom a key of your own lets in is not read here: a run that could not have its
    secrets is task-failed-to-start.
    """
    with findings.about(of_secret(secret, calls=SECRET)):
        if not secret.strangers:
            not_applicable("only its own account names it")
        found = secret.metadata or not_applicable("there is no such secret: see secret-missing")
        own = found.kms_key is not None and not found.kms_key.endswith("alias/aws/secretsmanager")
        assert own, f"{secret.name} is on AWS's own key, so {', '.join(secret.strangers)} can't read it"


@check(
    "secret-in-environment",
    severity="critical",
    needs=("families",),
    uses=("invokers",),
    remedy="move the value to Secrets Manager, name it in secrets_manager_env_vars, and change it: it has been seen",
    controls=("NIST 800-53 CM-6", "SOC 2 CC7.1", "ISO 27001:2022 A.8.9"),
    references=(references.TASK_SECRETS,),
)
def test_secret_in_environment(unit: UnitView, findings: Findings) -> None:
    """An environment variable of a task or of the invoker holds a secret in plain text.

    Everybody who may describe a task definition or a function reads it, and so does every log of either. Judged are
    names and the sort of value; the value itself is never kept.
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=DESCRIBED)):
            for found in stack.definitions:
                with findings.about(of_stack(unit, stack, name=found.family, kind=found.family, calls=DESCRIBED)):
                    names = sorted({name for one in found.images for name in exposed(one.environment)})
                    assert not names, f"{found.family} has secrets in plain text: {', '.join(names)}"
        name = f"{stack.stack}-invoker"
        with findings.about(of_stack(unit, stack, name=name, kind=name, calls=INVOKER)):
            invoker = need(stack.invoker) or not_applicable("there is no invoker")
            names = sorted(exposed(variables(invoker)))
            assert not names, f"{name} has secrets in plain text: {', '.join(names)}"


@check(
    "container-privileged",
    severity="high",
    needs=("families",),
    remedy="take privileged away; kaniko builds images without it",
    controls=("NIST 800-53 CM-6", "ISO 27001:2022 A.8.9"),
    references=(references.TASK_SECURITY,),
)
def test_container_privileged(unit: UnitView, findings: Findings) -> None:
    """A container runs privileged.

    On the EC2 worker pool it then owns the machine, with whatever other runs are on it.
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=DESCRIBED)):
            for found in stack.definitions:
                with findings.about(of_stack(unit, stack, name=found.family, kind=found.family, calls=DESCRIBED)):
                    names = sorted(one.container for one in found.images if one.privileged)
                    assert not names, f"{found.family} runs privileged: {', '.join(names)}"


@check(
    "log-group-missing",
    severity="medium",
    needs=("families", "log_groups"),
    remedy="apply the unit, which creates the log group, or name one that exists",
    controls=("SOC 2 CC7.1", "NIST 800-53 CM-8"),
    references=(references.TASK_LOGS,),
)
def test_log_group_missing(unit: UnitView, findings: Findings) -> None:
    """A container writes to a log group that does not exist.

    Its task does not start, unless it may create the group; and what applied a change, and how, is nowhere to be read.
    """
    for stack in unit.stacks:
        with findings.of_all(of_stack(unit, stack, calls=DESCRIBED)):
            for found in stack.definitions:
                groups = found.log_groups(unit.region)
                subject = of_stack(
                    unit,
                    stack,
                    name=found.family,
                    kind=found.family,
                    calls=(*DESCRIBED, "logs:DescribeLogGroups"),
                    about=groups,
                )
                with findings.about(subject):
                    if not groups:
                        not_applicable("writes no log to CloudWatch in this region")
                    missing = sorted(set(groups) - set(need(unit.log_groups)))
                    assert not missing, f"{found.family} writes to {', '.join(missing)}, which does not exist"


@check(
    "task-role-can-change-itself",
    severity="critical",
    needs=("families", "role_changes"),
    remedy="take iam:*Role* on its own role out of iam_policy, or set a permissions boundary that denies it",
    controls=("NIST 800-53 CM-6", "SOC 2 CC8.1", "ISO 27001:2022 A.8.9"),
    references=(references.SIMULATION, references.TASK_ROLES),
)
def test_task_role_can_change_itself(unit: UnitView, findings: Findings) -> None:
    """A task role of the runner may widen its own permissions.

    Whatever its policy leaves out, a pull request that the runner applies can then give itself. IAM is asked with
    SimulatePrincipalPolicy, and only with --simulate-roles; it does not know of service control policies.
    """
    with findings.of_all(of_stack(unit, unit.stacks[0], calls=("iam:SimulatePrincipalPolicy",))):
        changes = need(unit.role_changes)
        if changes is None:
            not_applicable("not asked for: give --simulate-roles")
        allowed = {role.role: role.allowed for role in changes}
        for stack in unit.stacks:
            for found in stack.definitions:
                subject = of_stack(
                    unit,
                    stack,
                    name=found.family,
                    kind=found.family,
                    calls=("iam:SimulatePrincipalPolicy",),
                    about=filter(None, (found.task_role,)),
                )
                with findings.about(subject):
                    role = found.task_role or not_applicable("it runs without a task role")
                    if role not in allowed:
                        raise UnreadError(Gap(what="role changes", message=f"IAM was not asked what {role} may do"))
                    words = f"the role of {found.family} may do {', '.join(allowed[role])} to itself"
                    assert not allowed[role], words
