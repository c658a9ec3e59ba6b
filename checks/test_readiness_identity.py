"""Readiness of the identity: who the credentials belong to, how long they last, and what they may do."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audit.errors import UnreadError
from audit.model import Gap, need
from audit.verdict.check import Findings, check, not_applicable
from audit.verdict.mends import mend
from audit.verdict.readiness import machine_of
from audit.verdict.requests import asked
from audit.verdict.subject import of_fleet, of_noun

if TYPE_CHECKING:
    from datetime import timedelta

    from audit.running.model.access import Right
    from audit.verdict.pairing import UnitView
    from audit.verdict.readiness import Readiness

pytestmark = pytest.mark.readiness
ready = partial(check, stage="ready")

ACCESS = ("NIST 800-53 AC-6", "SOC 2 CC6.1")
CALLER = ("sts:GetCallerIdentity",)
INVOKE, UPDATE = "lambda:Invoke", "lambda:Update"
FRESH = "aws-vault exec --duration=4h PROFILE -- pipelines-audit ready"


@ready(
    "identity-of-a-machine",
    severity="critical",
    remedy=mend(
        "use credentials of your own, not the pipeline's", "aws-vault exec PROFILE -- aws sts get-caller-identity"
    ),
    controls=ACCESS,
)
def test_identity_of_a_machine(unit: UnitView, readiness: Readiness, findings: Findings) -> None:
    """The credentials are those of the pipeline itself.

    ci-machine-user, its role and the runner's own roles may start the runner, and must not be able to change it.
    """
    with findings.about(replace(of_noun(unit), evidence=asked(CALLER, unit.requests))):
        machine = machine_of(readiness.arn(unit), unit)
        assert machine is None, f"{machine} is the pipeline's own identity"


@ready(
    "identity-cannot-call-iam",
    severity="high",
    remedy=mend(
        "use a role, a session with MFA, or none", "aws-vault exec --no-session PROFILE -- pipelines-audit ready"
    ),
    controls=ACCESS,
)
def test_identity_cannot_call_iam(unit: UnitView, readiness: Readiness, findings: Findings) -> None:
    """The credentials are a user's session without MFA, or a federated one: IAM takes neither.

    The apply changes roles, so it ends with InvalidClientTokenId in its middle.
    """
    with findings.about(replace(of_noun(unit), kind="session", evidence=asked(CALLER, unit.requests))):
        bare = readiness.bare_session(unit)
        assert bare is None, f"{bare}, which IAM does not take"


@ready(
    "identity-ends-too-soon",
    severity="high",
    remedy=mend("start a longer session", FRESH),
    controls=ACCESS,
)
def test_identity_ends_too_soon(readiness: Readiness, findings: Findings) -> None:
    """The credentials end before the upgrade can be through.

    A role session of 15 minutes expires in the middle of an apply, and leaves its lock.
    """
    around = readiness.workstation.surroundings
    with findings.about(of_fleet("credentials", kind="end")):
        if readiness.profiles or not around.has_session_token:
            not_applicable("the environment's credentials don't end, or each account is entered by its profile")
        ends = need(around.expires_at)
        if ends is None:
            message = "when the credentials of the environment end is not known: set AWS_CREDENTIAL_EXPIRATION"
            raise UnreadError(Gap(what="end of the credentials", call="environment", message=message))
        left, wanted = (ends - readiness.now), readiness.time_needed()
        assert left >= wanted, f"they end in {_minutes(left)} minutes, the upgrade needs about {_minutes(wanted)}"


@ready(
    "identity-may-not-invoke",
    severity="high",
    remedy="allow lambda:InvokeFunction on the invoker: without it nothing can be built or checked from here",
    controls=ACCESS,
)
def test_identity_may_not_invoke(unit: UnitView, readiness: Readiness, findings: Findings) -> None:
    """The caller may not start the invoker, as IAM's simulation says."""
    _judge_rights(unit, readiness, findings, INVOKE)


@ready(
    "identity-may-not-update",
    severity="high",
    remedy="allow lambda:UpdateFunctionCode and UpdateFunctionConfiguration on the invoker: the apply changes it",
    controls=ACCESS,
)
def test_identity_may_not_update(unit: UnitView, readiness: Readiness, findings: Findings) -> None:
    """The caller may not change the invoker, as IAM's simulation says."""
    _judge_rights(unit, readiness, findings, UPDATE)


def _judge_rights(unit: UnitView, readiness: Readiness, findings: Findings, prefix: str) -> None:
    seen = unit.observation.caller_rights if unit.observation else None
    about = {right.resource for right in (seen.value or ())} if seen and seen.kind == "seen" else set()
    calls = asked(("iam:SimulatePrincipalPolicy",), unit.requests, about)
    with findings.about(replace(of_noun(unit), kind=prefix, evidence=calls)):
        if prefix != INVOKE and unit.observation and unit.observation.caller_rights.kind == "unread":
            not_applicable("its rights are not known: see identity-may-not-invoke")
        rights: tuple[Right, ...] = readiness.rights(unit)
        denied = sorted({one.action for one in rights if one.action.startswith(prefix) and not one.is_allowed})
        assert not denied, f"{readiness.arn(unit)} may not {', '.join(denied)}"


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
