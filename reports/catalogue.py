"""The catalogue of checks as a table, as data and as the page docs/checks.md."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.catalogue import Listed

HEAD = """# Checks

Generated from the checks by `pipelines-audit checks --markdown`; a test keeps it true. Each id names the fault that it
finds. A check that lacks one of the facts that it needs ends *unknown*, never *pass*. `[severities]` of the
configuration gives a check another severity, `[disabled]` leaves it out with a reason that every report shows.

```toml
[policy]
allowed = ">=0.52,<1.2"   # declared-tag-not-allowed, by the rules of PEP 440
max_releases_behind = 5   # declared-tag-behind: any of the three limits; without one, every tag that is behind
max_touching_behind = 3   # releases that touch the runner
max_days_behind = 180
min_age_days = 14         # younger releases don't count as newer
ignore = ["v1.2.0"]       # nor do these
known_bad = ["v0.0.0", "v0.57.0"]

[limits]
task_hours = 6            # task-running-too-long
snapshot_hours = 168      # snapshot-stale
expiry_days = 30          # lifecycle-expires-tag-in-use
critical_vulnerabilities = 0

[severities]
declared-tag-behind = "medium"

[disabled]
registry-without-own-key = "our rules ask for encryption, not for a key of our own"
```

All four may stand in the `pipelines-audit.toml` of the audited repository. `--check ID`, `--severity LEVEL`, `-k EXPR`
and `-m EXPR` (marks: severities and subjects, as in `-m "security and high"`) select; `--checks-dir DIR` adds a team's
own checks.

"""


def table(found: Sequence[Listed], *, width: int = 140) -> str:
    """List id, severity and title, subject by subject, for a terminal of ``width`` columns."""
    heads = ("subject", "check", "severity", "finds")
    rows = [(one.subject, one.check.id, one.check.severity, one.check.title) for one in found]
    taken = sum(max(len(head) + 2, *map(len, cells)) + 2 for head, *cells in list(zip(heads, *rows, strict=True))[:-1])
    widths = [None, None, None, max(width - taken, 24)]
    return tabulate(rows, headers=heads, tablefmt="simple", maxcolwidths=widths) + "\n"


def document(found: Sequence[Listed]) -> dict[str, Any]:
    """Give the catalogue as data."""
    return {
        "schema_version": 1,
        "checks": [
            {
                "id": one.check.id,
                "subject": one.subject,
                "stage": one.check.stage,
                "severity": one.check.severity,
                "title": one.check.title,
                "why": one.check.why,
                "remedy": one.check.remedy,
                "needs": sorted(one.check.needs),
                "controls": list(one.check.controls),
                "references": list(one.check.references),
                "aliases": list(one.check.aliases),
            }
            for one in found
        ],
    }


def markdown(found: Sequence[Listed]) -> str:
    """Write the page: a table of all, then a heading a check with its facts, why it matters and how to mend it."""
    parts = [HEAD, _index(found)]
    for subject, listed in groupby(found, key=lambda one: one.subject):
        parts.append(f"\n## {subject.replace('_', ' ').capitalize()}\n")
        parts += [_section(one) for one in listed]
    return "".join(parts)


def _index(found: Sequence[Listed]) -> str:
    rows = [f"| [{one.check.id}](#{one.check.id}) | {one.check.severity} | {one.check.title} |\n" for one in found]
    return "| check | severity | finds |\n|---|---|---|\n" + "".join(rows)


def _section(one: Listed) -> str:
    check = one.check
    facts = [
        ("severity", check.severity),
        ("needs", ", ".join(f"`{need}`" for need in sorted(check.needs)) or "the declaration"),
        ("evidence for", ", ".join(check.controls) or "none"),
        ("formerly", ", ".join(f"`{alias}`" for alias in check.aliases)),
        ("asked by", "`ready`" if check.stage == "ready" else ""),
    ]
    rows = "".join(f"| {name} | {value} |\n" for name, value in facts if value)
    links = "".join(f"- <{link}>\n" for link in check.references)
    return (
        f"\n### {check.id}\n\n{check.title}\n\n| | |\n|---|---|\n{rows}\n"
        f"{check.why}\n\n**Mend:** {check.remedy}\n" + (f"\n{links}" if links else "")
    )
