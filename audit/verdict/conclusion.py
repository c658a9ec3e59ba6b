"""The conclusion: from the ledger and the snapshot to Results, with the exit code and the sentence that says it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import audit
from audit.configuration.config import Settings
from audit.model import Severity
from audit.snapshot import Snapshot
from audit.text import counted
from audit.verdict import chain, matrix, memory
from audit.verdict.advice import Seen, advice
from audit.verdict.digests import tag_digests
from audit.verdict.finding import OUTCOMES, Finding, Outcome
from audit.verdict.ledger import Ended
from audit.verdict.precedents import Precedents
from audit.verdict.releases import Releases
from audit.verdict.results import SCHEMA_VERSION, CheckNote, Passed, ReleaseNote, ReleaseSource, Results, Run, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.model import SeverityName
    from audit.running.model.seen import Running
    from audit.verdict.check import Check
    from audit.verdict.ledger import Entry
    from audit.verdict.left_out import Kept
    from audit.verdict.results import Advice, Coverage, History


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """When, with what and on what a run judged: everything in Results that is neither fact nor verdict."""

    id: str
    judged_at: datetime
    settings: Settings
    config_sha256: str | None
    snapshot: Snapshot
    snapshot_sha256: str
    releases: Releases
    precedents: Precedents = field(default_factory=Precedents)


def conclude(
    occasion: Occasion,
    kept: Kept,
    entries: Sequence[Entry],
    ended: Ended,
    checks: Sequence[Check] = (),
    disabled: Sequence[tuple[Check, str]] = (),
) -> Results:
    """Sum a run up; everything sorted, findings worst first."""
    snapshot, settings = occasion.snapshot, occasion.settings
    units, beside = kept.units, occasion.precedents
    renamed = {alias: check.id for check in checks for alias in check.aliases}
    findings = memory.compared(
        sorted((found for entry in entries for found in entry.findings), key=_order),
        baseline=beside.baseline,
        previous=beside.previous,
        now=occasion.judged_at,
        scope=snapshot.declared.scope,
        renamed=renamed,
    )
    summary = _summary(entries, findings)
    released = snapshot.released
    results = Results(
        schema_version=SCHEMA_VERSION,
        run=_run(occasion, ended),
        snapshot_sha256=occasion.snapshot_sha256,
        snapshot_taken_at=snapshot.taken_at,
        release_source=ReleaseSource(
            kind=released.kind,
            as_of=released.as_of.isoformat(),
            newest=released.newest,
            where=released.where,
            fallback_reason=released.fallback_reason,
        ),
        coverage=kept.coverage,
        summary=summary,
        findings=findings,
        passes=_quiet(entries, "pass"),
        chains=chain.chains(units, occasion.releases, snapshot.declared.pins),
        units=(*matrix.rows(units, findings), *kept.rows),
        exit_code=0,
        verdict="",
        not_applicable=_quiet(entries, "not_applicable"),
        checks=_notes(checks, disabled),
        releases=tuple(
            ReleaseNote(tag=release.tag, published=release.published, breaking=release.backward_incompatible)
            for release in released.releases
        ),
        excluded=kept.excluded,
        warnings=_advice(occasion, kept, findings, ended, checks),
        tags=tag_digests(snapshot.running.repositories),
    )
    past = memory.history(results, beside.previous, renamed) if beside.previous else None
    code, verdict = exit_of(summary, findings, kept.coverage, ended, settings, past)
    return replace(results, exit_code=code, verdict=verdict + _part_of(snapshot, settings), history=past)


def exit_of(
    summary: Mapping[Outcome, int],
    findings: Sequence[Finding],
    covered: Coverage,
    ended: Ended,
    settings: Settings,
    past: History | None = None,
) -> tuple[int, str]:
    """Choose the exit code and say it in words: interrupted, a bug, nothing, findings, incomplete, in sync."""
    level = Severity[settings.fail_on]
    failed = [found for found in findings if found.outcome == "fail" and Severity[found.severity] >= level]
    parts = [_count(len(failed), settings.fail_on)]
    if ended.reason:
        code, parts = 2, [f"interrupted, {ended.reason}", *parts]
    elif summary["error"]:
        code, parts = 3, [_bugs(summary["error"]), *parts]
    elif not any(summary.values()):
        code, parts = 5, ["nothing was judged"]
    elif covered.expected and not covered.read:
        # Nothing at all was seen: what the repository and the releases say alone is no verdict on the fleet.
        code, parts = 10, ["nothing could be read", *parts]
    elif failed:
        code = 1
    elif summary["unknown"] or covered.gaps:
        code = 10
    else:
        code, parts = 0, parts if summary["fail"] or summary["waived"] else ["in sync"]
    parts += [*_beside(summary, failed, past), *_extent(covered, code, summary)]
    parts += [f"{covered.excluded} excluded"] if covered.excluded else []
    return code, f"exit {code}: {', '.join(parts)}{_selection(settings)}"


def retold(results: Results, findings: Sequence[Finding], past: History) -> str:
    """Say the verdict of results again, in the light of a history that was not known when it was said first."""
    ended = Ended(expected=0, reason=results.run.incomplete)
    settings = Settings(fail_on=results.run.selection.fail_on)
    _, said = exit_of(results.summary, results.findings, results.coverage, ended, settings, results.history)
    if not results.verdict.startswith(said):
        return results.verdict
    _, now = exit_of(results.summary, findings, results.coverage, ended, settings, past)
    return now + results.verdict.removeprefix(said)


def _beside(summary: Mapping[Outcome, int], failed: Sequence[Finding], past: History | None) -> list[str]:
    """Say what is waived, what of the failures is new and what is fixed; nothing where there is nothing of it."""
    since = Counter(found.baseline for found in failed)
    counts = (
        (summary["waived"], "waived"),
        (since["new"], "new since the baseline"),
        (since["not judged"], "not judged before"),
        (sum(found.state == "new" for found in failed), "new since the last run"),
        (len(past.fixed) if past else 0, "fixed"),
    )
    return [f"{number} {words}" for number, words in counts if number]


def _extent(covered: Coverage, code: int, summary: Mapping[Outcome, int]) -> list[str]:
    unread, of = covered.unread, f"of {covered.expected} units"
    if code == 0:
        return [f"{covered.read} {of} read"]
    unknown = [f"{counted(summary['unknown'], 'judgement')} unknown"] if summary["unknown"] and code == 10 else []
    if code == 10:
        return [f"{covered.read} {of} read", *unknown]
    return [f"{unread} {of} unread"] if unread else []


def _count(failed: int, level: SeverityName) -> str:
    words = "no findings" if not failed else "1 finding" if failed == 1 else f"{failed} findings"
    return f"{words} ≥ {level}"


def _bugs(number: int) -> str:
    return (
        "1 check ended with an error of its own" if number == 1 else f"{number} checks ended with errors of their own"
    )


def _part_of(snapshot: Snapshot, settings: Settings) -> str:
    """Say what a snapshot had been narrowed to when it was taken: its verdict is not the whole fleet's."""
    words = _narrowed(snapshot, settings)
    return f" (snapshot taken with {words})" if words else ""


def _narrowed(snapshot: Snapshot, settings: Settings) -> str:
    """Give that as words of the command line; nothing for a look of this run, whose selection is said anyway."""
    parts = [snapshot.selection, f"--shard {snapshot.shard}" if snapshot.shard else ""]
    return " ".join(part for part in parts if part) if settings.snapshot is not None else ""


def _selection(settings: Settings) -> str:
    words = settings.words()
    return f" (selection: {words})" if words else ""


def _summary(entries: Sequence[Entry], findings: Sequence[Finding]) -> dict[Outcome, int]:
    """Count findings for what is found, and items for what is passed or not applicable."""
    found = Counter(finding.outcome for finding in findings)
    items = Counter(entry.outcome for entry in entries)
    return {
        outcome: items[outcome] if outcome in ("pass", "not_applicable") else found[outcome] for outcome in OUTCOMES
    }


def _quiet(entries: Sequence[Entry], outcome: Outcome) -> tuple[Passed, ...]:
    return tuple(Passed(check=entry.check, unit=entry.unit) for entry in entries if entry.outcome == outcome)


def _advice(
    occasion: Occasion, kept: Kept, findings: tuple[Finding, ...], ended: Ended, checks: Sequence[Check]
) -> tuple[Advice, ...]:
    """Look at the waivers file in the light of the run; of what a run cut short did not see, nothing is said."""
    declared = occasion.snapshot.declared
    named: list[str | None] = [name for unit in kept.everything for name in (unit.account, unit.account_id)]
    named += [name for unit in kept.excluded for name in (unit.account, unit.account_id)]
    named += [name for account in declared.accounts for name in (account.name, account.id)]
    seen = Seen(
        today=occasion.judged_at.date(),
        findings=findings,
        fleet=kept.everything,
        accounts=frozenset(named),
        checks=frozenset(name for check in checks for name in check.names),
        narrowed=occasion.settings.narrowed or ended.reason is not None,
    )
    return advice(occasion.precedents.waivers, seen)


def _notes(checks: Sequence[Check], disabled: Sequence[tuple[Check, str]]) -> tuple[CheckNote, ...]:
    notes = [*(_note(check) for check in checks), *(_note(check, reason) for check, reason in disabled)]
    return tuple(sorted(notes, key=lambda note: note.id))


def _note(check: Check, disabled: str | None = None) -> CheckNote:
    return CheckNote(
        id=check.id,
        title=check.title,
        why=check.why,
        severity=check.severity,
        remedy=check.remedy,
        controls=check.controls,
        references=check.references,
        disabled=disabled,
        subject=check.subject,
        aliases=check.aliases,
    )


def _run(occasion: Occasion, ended: Ended) -> Run:
    settings = occasion.settings
    return Run(
        id=occasion.id,
        judged_at=occasion.judged_at.astimezone(UTC),
        tool_version=audit.__version__,
        config_sha256=occasion.config_sha256,
        waivers_sha256=occasion.precedents.waivers.sha256,
        selection=Selection(
            accounts=settings.account,
            regions=settings.region,
            checks=settings.check,
            severity=settings.severity,
            fail_on=settings.fail_on,
            words=settings.words(),
            snapshot=_narrowed(occasion.snapshot, settings),
        ),
        caller=occasion.snapshot.caller,
        seen_as=_seen_as(occasion.snapshot.running),
        incomplete=ended.reason,
        scope=occasion.snapshot.declared.scope,
    )


def _seen_as(seen: Running) -> tuple[str, ...]:
    """Name the roles that AWS was asked as: ``assumed-role/NAME`` without its session, ``user/NAME``."""
    identities = (found.identity for found in seen.observations)
    resources = (fact.value.arn.rpartition(":")[2].split("/") for fact in identities if fact.kind == "seen")
    return tuple(sorted({"/".join(parts[:2]) for parts in resources}))


def _order(found: Finding) -> tuple[object, ...]:
    return (
        OUTCOMES.index(found.outcome),
        -Severity[found.severity],
        found.check,
        *(part or "" for part in (found.account, found.region, found.unit, found.container, found.kind)),
    )
