"""The way back: from a plan the plan that has every unit run again what it ran when that one was made; pure.

Like any other it edits literals, has them reviewed, applies and verifies, only in the reverse order. It goes back to
what *ran*, by what the repository declares now: where something else was declared, that is not what it goes back to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import audit
from audit.declared.model import Declared
from audit.errors import RefusedError
from audit.fleet import repository_of
from audit.model import ImageRef, Location
from audit.remedy.bumps import by_hand, edit_steps, in_repository
from audit.remedy.document import sha256
from audit.remedy.edit import Edit, fingerprint
from audit.remedy.evidence import in_ecr
from audit.remedy.literals import says
from audit.remedy.plan import Plan
from audit.remedy.review import guarded, handing_in
from audit.remedy.steps import ApplyUnit, Command, EditPin, Step, VerifyUnit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from audit.declared.model import DeclaredContainer

LIFETIME = timedelta(hours=24)
TITLE = "Move the ECS Deploy Runner back to what ran before"
BEFORE = "what ran before"


def reverse(
    plan: Plan, declared: Declared, texts: Mapping[str, str], *, now: datetime, begun: Collection[int] | None = None
) -> Plan:
    """Make the plan that takes a plan back.

    ``declared`` and ``texts`` are what the repository says now, ``begun`` the steps that were begun (None: any may have
    been). Raises RefusedError where there is nothing to take back, or nobody knows to what.
    """
    back = _Back(plan=plan, declared=declared, texts=dict(texts), begun=begun)
    steps = tuple(replace(step, number=number) for number, step in enumerate(back.steps(), 1))
    if not steps:
        raise RefusedError(
            "nothing to take back: this plan has applied nothing, and this checkout has none of its edits"
        )
    actions = [step.action for step in steps if step.waits is None]
    edited = {edit.place.file for action in actions if isinstance(action, EditPin) for edit in action.edits}
    applied = {step.account for step in steps if isinstance(step.action, ApplyUnit)}
    waves = (tuple(name for name in reversed(wave) if name in applied) for wave in reversed(plan.waves))
    return replace(
        plan,
        tool_version=audit.__version__,
        made_at=now,
        expires_at=now + LIFETIME,
        snapshot_taken_at=now,  # what it rests on was read just now; what ran before does not age
        commit=declared.commit,
        goal="rollback",
        to=None,
        order_source=f"the reverse of plan {sha256(plan)[:12]}",
        waves=tuple(wave for wave in waves if wave),
        hops=(),
        steps=steps,
        notes=back.notes(),
        files={file: fingerprint(texts[file]) for file in sorted(edited) if file in texts},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Back:
    """One way back in the making."""

    plan: Plan
    declared: Declared
    texts: dict[str, str]
    begun: Collection[int] | None

    def steps(self) -> Iterator[Step]:
        """Give the steps: edits, their review, then the applies, last wave first."""
        applied = list(self._applies())
        edits, hands = self._tags()
        pins, more = self._pins({edit.place for edit in edits} | {step.place for step in hands})
        made, files = edit_steps(sorted({*edits, *pins}, key=lambda one: one.place), self.texts, to=BEFORE, hop=1)
        asked = handing_in(files, f"rollback-{sha256(self.plan)[:8]}", 1, title=TITLE) if files else ()
        checks = dict.fromkeys(one for step in applied for one in step.guards if _asks_ecr(one))
        yield from guarded((*made, *asked), tuple(checks))
        yield from (by_hand(Edit(place=one.place, old=one.old, new=one.new), one.reason, 1) for one in (*hands, *more))
        for step in applied:
            yield from (step, self._verify(step))

    def notes(self) -> tuple[str, ...]:
        """Say what stays though the plan brought it."""
        new = {
            f"{family} of {unit} did not run before: it stays, nothing takes a family away": None
            for unit, before in self._before().items()
            for family, image in before
            if image is None
        }
        return (*new, f"it takes back plan {sha256(self.plan)}")

    def _before(self) -> dict[str, tuple[tuple[str, str | None], ...]]:
        """Map each unit to what ran there when the plan was made: as its first apply says."""
        found: dict[str, tuple[tuple[str, str | None], ...]] = {}
        for step in self.plan.steps:
            if isinstance(step.action, ApplyUnit):
                found.setdefault(step.action.unit, step.action.before)
        return found

    def _applies(self) -> Iterator[Step]:
        """Give the applies of the units that were begun, in reverse order."""
        before, count = self._before(), len(self.plan.waves)
        last: dict[str, tuple[Step, ApplyUnit]] = {}
        begun = set()
        for step in self.plan.steps:
            if isinstance(step.action, ApplyUnit) and step.waits is None:
                last[step.action.unit] = step, step.action
                if self.begun is None or step.number in self.begun:
                    begun.add(step.action.unit)
        for step, action in sorted(last.values(), key=lambda one: (one[0].wave or 0, one[0].number), reverse=True):
            if action.unit in begun:
                if not any(image for _, image in before[action.unit]):
                    raise RefusedError(f"{action.unit}: what ran there before is not in the plan: take it back by hand")
                yield self._apply(step, action, before[action.unit], count + 1 - (step.wave or 1))

    def _apply(self, step: Step, action: ApplyUnit, before: Sequence[tuple[str, str | None]], wave: int) -> Step:
        images = tuple(dict.fromkeys(image for _, image in before if image))
        after = dict(self._verified(action.unit)[1].images)
        changed = (
            f"{family} from {after.get(family, 'what was applied')} to {image}" for family, image in before if image
        )
        return replace(
            step,
            why=f"takes back step {step.number} of the plan: {', '.join(changed)}",
            action=replace(action, before=()),
            guards=tuple(_with_images(step.guards, images)),
            evidence=tuple(_with_images(step.evidence, images)),
            preconditions=("no task of the runner is in flight", *(f"ECR has {image}" for image in images)),
            undo="carry the plan that is taken back out once more",
            hop=1,
            wave=wave,
        )

    def _verified(self, unit: str) -> tuple[Step, VerifyUnit]:
        """Give the step that verifies a unit after its last apply."""
        found = [(step, step.action) for step in self.plan.steps if isinstance(step.action, VerifyUnit)]
        return next((step, action) for step, action in reversed(found) if action.unit == unit)

    def _verify(self, apply: Step) -> Step:
        """Make the step that verifies an apply of the way back, from the plan's own."""
        unit = apply.action.unit if isinstance(apply.action, ApplyUnit) else ""
        own, action = self._verified(unit)
        ran = {family: image for family, image in self._before()[unit] if image}
        looks = zip(action.images, own.commands, strict=True)
        return replace(
            own,
            action=replace(action, images=tuple((family, ran[family]) for family, _ in action.images if family in ran)),
            commands=tuple(replace(command, expect=ran[family]) for (family, _), command in looks if family in ran),
            postcondition="the newest revision of each family has the image that ran before",
            hop=1,
            wave=apply.wave,
        )

    def _tags(self) -> tuple[list[Edit], list[_Hand]]:
        """Find the literals that have to say again what ran, and those that cannot: they decide for others as well."""
        before = {unit: dict(images) for unit, images in self._before().items()}
        votes: dict[Location, dict[str, list[DeclaredContainer]]] = defaultdict(lambda: defaultdict(list))
        hands: list[_Hand] = []
        for row in self.declared.containers:
            if not row.deployed or row.tag is None or row.tag_origin is None:
                continue
            ran = before.get(row.unit, {}).get(f"{row.stack}-{row.container}")
            if row.unit in before and ran is None:
                continue  # nothing ran there, or nobody knows what: it has no say
            image = ImageRef.parse(ran or f"{row.image}:{row.tag}")
            place = in_repository(row.tag_origin, self.declared.scope)
            if image.name != row.image or image.tag is None:
                reason = f"{row.unit}: {row.container} ran {ran}, which is no tag of {row.image}: declare it by hand"
                hands.append(_Hand(place=place, old=row.tag, new=image.tag or row.tag, reason=reason))
            else:
                votes[place][image.tag].append(row)
        return _decided(votes, hands)

    def _pins(self, taken: Collection[Location]) -> tuple[list[Edit], list[_Hand]]:
        """Find what else the plan's edits have changed: build scripts, CI files; each says again what it said."""
        said: dict[Location, list[str]] = {}
        for step in self.plan.steps:
            if isinstance(step.action, EditPin) and step.waits is None:
                for edit in step.action.edits:
                    said.setdefault(edit.place, [edit.old]).append(edit.new)
        edits, hands = [], []
        line, moved = ("", 0), 0
        for place, values in sorted(said.items()):
            line, moved = ((place.file, place.line), moved if line == (place.file, place.line) else 0)
            now = replace(place, column=place.column + moved)
            text = self.texts.get(place.file, "")
            found = next((value for value in reversed(values) if says(text, now, value)), None)
            moved += len(found or values[0]) - len(values[0])
            if now in taken or found == values[0]:
                continue
            if found is None:
                reason = f"{now}: says something else than the plan had it say"
                hands.append(_Hand(place=now, old=values[-1], new=values[0], reason=reason))
            else:
                edits.append(Edit(place=now, old=found, new=values[0]))
        return edits, hands


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hand:
    """An edit that people have to make, and why."""

    place: Location
    old: str
    new: str
    reason: str


def _decided(
    votes: Mapping[Location, Mapping[str, Sequence[DeclaredContainer]]], hands: list[_Hand]
) -> tuple[list[Edit], list[_Hand]]:
    edits = []
    for place, tags in sorted(votes.items()):
        now = next(rows[0].tag or "" for rows in tags.values())
        if len(tags) == 1:
            (tag,) = tags
            edits += [Edit(place=place, old=now, new=tag)] if tag != now else []
            continue
        for tag, rows in sorted(tags.items()):
            if tag != now:
                units = ", ".join(sorted({row.unit for row in rows}))
                reason = (
                    f"{place} decides for units that ran {' and '.join(sorted(tags))}: declare {tag} nearer to {units}"
                )
                hands.append(_Hand(place=place, old=now, new=tag, reason=reason))
    return edits, hands


def _asks_ecr(command: Command) -> bool:
    return "batch-get-image" in command.argv


def _with_images(looks: Iterable[Command], images: Sequence[str]) -> Iterator[Command]:
    """Have looks that ask ECR ask for these images instead, by the same way."""
    kept = tuple(looks)
    asking = [command for command in kept if _asks_ecr(command)]
    yield from (command for command in kept if command not in asking)
    for image in images if asking else ():
        wanted = ImageRef.parse(image)
        owner = (repository_of(wanted.name) or ("",))[0]
        if wanted.tag is None or not owner:
            continue
        command = next((one for one in asking if owner in one.argv), asking[0])
        way = command.argv[: command.argv.index("batch-get-image") - 2]
        yield in_ecr(wanted.name, wanted.tag, partial(_behind, way))


def _behind(way: tuple[str, ...], *argv: str) -> tuple[str, ...]:
    return (*way, *argv)
