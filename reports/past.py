"""A kept history shown: what came and went with each run, what is open and since when, how far units lag behind."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_jsonable_python
from tabulate import tabulate

from audit.model import Severity
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from audit.verdict.history.lives import Episode, Life, Past, Standing, Tally
    from audit.verdict.history.pruning import Pruned

SCHEMA_VERSION: Final = 1
_RUNS: Final = 60  # of the newest are shown in the table; the document has all
_FINDINGS: Final = 200


def document(past: Past, since: datetime | None = None) -> dict[str, Any]:
    """Give the history as plain data: all ages are as of the newest run."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "since": since,
        "as_of": _now(past),
        "pruned_before": past.pruned,
        "runs": [_run(tally) for tally in _tallies(past, since)],
        "findings": [_finding(life, past) for life in _lives(past, since)],
        "mean_time_to_remediate": _remediation(_fixes(past, since)),
        "lag": [
            {**_names(points[-1][1]), "points": [_point(tally, standing) for tally, standing in points]}
            for points in _lags(past, since)
        ],
    }
    plain: dict[str, Any] = to_jsonable_python(whole)
    return plain


def table(past: Past, since: datetime | None = None, *, width: int = 140) -> str:
    """Draw the history for a terminal of ``width`` columns."""
    if not past.tallies:
        return "no runs yet\n"
    blocks = [_runs(past, since), _open(past, since, width), _returned(past, since), _mttr(past, since)]
    return "\n\n".join(block for block in [*blocks, _lag(past, since)] if block) + "\n"


def pruned(done: Pruned, *, dry: bool) -> str:
    """Say in a line what pruning removed, or would remove."""
    runs, left = counted(done.removed, "run"), counted(done.kept, "run")
    if not done.removed:
        return f"nothing to remove: {left} in the history, and none but the newest is older"
    took, stay = ("would remove", "would stay") if dry else ("removed", "left")
    kept = f"{counted(done.open, 'finding')} open then {'keeps its' if done.open == 1 else 'keep their'} first day"
    return f"{took} {runs} from before {done.before:%Y-%m-%d %H:%M} UTC, {left} {stay}; {kept}"


def _runs(past: Past, since: datetime | None) -> str:
    tallies = _tallies(past, since)
    rows = [
        (
            f"{tally.run.at:%Y-%m-%d %H:%M}",
            tally.run.exit_code,
            f"{tally.run.read:,} of {tally.run.expected:,}",
            tally.open,
            *map(_shown, (tally.new, tally.back, tally.persisting, tally.unread, tally.fixed, tally.left)),
            one_line(tally.run.selection, 40),
        )
        for tally in tallies[-_RUNS:]
    ]
    heads = ("snapshot taken", "exit", "units read", "open", "new", "back", "persisting", "not judged", "fixed", "gone")
    cut = f"\n{counted(len(tallies) - _RUNS, 'earlier run')} not shown" if len(tallies) > _RUNS else ""
    if past.pruned is not None and (since is None or since < past.pruned):
        cut += f"\nruns before {past.pruned:%Y-%m-%d %H:%M} were pruned; findings keep the days that those gave them"
    return _drawn(rows, (*heads, "selection")) + cut if rows else "no runs since then"


def _open(past: Past, since: datetime | None, width: int) -> str:
    now = past.tallies[-1].run.at
    lives = [life for life in _lives(past, since) if life.open]
    rows = [
        (
            life.last.severity if life.last.outcome == "fail" else life.last.outcome,
            _days(life.age(now)),
            f"{life.since:%Y-%m-%d}",
            life.identity.check,
            _place(life),
            f"not judged for {counted(life.unread, 'run')}" if life.unread else "",
        )
        for life in lives[:_FINDINGS]
    ]
    if not rows:
        return "no open findings"
    cut = f"\n{counted(len(lives) - _FINDINGS, 'more open finding')} not shown" if len(lives) > _FINDINGS else ""
    room = [None, None, None, 30, max(width - 90, 24), 20]
    return _drawn(rows, ("open", "age", "since", "check", "where", "seen"), room) + cut


def _returned(past: Past, since: datetime | None) -> str:
    lives = sorted((life for life in _lives(past, since) if life.returns), key=lambda life: -life.returns)
    rows = [
        (
            life.returns,
            life.identity.check,
            _place(life),
            "open" if life.open else "fixed",
            f"{life.first_seen:%Y-%m-%d}",
        )
        for life in lives[:_FINDINGS]
    ]
    return _drawn(rows, ("came back", "check", "where", "now", "first seen")) if rows else ""


def _mttr(past: Past, since: datetime | None) -> str:
    told = _remediation(_fixes(past, since))
    if not told["fixed"]:
        return "mean time to remediate: nothing was fixed yet"
    by = ", ".join(f"{name} {_hours(entry['hours'])}" for name, entry in told["by_severity"].items())
    return f"mean time to remediate: {_hours(told['hours'])} over {counted(told['fixed'], 'fix', 'fixes')} ({by})"


def _lag(past: Past, since: datetime | None) -> str:
    rows = []
    for points in _lags(past, since):
        known = [standing for _, standing in points if standing.version]
        first, last = (known[0], known[-1]) if known else (points[0][1], points[-1][1])
        parts = (last.account or last.account_id, last.region, _unusual(last.stack))
        name = " ".join(part for part in parts if part) if parts[0] else last.unit
        rows.append((one_line(name, 60), _stood(first), _stood(last), _note(points, past)))
    return _drawn(rows, ("unit", "ran at first", "runs now", "")) if rows else ""


def _note(points: Sequence[tuple[Tally, Standing]], past: Past) -> str:
    tally, standing = points[-1]
    if tally is not past.tallies[-1]:
        return f"not in a run since {tally.run.at:%Y-%m-%d}"
    if standing.version:
        return ""
    return "not read lately" if standing.coverage == "unread" else "nothing runs there now"


def _stood(standing: Standing) -> str:
    if standing.version is None:
        return "unknown" if standing.coverage == "unread" else "nothing"
    version = one_line(standing.version, 40)
    if standing.releases_behind is None:
        return version
    if not standing.releases_behind:
        return f"{version}, the newest"
    behind = counted(standing.releases_behind, "release")
    return f"{version}, {behind} and {counted(standing.days_behind or 0, 'day')} behind"


def _run(tally: Tally) -> dict[str, Any]:
    run = tally.run
    told = {"new": tally.new, "back": tally.back, "unread": tally.unread, "fixed": tally.fixed, "gone": tally.left}
    return {
        "id": run.id,
        "taken_at": run.at,
        "judged_at": run.judged_at,
        "exit_code": run.exit_code,
        "verdict": run.verdict,
        "selection": run.selection,
        "scope": run.scope,
        "units": {"expected": run.expected, "read": run.read},
        "newest": run.newest,
        "open": tally.open,
        "persisting": len(tally.persisting),
        **told,
        "escalated": [{"id": id_, "was": was} for id_, was in tally.escalated],
    }


def _finding(life: Life, past: Past) -> dict[str, Any]:
    known, now = life.identity, _now(past)
    names = ("id", "check", "account", "account_id", "region", "unit", "stack", "container", "subject", "kind")
    return {
        **{name: getattr(known, name) for name in names},
        "severity": life.last.severity,
        "outcome": life.last.outcome,
        "state": "open" if life.open else "gone" if life.episodes[-1].ending == "left" else "fixed",
        "first_seen": life.first_seen,
        "since": life.since,
        "last_seen": life.last_seen,
        "ended_at": life.episodes[-1].end,
        "age_days": _number(life.age(now).total_seconds() / 86400) if now else None,
        "times_back": life.returns,
        "flapping": life.returns > 1,
        "runs_not_judged": life.unread,
    }


def _remediation(fixes: Sequence[Episode]) -> dict[str, Any]:
    """Average the time from first seen to proven gone; units that are no longer declared were not mended."""
    by: defaultdict[str, list[timedelta]] = defaultdict(list)
    for episode in fixes:
        if episode.length is not None:
            by[episode.severity].append(episode.length)
    lengths = [length for found in by.values() for length in found]
    return {
        "fixed": len(lengths),
        "hours": _mean(lengths),
        "by_severity": {
            name: {"fixed": len(by[name]), "hours": _mean(by[name])}
            for name in sorted(by, key=lambda name: -Severity[name])
        },
    }


def _fixes(past: Past, since: datetime | None) -> list[Episode]:
    ended = (episode for life in past.lives.values() for episode in life.episodes if episode.ending == "fixed")
    return [episode for episode in ended if since is None or (episode.end and episode.end >= since)]


def _lives(past: Past, since: datetime | None) -> list[Life]:
    """Take what is open or has ended since; the open first, the oldest first."""
    kept = [
        life for life in past.lives.values() if life.open or since is None or (life.episodes[-1].end or since) >= since
    ]
    return sorted(kept, key=lambda life: (not life.open, life.since, -Severity[life.last.severity], life.identity.id))


def _tallies(past: Past, since: datetime | None) -> list[Tally]:
    return [tally for tally in past.tallies if since is None or tally.run.at >= since]


def _lags(past: Past, since: datetime | None) -> list[list[tuple[Tally, Standing]]]:
    """Follow each unit through the runs, by ids and not by names."""
    units: defaultdict[tuple[str, ...], list[tuple[Tally, Standing]]] = defaultdict(list)
    for tally in _tallies(past, since):
        for standing in tally.run.standings:
            named = (standing.account_id, standing.region, standing.stack)
            key = tuple(part or "" for part in named) if all(named) else (standing.unit,)
            units[key].append((tally, standing))
    return [units[key] for key in sorted(units, key=lambda key: (units[key][-1][1].account or "", key))]


def _names(standing: Standing) -> dict[str, str | None]:
    return {name: getattr(standing, name) for name in ("unit", "account", "account_id", "region", "stack")}


def _point(tally: Tally, standing: Standing) -> dict[str, Any]:
    names = ("coverage", "version", "releases_behind", "days_behind")
    return {"run": tally.run.id, "taken_at": tally.run.at, **{name: getattr(standing, name) for name in names}}


def _now(past: Past) -> datetime | None:
    return past.tallies[-1].run.at if past.tallies else None


def _place(life: Life) -> str:
    known = life.identity
    account = known.account or known.account_id
    stack = _unusual(known.stack)
    parts = (account, known.region, stack, known.container) if account else (known.subject, known.container)
    return one_line(" ".join(part for part in parts if part), 80)


def _unusual(stack: str | None) -> str | None:
    """Name a stack where it is not the one that everybody has."""
    return None if stack == "ecs-deploy-runner" else stack


def _days(length: timedelta) -> str:
    return f"{length.days} d" if length.days else f"{length.seconds // 3600} h"


def _hours(hours: float) -> str:
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"


def _mean(lengths: Sequence[timedelta]) -> float | None:
    return _number(sum(lengths, timedelta()).total_seconds() / 3600 / len(lengths)) if lengths else None


def _number(value: float) -> float:
    return round(value, 2)


def _shown(ids: tuple[str, ...]) -> str:
    return f"{len(ids):,}" if ids else ""


def _drawn(rows: Iterable[Sequence[object]], heads: tuple[str, ...], room: Sequence[int | None] | None = None) -> str:
    return tabulate(
        [list(row) for row in rows],
        headers=list(heads),
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=list(room) if room else None,
        break_on_hyphens=False,
    )
