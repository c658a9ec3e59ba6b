"""Bumps: every literal that has to say another release, from what is declared and from the pins; pure."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.declared.paths import join
from audit.errors import RefusedError
from audit.model import Location, Version
from audit.remedy.edit import Change, Edit, patch
from audit.remedy.grammar import fits, valid
from audit.remedy.literals import replaced
from audit.remedy.steps import Command, EditPin, Step
from audit.remedy.units import Site
from audit.text import counted
from audit.verdict.fleet import image_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.declared.model import DeclaredContainer, Pin

_MOVING = ("build-ref", "ci-version")
_STAYING = {
    "module-ref": "the ref of the module moves by its own numbers",
    "service-catalog-ref": "the ref of the AMI build moves by its own numbers",
    "worker-ami": "the machine image of the workers moves by its own numbers",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bump:
    """What a hop does to the repository: sites as they are declared then, the edits, and what stays with its reason."""

    sites: tuple[Site, ...]
    edits: tuple[Edit, ...]
    notes: tuple[str, ...]


def bump(sites: Sequence[Site], pins: Sequence[Pin], to: str, scope: str) -> Bump:
    """Find what has to move so that everything of the runner is at ``to``; what is newer or has no order stays."""
    images = {row.image for site in sites for row in site.deployed if image_of(row.container)}
    edits: dict[Location, Edit] = {}
    notes: dict[str, None] = {}
    moved = []
    for site in sites:
        rows = []
        for row in site.rows:
            new = _new(row, images, to, notes)
            if new and row.tag_origin and row.tag:
                place = in_repository(row.tag_origin, scope)
                edits[place] = Edit(place=place, old=row.tag, new=new)
            rows.append(replace(row, tag=new) if new else row)
        moved.append(replace(site, rows=tuple(rows)))
    for pin in pins:
        if pin.kind in _MOVING or (pin.kind == "build-arg" and pin.name == "module_ci_tag"):
            if _is_below(pin.value, to):
                place = in_repository(pin.origin, scope)
                edits.setdefault(place, Edit(place=place, old=pin.value, new=to))
            elif pin.value != to:
                notes[f"{pin.origin}: {pin.name} says {pin.value}, not known to be before {to}: it stays"] = None
        elif pin.kind in _STAYING:
            notes[f"{pin.origin}: {pin.value} stays: {_STAYING[pin.kind]}"] = None
    return Bump(sites=tuple(moved), edits=tuple(edits[place] for place in sorted(edits)), notes=tuple(notes))


def bumped(pins: Sequence[Pin], edits: Sequence[Edit], scope: str) -> tuple[Pin, ...]:
    """Give the pins as they are after the edits."""
    new = {edit.place: edit.new for edit in edits}
    return tuple(replace(pin, value=new.get(in_repository(pin.origin, scope), pin.value)) for pin in pins)


def in_repository(place: Location, scope: str) -> Location:
    """Give a place with its path from the repository's root, not from the scope."""
    return replace(place, file=posixpath.normpath(join(scope, place.file)))


def edit_steps(
    edits: Sequence[Edit], texts: dict[str, str], *, to: str, hop: int
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Make one step a file, and name the files that can be edited; ``texts`` are left as they are after the edits.

    An edit that cannot be made by rule becomes a step that waits for a hand, with the reason.
    """
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_file[valid("path", edit.place.file)].append(edit)
    steps, files = [], []
    for file, wanted in sorted(by_file.items()):
        good, bad, after = _parted(wanted, texts.get(file))
        if good:
            steps.append(_step(file, tuple(good), texts.get(file), after, to=to, hop=hop))
            files.append(file)
        if after is not None:
            texts[file] = after
        steps += [by_hand(edit, reason, hop) for edit, reason in bad]
    return tuple(steps), tuple(files)


def _parted(edits: Sequence[Edit], text: str | None) -> tuple[list[Edit], list[tuple[Edit, str]], str | None]:
    """Tell edits that can be made from those that can't, with the reason; gives the text with those that can, too."""
    good: list[Edit] = []
    bad: list[tuple[Edit, str]] = []
    # From the end, so that each place is still where it was when it was read.
    for edit in sorted(edits, key=lambda one: one.place, reverse=True):
        valid("tag", edit.new)
        if not fits("tag", edit.old):
            bad.append((edit, f"{edit.place}: what stands there is no tag; edit it by hand"))
            continue
        try:
            if text is not None:
                text = replaced(text, edit.place, edit.old, edit.new, drafted=True)
            good.append(edit)
        except RefusedError as error:
            bad.append((edit, str(error)))
    return good[::-1], bad[::-1], text


def _step(file: str, edits: tuple[Edit, ...], before: str | None, after: str | None, *, to: str, hop: int) -> Step:
    diff = None
    if before is not None and after is not None:
        diff = patch(Change(file=file, before=before, after=after))
    places = ", ".join(f"line {edit.place.line} from {edit.old} to {edit.new}" for edit in edits)
    return Step(
        number=0,
        title=f"Edit {file}: {counted(len(edits), 'literal')} to {to}",
        why=f"{file} decides what is declared or built: {places}",
        action=EditPin(edits=edits, patch=diff),
        commands=(Command(argv=("git", "apply", "-")),) if diff else (),
        preconditions=(f"{file} says what it said when the plan was made",),
        postcondition=f"only these literals of {file} have changed",
        undo=f"git checkout -- {file}",
        hop=hop,
    )


def by_hand(edit: Edit, reason: str, hop: int) -> Step:
    """Make the step of an edit that cannot be made by rule: it waits for people."""
    return Step(
        number=0,
        title=f"Edit {edit.place} by hand: {edit.old} to {edit.new}",
        why=f"{edit.place} decides what is declared or built",
        action=EditPin(edits=(edit,), patch=None),
        commands=(),
        postcondition=f"what is declared there is {edit.new}",
        undo=f"git checkout -- {edit.place.file}",
        hop=hop,
        waits=reason,
    )


def _new(row: DeclaredContainer, images: set[str | None], to: str, notes: dict[str, None]) -> str | None:
    """Give the tag that a row moves to, None where it stays."""
    if not row.deployed or row.tag is None or row.image not in images or row.tag == to:
        return None
    if _is_below(row.tag, to):
        return to
    notes[f"{row.unit}: {row.container} declares {row.tag}, not known to be before {to}: it stays"] = None
    return None


def _is_below(tag: str, to: str) -> bool:
    """Tell whether a tag is of an older release; one with another prefix (``deploy-runner-v1``) counts by itself."""
    version, target = Version.parse(tag), Version.parse(to)
    return version is not None and target is not None and version.prefix == target.prefix and version < target


def dead(sites: Sequence[Site]) -> Iterator[str]:
    """Say which literals of the tag say nothing any more for a unit, because a nearer one wins."""
    live = {row.tag_origin for site in sites for row in site.rows}
    seen: Mapping[str, None] = {
        f"{shadow.dead}: {shadow.dead_value} says nothing for anybody: {shadow.live} wins; it stays as it is": None
        for site in sites
        for shadow in site.stack.shadows
        if shadow.dead not in live and Version.parse(shadow.dead_value)
    }
    yield from seen
