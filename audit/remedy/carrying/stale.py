"""Whether a plan still fits what it was made for: its age, the repository, what is declared, and what runs.

Everything that has changed is told at once. What the plan itself has done by now is no change: an edit that is made,
an account that runs what it was to run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from audit.declared.git import run_git
from audit.declared.model import Declared
from audit.declared.tree import WorkTree
from audit.errors import DeclarationError, RefusedError, UsageError
from audit.remedy.bumps import in_repository
from audit.remedy.edit import Edit, edited, fingerprint, reverse
from audit.remedy.steps import ApplyUnit, EditPin, VerifyUnit
from audit.remedy.units import sites
from audit.snapshot import Snapshot
from audit.text import counted, one_line
from audit.verdict.pairing import views
from audit.workstation.checkout import status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from audit.declared.model import DeclaredContainer
    from audit.model import Location
    from audit.remedy.plan import Plan

MAX_AGE = timedelta(hours=24)

_AGE = re.compile(r"(?P<number>\d{1,5})(?P<unit>[mhd])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_READ = (".hcl", ".tf", ".tfvars", ".tf.json", ".tfvars.json")
_LOCK = ".terraform.lock.hcl"
_MOST = 20


def age(text: str) -> timedelta:
    """Read an age such as ``90m``, ``24h`` or ``2d``; UsageError where it is none."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise UsageError(f"--max-age {one_line(text, 40)!r}: give a number of minutes, hours or days: 90m, 24h, 2d")
    return timedelta(**{_UNITS[found["unit"]]: int(found["number"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How things stand now: the repository, what it declares, and (None: nobody looked) what runs."""

    root: Path
    now: datetime
    declared: Declared
    seen: Snapshot | None = None


def demand_current(plan: Plan, found: Found, *, name: str, max_age: timedelta = MAX_AGE) -> None:
    """Raise UsageError that says what has changed since a plan was made, if anything has."""
    reasons = [*aged(plan, found.now, max_age), *changed(plan, found.root), *redeclared(plan, found.declared)]
    if found.seen is not None:
        reasons += drifted(plan, found.seen)
    if reasons:
        shown = [one_line(reason) for reason in reasons[:_MOST]]
        more = [f"and {counted(len(reasons) - _MOST, 'more change')}"] if len(reasons) > _MOST else []
        raise UsageError(f"{name}: stale: " + "; ".join([*shown, *more]) + "; make a new plan")


def aged(plan: Plan, now: datetime, max_age: timedelta) -> Iterator[str]:
    """Say that the plan is over, or rests on what was seen too long ago."""
    if now > plan.expires_at:
        yield f"it expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC"
    if now - plan.snapshot_taken_at > max_age:
        hours, most = ((one.total_seconds() / 3600) for one in (now - plan.snapshot_taken_at, max_age))
        yield f"its snapshot is {hours:.1f} h old (--max-age {most:g}h)"


def changed(plan: Plan, root: Path) -> Iterator[str]:
    """Say which files are neither as they were when the plan was made, nor as its own edits leave them."""
    tree = WorkTree(root)
    ours = set()
    for file in plan.files:
        if _hops_made(plan, tree, file) is None:
            yield f"{one_line(file, 120)} has changed: its literals are not known to be as planned"
        else:
            ours.add(file)
    try:
        entries = status(root, run_git)
    except DeclarationError as error:
        yield f"whether the working tree is clean is not known: {error.message}"
        return
    for entry in entries:
        path = entry[3:]
        if path in ours or path in plan.files or path.rpartition("/")[2] == _LOCK:
            continue
        if entry.startswith("??") and not path.endswith(_READ):
            continue
        state = "is in no commit" if entry.startswith("??") else "has changes that are in no commit"
        yield f"{one_line(path, 120)} {state}"


def _hops_made(plan: Plan, tree: WorkTree, file: str) -> int | None:
    """Tell of how many hops a file holds the edits; None where it holds something else."""
    try:
        text = tree.read(file)
    except DeclarationError:
        return None
    for number in range(max((step.hop for step in plan.steps), default=1), -1, -1):
        before = text
        try:
            for hop in range(number, 0, -1):
                before = edited(before, reverse(one for one in plan.edits(hop)[0] if one.place.file == file))
        except RefusedError:
            continue
        if fingerprint(before) == plan.files[file]:
            return number
    return None


def redeclared(plan: Plan, declared: Declared) -> Iterator[str]:
    """Say what of the units that the plan applies is declared otherwise than it was, its own edits left out."""
    rows = {(row.unit, f"{row.stack}-{row.container}"): row for row in declared.containers}
    units = {unit.path: unit for unit in declared.units}
    edits = {(step.hop, edit.place): edit for step in plan.steps for edit in _edits(step.action)}
    for step in plan.steps:
        if not isinstance(step.action, VerifyUnit) or step.waits:
            continue
        unit = units.get(step.action.unit)
        if unit is None:
            yield f"{step.action.unit} is not declared any more"
        elif (unit.account_id, unit.region) != (step.account_id, step.region):
            yield f"{step.action.unit} is declared for {unit.account_id or '?'}/{unit.region or '?'} now"
        else:
            for family, image in step.action.images:
                row = rows.get((step.action.unit, family))
                if row is None or not _fits(row, image, edits, declared.scope):
                    says = f"{row.image}:{row.tag}" if row and row.deployed else "nothing"
                    yield f"{step.action.unit} declares {says} for {family} now, not {image}"


def _edits(action: object) -> tuple[Edit, ...]:
    return action.edits if isinstance(action, EditPin) else ()


def _fits(row: DeclaredContainer, image: str, edits: Mapping[tuple[int, Location], Edit], scope: str) -> bool:
    """Tell whether a row declares an image, or a tag on the way to it by the plan's own edits."""
    if f"{row.image}:{row.tag}" == image:
        return True
    name, _, tag = image.rpartition(":")
    if not row.deployed or row.image != name or row.tag_origin is None:
        return False
    place = in_repository(row.tag_origin, scope)
    here = [edit for (_, at), edit in edits.items() if at == place]
    return any(row.tag in (one.old, one.new) for one in here) and any(one.new == tag for one in here)


def drifted(plan: Plan, seen: Snapshot) -> Iterator[str]:
    """Say where something else runs than when the plan was made, and than what the plan is to bring about."""
    there = {site.stack.unit: site for site in sites(views(seen))}
    meant = _meant(plan)
    told = set()
    for step in plan.steps:
        if not isinstance(step.action, ApplyUnit) or step.waits or step.action.unit in told:
            continue
        told.add(step.action.unit)
        site = there.get(step.action.unit)
        if site is None or site.unread:
            yield f"what runs of {step.action.unit} is not known now{f': {site.unread}' if site else ''}"
            continue
        running = {f"{site.stack.stack}-{name}": image for name, image in site.running.items()}
        yield from _other(step.action, running, meant.get(step.action.unit, {}))


def _meant(plan: Plan) -> dict[str, dict[str, set[str]]]:
    """Give the images that each family of a unit is to run, in whichever hop."""
    found: dict[str, dict[str, set[str]]] = {}
    for step in plan.steps:
        if isinstance(step.action, VerifyUnit):
            for family, image in step.action.images:
                found.setdefault(step.action.unit, {}).setdefault(family, set()).add(image)
    return found


def demand_same(plan: Plan, action: ApplyUnit, running: Mapping[str, str | None]) -> None:
    """Raise UsageError where a unit, right before its apply, runs something else than when the plan was made."""
    reasons = list(_other(action, running, _meant(plan).get(action.unit, {})))
    if reasons:
        raise UsageError("; ".join(map(one_line, reasons)) + ": the plan is stale; make a new one")


def _other(action: ApplyUnit, running: Mapping[str, str | None], meant: Mapping[str, Collection[str]]) -> Iterator[str]:
    for family, before in action.before:
        if family in running and running[family] != before and running[family] not in meant.get(family, ()):
            now = running[family] or "nothing"
            yield f"{family} of {action.unit} runs {now} now, and ran {before or 'nothing'} when the plan was made"
