"""Making the plan: from a snapshot to an ordered tuple of steps; pure.

Without a target it converges: what is declared and does not run is applied. With one it upgrades: hop by hop, for each
hop first the images, then the edits, then the applies, account by account in waves. Only what is needed is in it: an
image that ECR has is not built, an account that runs what is declared is not applied, and what a waiver accepts stays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import audit
from audit.fleet import repository_of
from audit.model import Account
from audit.remedy import images
from audit.remedy.accepted import accepted
from audit.remedy.ascent import Ascent, build_of
from audit.remedy.building import Builds
from audit.remedy.bumps import bump, bumped, dead, edit_steps
from audit.remedy.edit import fingerprint
from audit.remedy.evidence import Witness
from audit.remedy.grammar import valid
from audit.remedy.plan import Plan
from audit.remedy.review import guarded, handing_in
from audit.remedy.roads import Roads
from audit.remedy.steps import ApplyUnit, EditPin, Step
from audit.remedy.units import Apply, Site, apply_step, sites, verify_step
from audit.remedy.waves import waves
from audit.snapshot import sha256
from audit.verdict.pairing import views
from audit.verdict.readiness import machines
from audit.verdict.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.declared.model import DeclaredContainer
    from audit.released.hops import Hop
    from audit.remedy.accepted import Accepted
    from audit.remedy.edit import Edit
    from audit.remedy.plan import Wishes
    from audit.snapshot import Snapshot
    from audit.verdict.pairing import UnitView

LIFETIME = timedelta(hours=24)


def make(snapshot: Snapshot, wishes: Wishes) -> Plan:
    """Make the plan. Raises RefusedError for a value that must not become a part of a command."""
    return _Maker(snapshot, wishes).plan()


class _Maker:
    """One plan on its way."""

    def __init__(self, snapshot: Snapshot, wishes: Wishes) -> None:
        self.snapshot, self.wishes = snapshot, wishes
        self.scope, self.pins = snapshot.declared.scope, snapshot.declared.pins
        self.roads = Roads(way=wishes.way, access=wishes.access)
        fleet = views(snapshot)
        self.sites = tuple(site for site in sites(fleet) if site.stack.unit not in wishes.excluded)
        self.builds, self.witness = self._parts(fleet)
        self.machines = tuple(sorted({name for view in fleet for name in machines(view)}))
        self.texts = dict(wishes.texts)
        self.notes: dict[str, None] = {}
        self.steps: list[Step] = []
        names = [site.view.account for site in self.sites]
        for site in self.sites:
            valid("account", site.stack.declaration.account or "unknown")
        self.waves, self.order_source = waves(snapshot.order, tuple(dict.fromkeys(names)), wishes.waves)

    def _parts(self, fleet: tuple[UnitView, ...]) -> tuple[Builds, Witness]:
        """Find who builds, and who can be asked for images."""
        registry = fleet[0].registry if fleet else Registry(repositories={})
        yard = images.yard(fleet, self.pins)
        accounts = {account.id: account for account in self.snapshot.order.accounts}
        places = {repository_of(row.image) for site in self.sites for row in site.rows}
        owners = sorted({place[0] for place in places if place} & {id_ for id_ in accounts if id_})
        builds = Builds(
            yard=yard,
            unread=any(site.unread for site in self.sites if yard and site.view.key == yard.view.key),
            registry=registry,
            released=self.snapshot.released,
            accounts=accounts,
            roads=self.roads,
        )
        return builds, Witness(registry=registry, ways={owner: self.roads.through(accounts[owner]) for owner in owners})

    def plan(self) -> Plan:
        """Put the parts together."""
        chosen: tuple[Hop, ...] = ()
        if self.wishes.to is not None:
            up = self._ascent(valid("tag", self.wishes.to))
            chosen = up.hops
            self.notes.update(dict.fromkeys(up.notes))
        for number, hop in enumerate(chosen or (None,), 1):
            self._hop(number, hop)
        self.notes.update(dict.fromkeys(self._remarks()))
        actions = [step.action for step in self.steps if step.waits is None]
        edited = {edit.place.file for action in actions if isinstance(action, EditPin) for edit in action.edits}
        applied = {step.account for step in self.steps if isinstance(step.action, ApplyUnit)}
        made, texts = self.wishes.now, self.wishes.texts
        return Plan(
            tool_version=audit.__version__,
            made_at=made,
            expires_at=made + LIFETIME,
            snapshot_sha256=sha256(self.snapshot),
            snapshot_taken_at=self.snapshot.taken_at,
            commit=self.snapshot.declared.commit,
            goal="upgrade" if self.wishes.to else "converge",
            to=self.wishes.to,
            order_source=self.order_source,
            waves=tuple(kept for wave in self.waves if (kept := tuple(name for name in wave if name in applied))),
            hops=chosen,
            steps=tuple(replace(step, number=number) for number, step in enumerate(self.steps, 1)),
            notes=tuple(self.notes),
            files={file: fingerprint(text) for file, text in sorted(texts.items()) if file in edited},
            scrubbed=self.wishes.way.scrubbed,
            machines=self.machines,
        )

    def _ascent(self, to: str) -> Ascent:
        yard = self.builds.yard
        return Ascent(
            releases=self.snapshot.released.releases,
            sites=self.sites,
            own=[site for site in self.sites if yard and site.view.key == yard.view.key],
            able=self.builds.able,
            registry=self.builds.registry,
            to=to,
        )

    def _remarks(self) -> Iterator[str]:
        """Say what of the fleet this plan leaves out."""
        yield from dead(self.sites)
        for unit in sorted(self.wishes.excluded):
            yield f"{unit} is excluded by the waivers: nothing is done there"
        if self.wishes.to and (reason := self._unknown_target(self.wishes.to)):
            yield reason
        if not self.wishes.way.words and len({step.account_id for step in self.steps if step.account_id}) > 1:
            yield "the environment has the credentials of one account: the steps of the others stop before they begin"
        if self.wishes.selection and self.wishes.to:
            note = "literals that it edits may decide for others, and images that only others declare do not move along"
            yield f"this plan is of a part of the fleet ({self.wishes.selection}): {note}"

    def _unknown_target(self, to: str) -> str | None:
        """Say that nobody has seen a release, where that is so."""
        released = self.snapshot.released
        if to in {release.tag for release in released.releases}:
            return None
        known = f"the releases of {released.release_repo} that are known as of {released.as_of}"
        return f"{to} is not among {known}: make sure that it is one"

    def _hop(self, number: int, hop: Hop | None) -> None:
        """Add the steps of one hop: images first, then the edits, then the applies."""
        edits: tuple[Edit, ...] = ()
        before = self.sites
        if hop is not None:
            moved = bump(self.sites, self.pins, hop.to, self.scope)
            self.sites, edits = moved.sites, moved.edits
            self.pins = bumped(self.pins, edits, self.scope)
            self.notes.update(dict.fromkeys(moved.notes))
        waived = {site.stack.unit: accepted(site, self.wishes.waivers) for site in self.sites}
        waiting = [site for site in self.sites if _is_due(site, waived)]
        new = [row for old, site in zip(before, self.sites, strict=True) for row in _moved(old, site)]
        blocked = self._built(number, hop, [*(row for site in waiting for row in site.deployed), *new], waived)
        if edits and hop is not None:
            steps, files = edit_steps(edits, self.texts, to=hop.to, hop=number)
            asked = (*steps, *(handing_in(files, hop.to, number) if files else ()))
            self.steps += guarded(asked, self.witness.images(new))
        by_account: dict[str, list[Site]] = defaultdict(list)
        for site in waiting:
            by_account[site.view.account].append(site)
        for index, wave in enumerate(self.waves, 1):
            for site in (site for name in wave for site in by_account[name]):
                self._apply(site, number, index, waived[site.stack.unit].waits or _lacking(site, blocked))
        self.notes.update((note, None) for one in waived.values() for note in one.notes)
        left = {unit for unit, one in waived.items() if one.whole}
        self.sites = tuple(site if site.unread or site.stack.unit in left else site.applied() for site in self.sites)

    def _built(
        self, number: int, hop: Hop | None, rows: Sequence[DeclaredContainer], waived: Mapping[str, Accepted]
    ) -> dict[str, str]:
        """Add the builds; gives the images that cannot be built, each with the reason."""
        blocked: dict[str, str] = {}
        yard = self.builds.yard
        left = waived.get(yard.stack.unit) if yard else None
        for image in images.needed(rows):
            if images.is_there(self.builds.registry, image):
                continue
            if reason := images.doubt(image, self.snapshot.released):
                blocked[str(image)] = reason
                self.notes[reason] = None
                continue
            by = hop.build if hop and image.tag == hop.to else build_of(self.builds.able, image.tag)
            kept = "; ".join(left.notes) if left and left.whole else None
            step = self.builds.step(image, by, self.pins, hop=number, left=kept)
            self.steps.append(step)
            if step.waits and yard:
                blocked[str(image)] = step.waits
        return blocked

    def _apply(self, site: Site, number: int, wave: int, waits: str | None) -> None:
        account = Account(name=site.view.account, id=site.view.account_id)
        way = Apply(scope=self.scope, source_update=self.wishes.source_update, auto_approve=self.wishes.auto_approve)
        more: dict[str, object] = {"hop": number, "wave": wave, "waits": site.unread or waits}
        if None in (account.id, site.view.region, site.stack.declaration.stack):
            # Nobody could make sure whose credentials these are, or what they are used on.
            step = apply_step(site, way, lambda *argv: argv, **more)
            self.steps.append(replace(step, commands=()))
            return
        through = self.roads.through(account)
        more["identity"] = self.roads.identity(account, site.view.region or "")
        looks = self.witness.of(site, through)
        more["waits"] = more["waits"] or looks.waits
        self.notes.update(dict.fromkeys(looks.notes))
        step = apply_step(site, way, through, guards=looks.guards, evidence=looks.evidence, **more)
        self.steps += (step, verify_step(site, through, **more))


def _is_due(site: Site, waived: Mapping[str, Accepted]) -> bool:
    """Tell whether a unit is to be applied, or waits to be known."""
    return site.unread is not None or (bool(site.differences) and not waived[site.stack.unit].whole)


def _moved(before: Site, after: Site) -> Iterator[DeclaredContainer]:
    """Give the rows that declare another image than before."""
    return (new for old, new in zip(before.rows, after.rows, strict=True) if new.deployed and new.tag != old.tag)


def _lacking(site: Site, blocked: Mapping[str, str]) -> str | None:
    wanted = {f"{row.image}:{row.tag}" for row in site.deployed}
    return next((f"needs {image}: {why}" for image, why in blocked.items() if image in wanted), None)
