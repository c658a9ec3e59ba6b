"""The sample fleet before an upgrade: a checklist with every state, and ways of every sort."""

from __future__ import annotations

from dataclasses import replace

from audit.released.hops import LANDMARKS, Barrier, Hop, Route
from audit.verdict import ruling
from audit.verdict.finding import Finding, WaiverNote
from audit.verdict.results import CheckNote, Passed, ReadinessNote, Results, RouteNote
from tests.nouns import TODAY
from tests.reports.sample.findings import finding
from tests.reports.sample.whole import clean

TO = "v1.3.0"
BOOTSTRAP = Barrier(release="v0.50.12", kind="bootstrap", reason="both images must be built with local Docker")
UP = Route(
    start="v0.41.0",
    to=TO,
    hops=(
        Hop(start="v0.41.0", to="v0.50.12", build="local", barriers=(*LANDMARKS[:4], BOOTSTRAP)),
        Hop(start="v0.50.12", to=TO, build="inside", barriers=LANDMARKS[5:]),
    ),
    review=("v0.52.0", "v0.58.0"),
)
SHORT = Route(
    start="v0.53.0.1",
    to="v0.54.0",
    hops=(
        Hop(
            start="v0.53.0.1",
            to="v0.54.0",
            build="unknown",
            barriers=(Barrier(release="v0.54.0", kind="breaking", reason="renames an input"),),
        ),
    ),
    is_custom=True,
)
ROUTES = (
    RouteNote(unit="dev/us-west-2", route=UP),
    RouteNote(unit="stage/us-west-2", route=UP),
    RouteNote(unit="logs/us-west-2", route=SHORT),
    RouteNote(unit="shared/us-west-2", route=Route(start=TO, to=TO, hops=())),
    RouteNote(unit="prod/us-west-2", route=None, reason="nobody knows what runs there"),
)
_CHECKS = (
    "tool-missing",
    "github-token-not-set",
    "identity-ends-too-soon",
    "identity-may-not-invoke",
    "identity-may-not-update",
    "upgrade-barrier",
    "kaniko-too-old",
    "invoker-refuses-ref",
    "pin-moves-along",
    "house-rule",
)


def _found() -> tuple[Finding, ...]:
    unread = "rights was denied; allow it; run: pipelines-audit policy"
    waiver = WaiverNote(id="W-1", owner="o@example.com", reason="agreed", expires=TODAY, days_left=0)
    return (
        finding("invoker-refuses-ref", "shared", outcome="error", message="the check itself failed", location=None),
        finding(
            "tool-missing",
            None,
            message="terragrunt is not on PATH",
            remedy="install terragrunt; run: mise use --global terragrunt@0.55.1",
            location=None,
            subject="terragrunt",
        ),
        finding("identity-may-not-invoke", "dev", outcome="unknown", message=unread, location=None),
        finding("identity-may-not-update", "dev", outcome="unknown", message=unread, location=None),
        *(
            finding(
                "pin-moves-along",
                None,
                str(number),
                severity="medium",
                message=f"pin {number} is v0.57.3",
                remedy="set it; run: pipelines-audit plan --edit",
                subject=f"pin {number}",
            )
            for number in range(20)
        ),
        finding("kaniko-too-old", "shared", outcome="waived", message="kaniko is old", waiver=waiver),
    )


def ready() -> Results:
    """Give a NO-GO with a line of every state, and ways of every sort."""
    found = _found()
    base = replace(
        clean(),
        checks=tuple(
            CheckNote(id=name, title=name, why="Why.", severity="high", remedy="mend it", controls=())
            for name in _CHECKS
        ),
        findings=found,
        passes=(Passed(check="github-token-not-set", unit="fleet"), Passed(check="house-rule", unit="fleet")),
        not_applicable=(
            Passed(check="identity-ends-too-soon", unit="fleet"),
            Passed(check="upgrade-barrier", unit="fleet"),
        ),
        readiness=ReadinessNote(
            to=TO,
            routes=ROUTES,
            seen={"github-token-not-set": "its value is shown nowhere"},
            reasons={"identity-ends-too-soon": "the credentials don't end; see tool-missing"},
        ),
    )
    return ruling.ruled(base, TO)


def going() -> Results:
    """Give a GO: the same without blockers."""
    base = ready()
    return ruling.ruled(replace(base, findings=tuple(one for one in base.findings if one.severity == "medium")), TO)
