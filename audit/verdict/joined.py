"""Results of several shards joined: one run over all of their units; what does not belong together is refused.

Checks of the whole fleet have seen only their own shard's part of it: ``snapshot merge`` and then ``check --snapshot``
judges the fleet as one. Joining results is for when the snapshots are gone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from audit.configuration.config import Settings
from audit.errors import UsageError
from audit.verdict.conclusion import exit_of
from audit.verdict.finding import OUTCOMES, fingerprint
from audit.verdict.ledger import Ended
from audit.verdict.results import Coverage, History

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from audit.verdict.finding import Finding, Outcome
    from audit.verdict.results import Passed, Results, Selection

T = TypeVar("T")

LONGEST_RUN: Final = timedelta(hours=24)
_SHARD: Final = re.compile(r"(?:^| )--shard '?(\d+)/(\d+)'?")


def join(parts: Sequence[tuple[str, Results]]) -> Results:
    """Join named results, in the order in which they are given.

    Raises UsageError where they are of different runs or fleets, or overlap; a shard that is missing makes the whole
    incomplete.
    """
    _refuse_mixed(parts)
    _refuse_overlap(parts)
    several = [results for _, results in parts]
    first, last = several[0], max(several, key=lambda one: one.run.judged_at)
    findings = _findings(several)
    covered = _coverage(several)
    passes, quiet = _passed(one.passes for one in several), _passed(one.not_applicable for one in several)
    summary = _summary(findings, passes, quiet)
    selection = _selection(first)
    history = _history(several, findings)
    reason = _incomplete(several)
    code, verdict = exit_of(
        summary, findings, covered, Ended(expected=0, reason=reason), Settings(fail_on=selection.fail_on), history
    )
    return replace(
        first,
        run=replace(
            last.run,
            id=fingerprint(*sorted(one.run.id for one in several))[:32],
            selection=selection,
            incomplete=reason,
            seen_as=tuple(sorted({name for one in several for name in one.run.seen_as})),
        ),
        snapshot_sha256=", ".join(sorted({one.snapshot_sha256 for one in several})),
        snapshot_taken_at=min(one.snapshot_taken_at for one in several),
        coverage=covered,
        summary=summary,
        findings=findings,
        passes=passes,
        not_applicable=quiet,
        chains=tuple(chain for one in several for chain in one.chains),
        units=tuple(
            sorted(
                _once((one.units for one in several), lambda row: row.unit), key=lambda row: row.coverage == "excluded"
            )
        ),
        exit_code=code,
        verdict=f"{verdict} (selection: {selection.words})" if selection.words else verdict,
        checks=tuple(sorted(_once((one.checks for one in several), lambda note: note.id), key=lambda note: note.id)),
        excluded=_once((one.excluded for one in several), lambda away: (away.account_id, away.region, away.unit)),
        warnings=_once((one.warnings for one in several), lambda note: (note.kind, note.about, note.location)),
        history=history,
        trend=(),
        tags=_once((one.tags for one in several), lambda tag: (tag.registry_id, tag.region, tag.repository, tag.tag)),
    )


def _refuse_mixed(parts: Sequence[tuple[str, Results]]) -> None:
    name, first = parts[0]
    features: tuple[tuple[str, Callable[[Results], object]], ...] = (
        ("release of pipelines-audit", lambda one: one.run.tool_version),
        ("configuration", lambda one: one.run.config_sha256),
        ("waivers", lambda one: one.run.waivers_sha256),
        ("part of the repository", lambda one: one.run.scope),
        ("newest release", lambda one: one.release_source.newest),
        ("selection", _selection),
        ("number of shards", lambda one: (_shard(one) or (0, 0))[1]),
        ("kind of run", lambda one: one.readiness is None),
    )
    for other, results in parts[1:]:
        for what, of in features:
            if of(results) != of(first):
                raise UsageError(f"{other}: not the same {what} as {name}; join the shards of one run")
        if abs(results.snapshot_taken_at - first.snapshot_taken_at) > LONGEST_RUN:
            raise UsageError(f"{other}: taken more than a day apart from {name}; join the shards of one run")


def _refuse_overlap(parts: Sequence[tuple[str, Results]]) -> None:
    owner: dict[str, str] = {}
    for name, results in parts:
        shard = _shard(results)
        told = [f"shard {shard[0]}/{shard[1]}"] if shard else []
        units = (f"unit {row.unit}" for row in results.units if row.coverage != "excluded")
        for key in dict.fromkeys((f"run {results.run.id}", *told, *units)):
            if key in owner:
                raise UsageError(f"{name}: overlaps with {owner[key]}: {key} is in both; give each shard once")
            owner[key] = name


def _shard(results: Results) -> tuple[int, int] | None:
    selection = results.run.selection
    found = _SHARD.search(f"{selection.words} {selection.snapshot}")
    return (int(found[1]), int(found[2])) if found else None


def _selection(results: Results) -> Selection:
    """Give the selection that all shards share."""
    selection = results.run.selection
    words, snapshot = (_SHARD.sub("", said).strip() for said in (selection.words, selection.snapshot))
    return replace(selection, words=words, snapshot=snapshot)


def _incomplete(several: Sequence[Results]) -> str | None:
    reasons = [one.run.incomplete for one in several if one.run.incomplete]
    shards = {shard for one in several if (shard := _shard(one))}
    for of in sorted({of for _, of in shards}):
        missing = sorted(set(range(1, of + 1)) - {number for number, _ in shards})
        reasons += [f"shard {number}/{of} is missing" for number in missing]
    return "; ".join(dict.fromkeys(reasons)) or None


def _findings(several: Sequence[Results]) -> tuple[Finding, ...]:
    """Take each finding once, the worst of those that several shards have, worst first."""
    rank = {outcome: index for index, outcome in enumerate(OUTCOMES)}
    found = [finding for one in several for finding in one.findings]
    return _once([sorted(found, key=lambda finding: rank[finding.outcome])], lambda finding: finding.id)


def _passed(several: Iterable[Sequence[Passed]]) -> tuple[Passed, ...]:
    return _once(several, lambda passed: passed)


def _coverage(several: Sequence[Results]) -> Coverage:
    def total(name: str) -> int:
        return sum(int(getattr(one.coverage, name)) for one in several)

    gaps = _once((one.coverage.gaps for one in several), lambda gap: gap)
    excluded = _once((one.excluded for one in several), lambda away: (away.account_id, away.region, away.unit))
    return Coverage(
        expected=total("expected"),
        complete=total("complete"),
        partial=total("partial"),
        unread=total("unread"),
        excluded=len(excluded) if excluded else max(one.coverage.excluded for one in several),
        read=total("read"),
        gaps=tuple(
            sorted(gaps, key=lambda gap: tuple(part or "" for part in (gap.account, gap.region, gap.unit, gap.what)))
        ),
    )


def _summary(findings: Sequence[Finding], passes: Sequence[Passed], quiet: Sequence[Passed]) -> dict[Outcome, int]:
    found = Counter(finding.outcome for finding in findings)
    return {**{outcome: found[outcome] for outcome in OUTCOMES}, "pass": len(passes), "not_applicable": len(quiet)}


def _history(several: Sequence[Results], findings: Sequence[Finding]) -> History | None:
    """Join what each tells of the run before; what one shard does not have may be another's."""
    told = [one.history for one in several if one.history is not None]
    if not told:
        return None
    there = {finding.id for finding in findings if finding.outcome in ("fail", "waived")}
    unread = [gone for gone in _once((one.unread for one in told), lambda gone: gone.id) if gone.id not in there]
    fixed = [gone for gone in _once((one.fixed for one in told), lambda gone: gone.id) if gone.id not in there]
    settled = {gone.id for gone in fixed}
    return replace(
        told[0],
        fixed=tuple(fixed),
        unread=tuple(gone for gone in unread if gone.id not in settled),
        escalated=_once((one.escalated for one in told), lambda worse: worse.id),
    )


def _once(several: Iterable[Iterable[T]], key: Callable[[T], Hashable]) -> tuple[T, ...]:
    found: dict[Hashable, T] = {}
    for some in several:
        for one in some:
            found.setdefault(key(one), one)
    return tuple(found.values())
