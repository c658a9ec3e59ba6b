"""Making the plan: from a snapshot to an ordered tuple of steps; pure.

Without a target it converges: what is declared and does not run is applied. With one it upgrades: hop by hop, for each
hop first the images, then the edits, then the applies, account by account in waves. Only what is needed is in it: an
image that ECR has is not built, an account that runs what is declared is not applied.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import audit
from audit.errors import RefusedError
from audit.model import Account, ImageRef
from audit.released import hops
from audit.remedy import images as images_
from audit.remedy.ascent import NOBODY, Ascent, build_of
from audit.remedy.bumps import bump, bumped, dead, edit_steps
from audit.remedy.edit import fingerprint
from audit.remedy.grammar import valid
from audit.remedy.images import Image, Recipe, build_step, doubt, is_there, needed
from audit.remedy.plan import Plan
from audit.remedy.steps import ApplyUnit, Command, Commit, EditPin, OpenPullRequest, Step
from audit.remedy.units import Apply, Site, apply_step, sites, verify_step
from audit.remedy.waves import waves
from audit.snapshot import sha256
from audit.verdict.fleet import RUNNER
from audit.verdict.pairing import views
from audit.verdict.readiness import machines
from audit.verdict.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from audit.released.hops import Build, Hop, Obstacle
    from audit.remedy.edit import Edit
    from audit.remedy.plan import Wishes
    from audit.snapshot import Snapshot

LIFETIME = timedelta(hours=24)


def make(snapshot: Snapshot, wishes: Wishes) -> Plan:
    """Make the plan. Raises RefusedError for a value that must not become a part of a command."""
    return _Maker(snapshot, wishes).plan()


class _Maker:
    """One plan on its way."""

    def __init__(self, snapshot: Snapshot, wishes: Wishes) -> None:
        self.snapshot, self.wishes = snapshot, wishes
        self.scope, self.pins = snapshot.declared.scope, snapshot.declared.pins
        fleet = views(snapshot)
        self.registry = fleet[0].registry if fleet else Registry(repositories={})
        self.sites = tuple(site for site in sites(fleet) if site.stack.unit not in wishes.excluded)
        self.yard = images_.yard(fleet, self.pins)
        self.able = self.yard.able if self.yard else NOBODY
        self.machines = tuple(sorted({name for view in fleet for name in machines(view)}))
        self.texts = dict(wishes.texts)
        self.notes: dict[str, None] = {}
        self.steps: list[Step] = []
        names = [site.view.account for site in self.sites]
        for site in self.sites:
            valid("account", site.stack.declaration.account or "unknown")
        self.waves, self.order_source = waves(snapshot.order, tuple(dict.fromkeys(names)), wishes.waves)

    def plan(self) -> Plan:
        """Put the parts together."""
        chosen: tuple[Hop, ...] = ()
        if self.wishes.to is not None:
            own = [site for site in self.sites if self.yard and site.view.key == self.yard.view.key]
            up = Ascent(
                releases=self.snapshot.released.releases,
                sites=self.sites,
                own=own,
                able=self.able,
                registry=self.registry,
                to=valid("tag", self.wishes.to),
            )
            chosen = up.hops
            self.notes.update(dict.fromkeys(up.notes))
        for number, hop in enumerate(chosen or (None,), 1):
            self._hop(number, hop)
        self.notes.update(dict.fromkeys(dead(self.sites)))
        for unit in sorted(self.wishes.excluded):
            self.notes[f"{unit} is excluded by the waivers: nothing is done there"] = None
        if self.wishes.selection and self.wishes.to:
            note = "literals that it edits may decide for accounts that are not in it"
            self.notes[f"this plan is of a part of the fleet ({self.wishes.selection}): {note}"] = None
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

    def _hop(self, number: int, hop: Hop | None) -> None:
        """Add the steps of one hop: images first, then the edits, then the applies."""
        edits: tuple[Edit, ...] = ()
        if hop is not None:
            moved = bump(self.sites, self.pins, hop.to, self.scope)
            self.sites, edits = moved.sites, moved.edits
            self.pins = bumped(self.pins, edits, self.scope)
            self.notes.update(dict.fromkeys(moved.notes))
        waiting = [site for site in self.sites if site.unread or site.differences]
        blocked = self._builds(number, hop, waiting)
        if edits and hop is not None:
            steps, files = edit_steps(edits, self.texts, to=hop.to, hop=number)
            self.steps += (*steps, *(_handing_in(files, hop.to, number) if files else ()))
        for index, wave in enumerate(self.waves, 1):
            for name in wave:
                for site in waiting:
                    if site.view.account == name:
                        self._apply(site, number, index, blocked)
        self.sites = tuple(site if site.unread else site.applied() for site in self.sites)

    def _builds(self, number: int, hop: Hop | None, waiting: Sequence[Site]) -> dict[str, str]:
        """Add the builds; gives the images that cannot be built, each with the reason."""
        blocked: dict[str, str] = {}
        for image in needed(row for site in waiting for row in site.deployed):
            if is_there(self.registry, image):
                continue
            reason = doubt(image, self.snapshot.released)
            if reason:
                blocked[str(image)] = reason
                self.notes[reason] = None
            else:
                self.steps.append(self._image(image, number, hop.build if hop else build_of(self.able, image.tag)))
        return blocked

    def _image(self, image: Image, number: int, build: Build) -> Step:
        found = hops.obstacles(self.able, image.tag)
        why = f"{image.tag} is wanted and ECR does not have it"
        if is_there(self.registry, image) is None:
            why = f"{image.tag} is wanted, and whether ECR has it is not known: it is built only if not"
        if build == "local":
            why = f"{why}; the runner cannot build it: {'; '.join(one.reason for one in found)}"
        account = self._builder(image)
        waits = None
        if self.yard is None:
            waits = f"no unit here declares docker-image-builder: {image} is built where one is declared"
        elif doubts := [one.reason for one in found if not one.is_certain and self._lasts(one, build)]:
            waits = (
                f"whether the runner can build {image} is not known: {'; '.join(doubts)}; look again, then plan anew"
            )
        region = (self.yard.view.region if self.yard else None) or (ImageRef.parse(image.name).ecr or ("", ""))[1]
        return build_step(
            image,
            Recipe.of(image.subject or RUNNER, image.tag, self.pins, self.snapshot.released.release_repo),
            by=build,
            region=region,
            through=self._through(account),
            identity=self._identity(account),
            account=account,
            why=why,
            hop=number,
            waits=waits,
        )

    def _lasts(self, obstacle: Obstacle, build: Build) -> bool:
        """Tell whether a doubt is there when an image is built: the hop before gives the runner that builds a kaniko.

        Where local Docker builds, for a reason that is sure, nothing depends on what is doubtful beside it.
        """
        if build == "local":
            return False
        unread = any(site.unread for site in self.sites if self.yard and site.view.key == self.yard.view.key)
        return build == "unknown" or obstacle.what != "kaniko" or unread

    def _builder(self, image: Image) -> Account:
        """Name the account that builds; where none is known, the one whose registry it is."""
        if self.yard and self.yard.view.account_id:
            return Account(name=self.yard.view.account, id=self.yard.view.account_id)
        owner = (ImageRef.parse(image.name).ecr or ("", ""))[0]
        known = {account.id: account for account in self.snapshot.order.accounts}
        return known.get(owner, Account(name=owner, id=owner))

    def _apply(self, site: Site, number: int, wave: int, blocked: Mapping[str, str]) -> None:
        account = Account(name=site.view.account, id=site.view.account_id)
        placed = account.id is not None and site.view.region is not None
        wanted = {f"{row.image}:{row.tag}" for row in site.deployed}
        lacking = next((f"needs {image}: {why}" for image, why in blocked.items() if image in wanted), None)
        way = Apply(scope=self.scope, source_update=self.wishes.source_update, auto_approve=self.wishes.auto_approve)
        more: dict[str, object] = {"hop": number, "wave": wave, "waits": site.unread or lacking}
        if not placed:  # nobody could make sure whose credentials these are
            step = apply_step(site, way, lambda *argv: argv, **more)
            self.steps.append(replace(step, commands=()))
            return
        through, more["identity"] = self._through(account), self._identity(account)
        self.steps += (apply_step(site, way, through, **more), verify_step(site, through, **more))

    def _through(self, account: Account) -> Callable[..., tuple[str, ...]]:
        """Give what puts a command behind the words that lead into an account."""
        way = self.wishes.way
        profile = self.wishes.access.way(account).profile if way.needs_profile else None
        return partial(way.through, profile, account)

    def _identity(self, account: Account) -> Command:
        argv = ("aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text")
        return Command(
            argv=self._through(account)(*argv),
            expect=valid("account id", account.id or ""),
        )


def _handing_in(files: tuple[str, ...], to: str, hop: int) -> tuple[Step, Step]:
    """Make the steps that commit the edits and ask for a review."""
    branch, title = branch_of(to), title_of(to)
    commit = Step(
        number=0,
        title=f"Commit on {branch}",
        why="a change of versions is reviewed like any other",
        action=Commit(branch=branch, message=title, files=files),
        commands=(
            Command(argv=("git", "switch", "--create", branch)),
            Command(argv=("git", "commit", "--message", title, "--", *files)),
        ),
        postcondition=f"{branch} holds the edits and nothing else",
        undo=f"git switch - && git branch -D {branch}",
        hop=hop,
    )
    ask = Step(
        number=0,
        title="Push, open a pull request, and have it merged",
        why="the pipeline leaves its own runner out, so merging alone applies nothing",
        action=OpenPullRequest(branch=branch, title=title),
        commands=(Command(argv=("git", "push", "--set-upstream", "origin", branch)),),
        preconditions=("the images are in ECR: a merged tag without an image breaks the runner",),
        postcondition="the edits are on the default branch, and in the checkout that is applied from",
        undo=f"close the pull request, or revert its merge; git push origin --delete {branch}",
        hop=hop,
    )
    return commit, ask


def branch_of(to: str) -> str:
    """Name the branch for a target; RefusedError where git would take no such name."""
    if ".." in valid("tag", to) or to.endswith((".", ".lock")):
        raise RefusedError(f"{to}: no name for a branch; name another release")
    return f"pipelines-audit/{to}"


def title_of(to: str) -> str:
    """Say what the commit and the pull request for a target do."""
    return f"Move the ECS Deploy Runner to {to}"
