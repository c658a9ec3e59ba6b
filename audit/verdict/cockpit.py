"""What was seen before an upgrade, for the lines of a checklist that are right, and the way of each unit; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.text import counted
from audit.verdict.results import ReadinessNote, RouteNote
from audit.workstation.tools import source_update_flag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audit.verdict.pairing import UnitView
    from audit.verdict.readiness import Readiness


def note(readiness: Readiness) -> ReadinessNote:
    """Sum up for the results what a checklist shows beside the findings."""
    routes = [one for unit in readiness.fleet.units for one in _routes(readiness, unit)]
    seen: Mapping[str, Callable[[Readiness], str]] = {
        "tool-missing": _tools,
        "worktree-not-clean": _tree,
        "branch-not-default": _branch,
        "branch-behind": _fetched,
        "region-not-set": lambda one: one.workstation.surroundings.region or "",
        "github-token-refused": _token,
        "identity-of-a-machine": _callers,
        "identity-ends-too-soon": _end,
        "target-not-released": _target,
        "target-older-than-running": _running,
        "image-not-buildable": _images,
    }
    texts = {check: _read(read, readiness) for check, read in seen.items()}
    return ReadinessNote(
        to=readiness.to,
        routes=tuple(routes),
        seen={check: text for check, text in texts.items() if text},
    )


def _read(read: Callable[[Readiness], str], readiness: Readiness) -> str:
    try:
        return read(readiness)
    except UnreadError:
        return ""  # the finding says why


def _routes(readiness: Readiness, unit: UnitView) -> list[RouteNote]:
    try:
        found = readiness.routes(unit)
    except UnreadError as error:
        return [RouteNote(unit=unit.key, route=None, reason=error.gap.message)]
    return [RouteNote(unit=unit.key, route=route) for route in found]


def _tools(readiness: Readiness) -> str:
    words = []
    for name in readiness.needed_tools():
        version = readiness.tool(name).version
        shown = version.value if version.kind == "seen" and version.value else "?"
        flag = source_update_flag(shown) if name == "terragrunt" else None
        words.append(f"{name} {shown}" + (f" (takes {flag})" if flag else ""))
    return ", ".join(words)


def _tree(readiness: Readiness) -> str:
    checkout = readiness.workstation.checkout
    return "nothing to commit" if checkout.kind == "seen" and checkout.value else ""


def _branch(readiness: Readiness) -> str:
    checkout = readiness.workstation.checkout
    return checkout.value.branch or "" if checkout.kind == "seen" and checkout.value else ""


def _fetched(readiness: Readiness) -> str:
    checkout = readiness.workstation.checkout
    if checkout.kind == "unread" or checkout.value is None:
        return ""
    when = checkout.value.fetched_at
    return f"fetched {when:%Y-%m-%d %H:%M} UTC" if when else "as of the clone"


def _token(readiness: Readiness) -> str:
    token = readiness.token
    if token.kind == "unread" or token.value is None:
        return ""
    ends = token.value.expires_at
    return f"until {ends:%Y-%m-%d}" if ends else "accepted"


def _callers(readiness: Readiness) -> str:
    names = {readiness.arn(unit).rpartition(":")[2] for unit in readiness.fleet.units}
    shown = sorted(names)[:2]
    return ", ".join(shown) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _end(readiness: Readiness) -> str:
    ends = readiness.workstation.surroundings.expires_at
    return f"until {ends.value:%Y-%m-%d %H:%M} UTC" if ends.kind == "seen" and ends.value else ""


def _target(readiness: Readiness) -> str:
    releases = readiness.fleet.releases.released.releases
    return next((f"published {one.published}" for one in releases if one.tag == readiness.to), "")


def _running(readiness: Readiness) -> str:
    return ", ".join(sorted({tag for unit in readiness.fleet.units for tag in readiness.running(unit)}))


def _images(readiness: Readiness) -> str:
    absent = readiness.absent_images()
    return f"{counted(len(absent), 'image')} to build" if absent else "in ECR already"
