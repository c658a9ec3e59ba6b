"""Results made by hand: a fleet of six accounts with every outcome, a clean one, a hostile one, a very large one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from audit.model import Gap, Location, SeverityName
from audit.verdict.finding import Evidence, Finding, Outcome, WaiverNote, fingerprint
from audit.verdict.results import (
    Advice,
    Cell,
    CellState,
    Chain,
    ChainStep,
    CheckNote,
    Coverage,
    Excluded,
    History,
    Passed,
    ReleaseNote,
    ReleaseSource,
    Remembered,
    Results,
    Run,
    Selection,
    TrendPoint,
    UnitRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.verdict.advice import Kind

ACCOUNTS = {
    "logs": "111122223333",
    "shared": "234567890123",
    "security": "345678901234",
    "dev": "456789012345",
    "stage": "444455556666",
    "prod": "123456789012",
}
PLANNER, APPLIER, KANIKO, AMI = "terraform-planner", "terraform-applier", "docker-image-builder", "ami-builder"
TAG = Location(file="common.hcl", line=25, column=39)
KANIKO_TAG = Location(file="common.hcl", line=28, column=39)
REGION = "us-west-2"


def unit(account: str) -> str:
    """Path of an account's unit."""
    return f"{account}/{REGION}/mgmt/ecs-deploy-runner"


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


def _findings() -> tuple[Finding, ...]:
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


GAP = Gap(
    what="task definitions of dev",
    message="AWS refused ecs:ListTaskDefinitions in dev us-west-2: grant it to the audit role",
    account="dev",
    account_id=ACCOUNTS["dev"],
    region=REGION,
    unit=unit("dev"),
    call="ecs:ListTaskDefinitions",
    code="AccessDeniedException",
    permission="ecs:ListTaskDefinitions",
)


_CONTROLS = ("NIST 800-53 CM-2", "NIST 800-53 CM-6", "SOC 2 CC8.1")
_CATALOGUE: tuple[tuple[str, str, SeverityName, tuple[str, ...]], ...] = (
    ("declared-tag-behind", "The declared tag is behind the newest release", "medium", ("NIST 800-53 SI-2",)),
    ("declared-tag-not-in-registry", "The declared tag is in the registry", "critical", ("NIST 800-53 CM-2",)),
    ("family-missing", "Every declared container has a task definition", "high", ("NIST 800-53 CM-8",)),
    ("family-undeclared", "No undeclared container has a task definition", "medium", ("NIST 800-53 CM-8",)),
    ("image-digest-drift", "The running image is the one in the registry", "medium", _CONTROLS),
    ("image-repository-drift", "The running image comes from the declared repository", "high", _CONTROLS),
    ("image-tag-drift", "The running tag is the declared one", "high", _CONTROLS),
    (
        "invoker-runtime-deprecated",
        "The invoker runs on a maintained Python",
        "critical",
        ("ISO 27001:2022 A.8.8",),
    ),
    ("module-ref-skew", "All units take the module from one version", "low", _CONTROLS),
    ("not-covered", "Everything that was expected could be read", "high", ("NIST 800-53 CM-8", "SOC 2 CC7.1")),
    ("runner-kaniko-split", "Both images are declared from one release", "high", _CONTROLS),
    ("task-recent", "A task ran lately", "info", ()),
)
CHECKS = tuple(
    CheckNote(
        id=name,
        title=title,
        why="What is merged but not applied runs with old permissions and old tools, and nothing tells anybody.",
        severity=severity,
        remedy="apply the unit, or change what is declared",
        controls=controls,
    )
    for name, title, severity, controls in _CATALOGUE
)
DISABLED = CheckNote(
    id="registry-without-own-key",
    title="The repository is encrypted with AWS's key",
    why="Only a key of your own can be taken away.",
    severity="info",
    remedy="make the repository anew",
    controls=("NIST 800-53 CM-6",),
    disabled="our rules ask for encryption, not for a key of our own",
)
RELEASES = tuple(
    ReleaseNote(tag=tag, published=date.fromisoformat(published), breaking=breaking)
    for tag, published, breaking in (
        ("v0.50.5", "2022-07-06", False),
        ("v0.50.6", "2022-07-27", False),
        ("v0.50.12", "2022-10-21", True),
        ("v0.51.0", "2022-12-08", True),
        ("v0.51.2", "2023-03-28", True),
        ("v0.51.8", "2023-05-16", False),
        ("v0.52.0", "2023-05-30", None),
        ("v0.52.1", "2023-06-02", False),
        ("v0.52.13", "2023-09-19", False),
        ("v0.54.0", "2024-04-16", True),
        ("v0.55.0", "2024-07-12", None),
        ("v0.57.1", "2025-03-03", False),
        ("v1.0.0", "2025-07-15", None),
        ("v1.3.0", "2026-02-12", None),
    )
)


_EXCLUDED_ROW = UnitRow(
    unit=unit("sandbox"),
    account="sandbox",
    account_id="567890123456",
    region=REGION,
    stack="ecs-deploy-runner",
    coverage="excluded",
    cells=(),
)


def _row(account: str, found: Iterable[Finding]) -> UnitRow:
    here = [item for item in found if item.account == account]
    containers = (KANIKO, AMI, PLANNER, APPLIER) if account == "shared" else (PLANNER, APPLIER)
    return UnitRow(
        unit=unit(account),
        account=account,
        account_id=ACCOUNTS[account],
        region=REGION,
        stack="ecs-deploy-runner",
        coverage="unread" if account == "dev" else "partial" if account == "prod" else "complete",
        cells=tuple(_cell(account, container, here) for container in containers),
    )


def _cell(account: str, container: str, here: list[Finding]) -> Cell:
    mine = [item for item in here if item.container == container]
    state: CellState = "in sync"
    if account == "dev":
        state = "unknown"
    elif container == AMI:
        return Cell(container=container, state="not deployed", declared=None, running=None, findings=())
    elif any(item.check == "image-tag-drift" for item in mine):
        state = "waived" if any(item.outcome == "waived" for item in mine) else "drift"
    elif mine:
        state = "drift" if container == KANIKO else "behind"
    running = next((item.running for item in mine if item.running), None if account == "dev" else "v0.52.1")
    return Cell(
        container=container,
        state=state,
        declared="v0.50.5" if container == KANIKO else "v0.52.1",
        running=running,
        findings=tuple(item.id for item in mine),
    )


def _chain() -> Chain:
    return Chain(
        unit=unit("stage"),
        container=APPLIER,
        steps=(
            ChainStep(stage="release", value="v0.52.1", source="github: published 2023-06-02"),
            ChainStep(
                stage="build script",
                value="v0.52.1",
                place=Location(
                    file="shared/us-west-2/_regional/container_images/build_deploy_runner_image.sh", line=12, column=33
                ),
            ),
            ChainStep(stage="declared", value="v0.52.1", place=TAG),
            ChainStep(stage="ECR tag", value="v0.52.1", source="ecr:BatchGetImage"),
            ChainStep(stage="digest", value="sha256:" + "4f" * 32, source="ecr:BatchGetImage"),
            ChainStep(
                stage="task definition", value="v0.52.0", source="ecs-deploy-runner-terraform-applier:14", broken=True
            ),
            ChainStep(stage="last run", value=None, source="none in the last hour"),
        ),
    )


LAST_NIGHT = datetime(2026, 11, 23, 2, 1, 5, tzinfo=UTC)
JUDGED = datetime(2026, 11, 24, 2, 1, 12, tzinfo=UTC)
SANDBOX = Excluded(
    account="sandbox",
    account_id="567890123456",
    region=REGION,
    unit=unit("sandbox"),
    reason="the account is being closed",
    owner="platform@example.com",
    expires=date(2026, 12, 31),
    days_left=37,
    ticket="OPS-9",
)


def _aged(found: Finding) -> Finding:
    """Give a finding its state: what is behind is known for twelve days, the waived one for two, the rest is new."""
    since = {"declared-tag-behind": datetime(2026, 11, 12, 2, 0, tzinfo=UTC)}.get(found.check)
    since = datetime(2026, 11, 22, 2, 0, tzinfo=UTC) if found.outcome == "waived" else since
    return replace(found, state="persisting" if since else "new", first_seen=since or JUDGED)


def _remembered(check: str, account: str) -> Remembered:
    return Remembered(
        id=fingerprint(check, ACCOUNTS[account], REGION, "ecs-deploy-runner", APPLIER, "tag"),
        check=check,
        severity="high",
        account=account,
        account_id=ACCOUNTS[account],
        region=REGION,
        unit=unit(account),
        stack="ecs-deploy-runner",
        container=APPLIER,
        subject=f"{account}/{REGION}/{APPLIER}",
        kind="tag",
        first_seen=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
        last_seen=LAST_NIGHT,
    )


def _advice(kind: Kind, waiver: str, words: str, line: int) -> Advice:
    about = f"waiver {waiver}"
    place = Location(file="waivers.yaml", line=line, column=5)
    return Advice(kind=kind, about=about, message=f"{about}: {words}", location=place)


# Open findings, and which of them were new, fixed, not judged anew, night by night.
TREND = tuple(
    TrendPoint(
        run=f"2026-11-{10 + night:02d}T02-00-00Z",
        taken_at=datetime(2026, 11, 10 + night, 2, 0, 31, tzinfo=UTC),
        exit_code=1,
        open=number,
        new=new,
        fixed=fixed,
        unread=unread,
        units_expected=6,
        units_read=5 if unread else 6,
    )
    for night, (number, new, fixed, unread) in enumerate(
        (
            *((9, 9, 0, 0), (9, 0, 0, 0), (12, 3, 0, 0), (12, 0, 0, 2), (8, 0, 4, 0), (8, 0, 0, 0), (14, 6, 0, 0)),
            *((14, 0, 0, 0), (13, 1, 2, 0), (13, 0, 0, 0), (13, 0, 0, 0), (12, 0, 1, 0), (12, 0, 0, 0)),
            *((12, 0, 0, 1), (18, 7, 1, 1)),
        )
    )
)


def results() -> Results:
    """Six accounts: one with a critical finding, drift in two, one unread, a waiver, a crashed check; one excluded."""
    found = tuple(_aged(one) for one in _findings())
    summary: dict[Outcome, int] = {name: sum(f.outcome == name for f in found) for name in OPEN}
    passes = tuple(
        Passed(check=check, unit=unit(account))
        for account in ACCOUNTS
        if account != "dev"
        for check in ("declared-tag-not-in-registry", "family-missing", "family-undeclared", "image-repository-drift")
    )
    return Results(
        schema_version=1,
        run=Run(
            id="2026-11-24T02-00-00Z-7c1f",
            judged_at=JUDGED,
            tool_version="0.1.0",
            config_sha256="ab" * 32,
            waivers_sha256="cd" * 32,
            selection=Selection(),
            caller="arn:aws:sts::234567890123:assumed-role/pipelines-audit/nightly",
        ),
        snapshot_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        snapshot_taken_at=datetime(2026, 11, 24, 2, 0, 31, tzinfo=UTC),
        release_source=ReleaseSource(
            kind="bundled",
            as_of="2026-02-12",
            newest="v1.3.0",
            where="gruntwork-io/terraform-aws-ci",
            fallback_reason="GitHub answered 404: the repository is private, set GITHUB_TOKEN",
        ),
        coverage=Coverage(expected=6, complete=4, partial=1, unread=1, excluded=1, read=5, gaps=(GAP,)),
        summary={**summary, "pass": len(passes), "not_applicable": 5},
        findings=found,
        passes=passes,
        chains=(_chain(),),
        units=(*(_row(account, found) for account in ACCOUNTS), _EXCLUDED_ROW),
        exit_code=1,
        verdict="exit 1: 17 findings ≥ low, 1 check failed, 1 waived, 1 of 6 units unread, 1 excluded",
        not_applicable=tuple(
            Passed(check="task-recent", unit=unit(account)) for account in ACCOUNTS if account != "dev"
        ),
        checks=(*CHECKS, DISABLED),
        releases=RELEASES,
        excluded=(SANDBOX,),
        warnings=(
            _advice("expired", "W-2026-003", "expired on 2026-11-20; 1 finding of it came back", 12),
            _advice("matches nothing", "W-2026-009", "names what the fleet does not have: account prdo", 40),
        ),
        history=History(
            previous_run="2026-11-23T02-00-00Z-1b0e",
            previous_at=LAST_NIGHT,
            fixed=(_remembered("image-tag-drift", "logs"),),
            unread=(_remembered("image-tag-drift", "dev"),),
        ),
        trend=TREND,
    )


OPEN: tuple[Outcome, ...] = ("fail", "unknown", "error", "waived")


def clean() -> Results:
    """Give the same fleet, all in sync and fully read."""
    base = results()
    rows = tuple(
        replace(
            row,
            coverage="complete",
            cells=tuple(
                replace(cell, findings=(), running=cell.declared, state="in sync" if cell.declared else "not deployed")
                for cell in row.cells
            ),
        )
        for row in base.units
        if row.coverage != "excluded"
    )
    return replace(
        base,
        coverage=Coverage(expected=6, complete=6, partial=0, unread=0, excluded=0, read=6, gaps=()),
        summary={"pass": 20, "fail": 0, "unknown": 0, "waived": 0, "not_applicable": 5, "error": 0},
        release_source=ReleaseSource(kind="github", as_of="2026-11-24", newest="v0.52.1"),
        findings=(),
        chains=(),
        units=rows,
        excluded=(),
        checks=CHECKS,
        warnings=(),
        history=None,
        exit_code=0,
        verdict="exit 0: 6 of 6 units read, in sync",
    )


HOSTILE = (
    '"><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
    "</style></textarea>{{7*7}}{% raw %}<svg onload=alert(1)> javascript:alert(1) ]]> & ' "
    "\x00\x07\x1b[31mred\x1b]0;title\x07\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07 \x9b2J "
    "\u202eevil\u2066\u200b\ufeff \ud800 | **bold** [x](javascript:alert(1)) `code` <!-- \r\n"
    "::error file=a,line=1::owned\n##vso[task] %0A =cmd|' /C calc'!A0 @SUM(1) " + "A" * 10_000
)


def hostile() -> Results:
    """Give the same fleet, with hostile text in every place that is filled from outside."""
    base = results()
    bad = tuple(
        replace(
            item,
            account=HOSTILE if item.account else None,
            account_id=HOSTILE,
            region=HOSTILE if item.region else None,
            stack=HOSTILE,
            unit=HOSTILE,
            container=HOSTILE if item.container else None,
            subject=HOSTILE,
            kind=HOSTILE,
            declared=HOSTILE,
            running=HOSTILE,
            released=HOSTILE,
            message=HOSTILE,
            remedy=HOSTILE,
            location=Location(file=HOSTILE, line=1, column=1),
            controls=(HOSTILE,),
            evidence=(Evidence(source="aws", service=HOSTILE, operation=HOSTILE, request_id=HOSTILE, time=HOSTILE),),
            waiver=replace(item.waiver, id=HOSTILE, owner=HOSTILE, reason=HOSTILE) if item.waiver else None,
        )
        for item in base.findings
    )
    cells = (Cell(container=HOSTILE, state="drift", declared=HOSTILE, running=HOSTILE, findings=(bad[1].id,)),)
    return replace(
        base,
        run=replace(base.run, id=HOSTILE, caller=HOSTILE, tool_version=HOSTILE, incomplete=HOSTILE),
        release_source=ReleaseSource(
            kind="github", as_of=HOSTILE, newest=HOSTILE, where=HOSTILE, fallback_reason=HOSTILE
        ),
        coverage=replace(
            base.coverage,
            gaps=(replace(GAP, what=HOSTILE, message=HOSTILE, account=HOSTILE, call=HOSTILE, permission=HOSTILE),),
        ),
        findings=bad,
        passes=(Passed(check=HOSTILE, unit=HOSTILE),),
        not_applicable=(Passed(check=HOSTILE, unit=HOSTILE),),
        checks=(
            *(replace(note, title=HOSTILE, why=HOSTILE, remedy=HOSTILE, controls=(HOSTILE,)) for note in CHECKS),
            replace(DISABLED, title=HOSTILE, disabled=HOSTILE),
        ),
        releases=tuple(replace(note, tag=HOSTILE) for note in RELEASES),
        chains=(
            Chain(
                unit=HOSTILE,
                container=HOSTILE,
                steps=(ChainStep(stage=HOSTILE, value=HOSTILE, place=Location(file=HOSTILE, line=1, column=1)),),
            ),
        ),
        units=tuple(replace(row, account=HOSTILE, unit=HOSTILE, region=HOSTILE, cells=cells) for row in base.units),
        verdict=f"exit 1: {HOSTILE}",
        excluded=(
            replace(
                SANDBOX,
                account=HOSTILE,
                account_id=HOSTILE,
                region=HOSTILE,
                unit=HOSTILE,
                reason=HOSTILE,
                owner=HOSTILE,
                ticket=HOSTILE,
            ),
        ),
        warnings=tuple(
            replace(one, message=HOSTILE, location=Location(file=HOSTILE, line=1, column=1)) for one in base.warnings
        ),
        history=_hostile_history(),
        trend=tuple(replace(point, run=HOSTILE) for point in base.trend),
    )


def _hostile_history() -> History:
    gone = replace(
        _remembered("image-tag-drift", "logs"), check=HOSTILE, account=HOSTILE, region=HOSTILE, container=HOSTILE
    )
    return History(previous_run=HOSTILE, previous_at=LAST_NIGHT, fixed=(gone,), unread=(gone,))


def large(accounts: int = 1000, containers: int = 4, drifting: int = 1000) -> Results:
    """Give a fleet of many accounts; ``drifting`` of them run an older image for one stale literal."""
    base = results()
    names = [f"account-{number:04d}" for number in range(accounts)]
    kinds = [PLANNER, APPLIER, KANIKO, AMI, *(f"custom-{number:02d}" for number in range(26))][:containers]
    template = base.findings[1]
    found = tuple(
        replace(
            template,
            id=fingerprint(name, PLANNER),
            account=name,
            account_id=f"{number:012d}",
            unit=unit(name),
            container=PLANNER,
            subject=f"{name}/{REGION}/{PLANNER}",
            message=f"{name} runs {PLANNER} at v0.51.8, but v0.52.1 is declared: merged, never applied",
        )
        for number, name in enumerate(names[:drifting])
    )
    by_account = {item.account: item.id for item in found}
    rows = tuple(
        UnitRow(
            unit=unit(name),
            account=name,
            account_id=f"{number:012d}",
            region=REGION,
            stack="ecs-deploy-runner",
            coverage="complete",
            cells=tuple(
                Cell(
                    container=kind,
                    state="drift" if kind == PLANNER and name in by_account else "in sync",
                    declared="v0.52.1",
                    running="v0.51.8" if kind == PLANNER and name in by_account else "v0.52.1",
                    findings=(by_account[name],) if kind == PLANNER and name in by_account else (),
                )
                for kind in kinds
            ),
        )
        for number, name in enumerate(names)
    )
    passes = tuple(Passed(check=f"check-{number:02d}", unit=row.unit) for row in rows for number in range(29))
    return replace(
        base,
        coverage=Coverage(
            expected=accounts, complete=accounts, partial=0, unread=0, excluded=0, read=accounts, gaps=()
        ),
        summary={"pass": len(passes), "fail": len(found), "unknown": 0, "waived": 0, "not_applicable": 0, "error": 0},
        findings=found,
        passes=passes,
        chains=(),
        units=rows,
        excluded=(),
        warnings=(),
        history=None,
        verdict=f"exit 1: {len(found)} findings ≥ low",
    )
