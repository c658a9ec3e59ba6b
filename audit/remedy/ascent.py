"""The ascent: which hops a fleet makes to a release, from where, and what to mind on the way; pure.

The way begins at what the runner that builds runs: only its own age decides where a stop is needed. Accounts that are
farther behind cross their barriers in the first hop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.model import ImageRef, Version
from audit.released import hops
from audit.released.hops import Builder, Hop
from audit.released.model import Release
from audit.remedy.images import Image, is_there
from audit.remedy.units import Site
from audit.verdict.fleet import RUNNER, image_of
from audit.verdict.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.released.hops import Barrier, Build, Obstacle, Route

NOBODY = Builder(kaniko="", catalog_ref=None, env_secret=True)
"""What can be built where no runner that builds is declared."""

_ABLE = Builder(kaniko=hops.SECRETS, catalog_ref=hops.CATALOG, env_secret=True)
_OF_THE_MODULE = ("invoker", "network", "platform", "provider")
"""The kinds of barriers that are crossed when the module's ref moves, not the images."""

MENDS = {
    "catalog": f"move the module's ref to {hops.CATALOG} of the service catalog or newer",
    "env-secret": "have the build scripts pass --env-secret 'github-token=GITHUB_OAUTH_TOKEN'",
}
"""What has to change, beside the images, before a runner can build by itself: no step of a plan does that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ascent:
    """The way of a fleet to ``to``; ``own`` are the sites of the runner that builds, which is ``able`` to so much."""

    releases: Sequence[Release]
    sites: Sequence[Site]
    own: Sequence[Site]
    able: Builder
    registry: Registry
    to: str

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops; a single one where the images are built already, or nobody stands before the target."""
        behind, route = self._behind(), self._route(self.start, self.to)
        if route is None or not route.hops:
            return (Hop(start=self.start, to=self.to, build=build_of(self._able, self.to), barriers=behind),)
        if len(route.hops) > 1 and self._is_built():
            crossed = tuple(one for one in route.barriers if one.kind != "bootstrap")
            return (Hop(start=self.start, to=self.to, build="inside", barriers=(*behind, *crossed)),)
        first, *others = route.hops
        return (replace(first, barriers=(*behind, *first.barriers)), *others)

    @property
    def notes(self) -> Iterator[str]:
        """What to mind: releases to be read, and what has to change before the second hop."""
        route = self._route(self.start, self.to)
        if route is not None and route.review:
            yield f"say nothing of compatibility, though a number before the last changed: {', '.join(route.review)}"
        found = {one.release: one.kind for hop in self.hops for one in hop.barriers if one.kind in _OF_THE_MODULE}
        if found:
            listed = ", ".join(f"{release} ({kind})" for release, kind in found.items())
            yield f"what these ask for comes with the module, whose ref a plan does not move: {listed}"
        if len(self.hops) > 1:
            yield from _before_inside(hops.obstacles(self._able, self.to))

    @property
    def start(self) -> str:
        """Where the way begins: at what the runner that builds runs, else at the oldest tag of the fleet."""
        found = _oldest(self.own) or _oldest(self.sites)
        return found.tag if found else self.to

    def _behind(self) -> tuple[Barrier, ...]:
        """Give the barriers before the start that only accounts cross which are farther behind."""
        oldest, here = _oldest(self.sites), Version.parse(self.start)
        if oldest is None or here is None or oldest >= here:
            return ()
        route = hops.route(self.releases, oldest.tag, self.start, _ABLE)
        return route.barriers if route else ()

    @property
    def _able(self) -> Builder:
        """What the runner that builds is able to: where it is not of this fleet, nothing here makes a stop for it."""
        return self.able if self.own else _ABLE

    def _route(self, start: str, to: str) -> Route | None:
        return hops.route(self.releases, start, to, self._able)

    def _is_built(self) -> bool:
        """Tell whether ECR has every image of the runner at the target."""
        rows = (row for site in self.sites for row in site.deployed if image_of(row.container))
        names = {row.image for row in rows if row.image}
        return all(is_there(self.registry, Image(name=name, tag=self.to, subject=None)) for name in names)


def build_of(able: Builder, tag: str) -> Build:
    """Tell how an image is built by who is able to so much."""
    found = hops.obstacles(able, tag)
    return "inside" if not found else "local" if any(one.is_certain for one in found) else "unknown"


def _before_inside(obstacles: Sequence[Obstacle]) -> Iterator[str]:
    """Say what, beside the images of the first hop, has to change before the runner can build the next by itself."""
    for one in obstacles:
        if one.what in MENDS:
            yield f"before the second hop builds from inside: {one.reason}: {MENDS[one.what]}"


def _oldest(group: Sequence[Site]) -> Version | None:
    """Give the oldest tag of the deploy-runner image that runs somewhere, else of those that are declared."""
    running = [(name, text) for site in group for name, text in site.running.items()]
    tags = [ImageRef.parse(text).tag for name, text in running if text and image_of(name) == RUNNER]
    declared = [row.tag for site in group for row in site.deployed if image_of(row.container) == RUNNER]
    for found in (tags, declared):
        versions = [version for tag in found if tag and (version := Version.parse(tag))]
        if versions:
            return min(versions)
    return None
