"""Building: the steps that put images into ECR, by the runner or by local Docker, and what they wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.fleet import repository_of
from audit.model import Account
from audit.released import hops
from audit.released.model import Released
from audit.remedy.ascent import MENDS, NOBODY
from audit.remedy.evidence import DEFAULT_STACK
from audit.remedy.images import Recipe, Yard, build_step, is_there
from audit.remedy.roads import Roads
from audit.verdict.fleet import RUNNER
from audit.verdict.registry import Registry

if TYPE_CHECKING:
    from audit.declared.model import Pin
    from audit.released.hops import Build, Builder, Obstacle
    from audit.remedy.images import Image
    from audit.remedy.steps import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Builds:
    """Where and by what images are built; ``unread`` tells that what runs at the yard is not known."""

    yard: Yard | None
    unread: bool
    registry: Registry
    released: Released
    accounts: Mapping[str | None, Account]
    roads: Roads

    @property
    def able(self) -> Builder:
        """What the runner that builds is able to."""
        return self.yard.able if self.yard else NOBODY

    def step(self, image: Image, by: Build, pins: Sequence[Pin], *, hop: int, left: str | None) -> Step:
        """Make the step for an image; ``left`` says why the runner that builds is left as it is, if it is."""
        found = hops.obstacles(self.able, image.tag)
        why = f"{image.tag} is wanted and ECR does not have it"
        if is_there(self.registry, image) is None:
            why = f"{image.tag} is wanted, and whether ECR has it is not known: it is built only if not"
        if by == "local":
            why = f"{why}; the runner cannot build it: {'; '.join(one.reason for one in found)}"
        account = self._account(image)
        place = repository_of(image.name) or ("", "", "")
        region = (self.yard.view.region if self.yard else None) or place[1]
        return build_step(
            image,
            Recipe.of(image.subject or RUNNER, image.tag, pins, self.released.release_repo),
            by=by,
            region=region,
            stack=(self.yard.stack.declaration.stack if self.yard else None) or DEFAULT_STACK,
            through=self.roads.through(account),
            identity=self.roads.identity(account, region),
            account=account,
            why=why,
            hop=hop,
            waits=self._waits(image, found, by, hop, left),
        )

    def _waits(self, image: Image, found: Sequence[Obstacle], by: Build, hop: int, left: str | None) -> str | None:
        """Say what has to be found out or done before an image can be built; None where nothing has."""
        if self.yard is None:
            return f"no unit here declares docker-image-builder: {image} is built where one is declared"
        if by == "local":  # for a reason that is sure: nothing depends on what is doubtful beside it
            return None
        if doubts := [one.reason for one in found if not one.is_certain and self._lasts(one, by)]:
            return f"whether the runner can build {image} is not known: {'; '.join(doubts)}; look again, then plan anew"
        if hop > 1 and left:
            return f"the runner that builds {image} is left as it is: {left}"
        # The hop before mends the kaniko image alone: the module's ref is not moved by a plan.
        stuck = [f"{one.reason}: {MENDS[one.what]}" for one in found if one.is_certain and one.what == "catalog"]
        return f"the runner cannot build {image}: {'; '.join(stuck)}, apply that, then plan anew" if stuck else None

    def _lasts(self, obstacle: Obstacle, by: Build) -> bool:
        """Tell whether a doubt stays until the image is built: the hop before gives the runner that builds a kaniko."""
        return by == "unknown" or obstacle.what != "kaniko" or self.unread

    def _account(self, image: Image) -> Account:
        """Name the account that builds; where none is known, the one whose registry it is."""
        if self.yard and self.yard.view.account_id:
            return Account(name=self.yard.view.account, id=self.yard.view.account_id)
        owner = (repository_of(image.name) or ("", "", ""))[0]
        return self.accounts.get(owner) or Account(name=owner, id=owner)
