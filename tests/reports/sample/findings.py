"""What is wrong with the sample fleet: a finding of every severity and every outcome."""

from __future__ import annotations

from datetime import date

from audit.model import Location, SeverityName
from audit.verdict.finding import Evidence, Finding, Outcome, WaiverNote, fingerprint
from tests.reports.sample.places import ACCOUNTS, APPLIER, KANIKO, KANIKO_TAG, PLANNER, REGION, TAG, unit


def finding(
    check: str,
    account: str | None,
    container: str | None = None,
    *,
    severity: SeverityName = "high",
    outcome: Outcome = "fail",
    declared: str | None = "v0.52.1",
    running: str | None = None,
    released: str | None = None,
    message: str = "",
    remedy: str = "",
    location: Location | None = TAG,
    waiver: WaiverNote | None = None,
    subject: str = "",
    controls: tuple[str, ...] = ("NIST 800-53 CM-2", "NIST 800-53 CM-6", "SOC 2 CC8.1"),
) -> Finding:
    """Build a finding as the judging plugin would, with its fingerprint and cause."""
    account_id = ACCOUNTS.get(account or "")
    return Finding(
        id=fingerprint(check, account_id, REGION, "ecs-deploy-runner", container, "tag"),
        check=check,
        severity=severity,
        outcome=outcome,
        account=account,
        account_id=account_id,
        region=REGION if account else None,
        unit=unit(account) if account else None,
        stack="ecs-deploy-runner" if account else None,
        container=container,
        subject=subject or f"{account}/{REGION}/{container or 'stack'}",
        kind="tag",
        declared=declared,
        running=running,
        released=released,
        message=message,
        location=location,
        remedy=remedy,
        controls=controls,
        cause_id=fingerprint(check, str(location)),
        evidence=_evidence(location, running),
        waiver=waiver,
    )


def _evidence(location: Location | None, running: str | None) -> tuple[Evidence, ...]:
    found = []
    if location:
        found.append(Evidence(source="hcl", file=location.file, line=location.line, column=location.column))
    if running:
        found.append(
            Evidence(
                source="aws",
                service="ecs",
                operation="DescribeTaskDefinition",
                request_id="5f0c3c0e-6a5b-4a53-8a43-0f6c0d3f9d11",
                time="2026-11-24T02:00:07Z",
            )
        )
    return tuple(found)


def findings() -> tuple[Finding, ...]:
    """Give one finding of every sort: drift for one stale literal, a split, a gap, a crash, a waived one."""
    apply_it = "apply the unit: cd {}/us-west-2/mgmt/ecs-deploy-runner && terragrunt apply"
    drift = [
        finding(
            "image-tag-drift",
            account,
            container,
            running=running,
            message=f"{account} runs {container} at {running}, but v0.52.1 is declared: merged, never applied",
            remedy=apply_it.format(account),
        )
        for account, container, running in (
            ("security", PLANNER, "v0.51.8"),
            ("security", APPLIER, "v0.51.8"),
            ("stage", PLANNER, "v0.52.0"),
            ("stage", APPLIER, "v0.52.0"),
        )
    ]
    behind = [
        finding(
            "declared-tag-behind",
            account,
            container,
            severity="medium",
            running="v0.52.1" if account != "security" else "v0.51.8",
            released="v1.3.0",
            message="v0.52.1 is 41 releases behind v1.3.0, 20 of them touch ecs-deploy-runner (733 days)",
            remedy="pipelines-audit plan --to v1.3.0",
        )
        for account in ("logs", "shared", "security", "stage", "prod")
        for container in (PLANNER, APPLIER)
    ]
    return (
        finding(
            "invoker-runtime-deprecated",
            "logs",
            severity="critical",
            declared=None,
            running="python3.8",
            location=Location(file="_envcommon/mgmt/ecs-deploy-runner.hcl", line=14, column=21),
            message="the invoker Lambda runs on python3.8, which AWS no longer patches",
            remedy="raise the module ref to v0.107.5 or newer and apply the unit",
        ),
        *drift,
        finding(
            "runner-kaniko-split",
            "shared",
            KANIKO,
            declared="v0.50.5",
            running="v0.50.5",
            location=KANIKO_TAG,
            message="kaniko is declared at v0.50.5 and deploy-runner at v0.52.1: builds above v0.50.12 fail",
            remedy='set kaniko_container_image_tag = "v0.52.1" in common.hcl, line 28',
        ),
        finding(
            "module-ref-skew",
            None,
            severity="low",
            declared="v0.104.2",
            location=Location(file="prod/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl", line=9, column=12),
            subject="infrastructure-live",
            message="prod takes the module from v0.104.2, the other units from v0.107.5",
            remedy="set the ref to v0.107.5",
        ),
        *behind,
        finding(
            "not-covered",
            "dev",
            outcome="unknown",
            declared=None,
            location=None,
            message="dev: the role cannot list task definitions, so nothing is known about what runs there",
            remedy="grant ecs:ListTaskDefinitions to the audit role",
        ),
        finding(
            "image-digest-drift",
            "prod",
            APPLIER,
            severity="medium",
            outcome="error",
            location=None,
            message="the check itself failed: KeyError: 'imageDigest'",
            remedy="report it with this page",
        ),
        finding(
            "image-tag-drift",
            "prod",
            APPLIER,
            outcome="waived",
            running="v0.52.0",
            location=Location(file="prod/common.hcl", line=7, column=37),
            message="prod runs terraform-applier at v0.52.0, but v0.52.1 is declared",
            remedy=apply_it.format("prod"),
            waiver=WaiverNote(
                id="W-2026-007",
                owner="platform@example.com",
                reason="change freeze until release 14",
                expires=date(2026, 12, 15),
                days_left=21,
            ),
        ),
    )
