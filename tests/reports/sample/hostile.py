"""The sample run with hostile text in every place that is filled from outside."""

from __future__ import annotations

from dataclasses import replace

from audit.model import Location
from audit.verdict.finding import Evidence
from audit.verdict.results import Cell, Chain, ChainStep, History, Passed, ReleaseSource, Results
from tests.reports.sample.catalogue import CHECKS, DISABLED, RELEASES
from tests.reports.sample.fleet import GAP, SANDBOX
from tests.reports.sample.past import LAST_NIGHT, remembered
from tests.reports.sample.whole import results

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
        run=replace(base.run, id=HOSTILE, caller=HOSTILE, seen_as=(HOSTILE,), tool_version=HOSTILE, incomplete=HOSTILE),
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
        remembered("image-tag-drift", "logs"), check=HOSTILE, account=HOSTILE, region=HOSTILE, container=HOSTILE
    )
    return History(previous_run=HOSTILE, previous_at=LAST_NIGHT, fixed=(gone,), unread=(gone,))
