"""Hops: the ordered way from a running tag to another release, with what stands in the way and why. Pure.

The images of a release are built by the runner itself, from inside, so a hop is a release that has to be built,
declared and applied before a newer one can be. Only one release makes a stop of its own: v0.50.12, from which on
builds take BuildKit secrets. Everything else on the way is a barrier of the hop that crosses it: no stop, but work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.model import Version
from audit.released.policy import MODULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audit.released.model import Release

Kind: TypeAlias = Literal["bootstrap", "breaking", "iam", "network", "provider", "platform", "tools", "invoker"]
Build: TypeAlias = Literal["inside", "local", "unknown"]
Lack: TypeAlias = Literal["kaniko", "catalog", "env-secret"]

SECRETS = "v0.50.12"
"""From here on the images are built with BuildKit secrets, which an older runner cannot pass."""
KANIKO = "v0.50.6"
CATALOG = "v0.95.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Barrier:
    """A release on the way that asks for more than a build and an apply: which kind of work, and why."""

    release: str
    kind: Kind
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """What builds the images now: the running kaniko image, the module's ref, whether builds pass ``--env-secret``.

    None where that is not known; an empty text where there is none.
    """

    kaniko: str | None
    catalog_ref: str | None
    env_secret: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """Why the builder cannot build from inside; ``is_certain`` is false where only nobody knows whether it can."""

    what: Lack
    reason: str
    is_certain: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One build, bump and apply: ``build`` says whether the runner itself can build, or local Docker has to."""

    start: str
    to: str
    build: Build
    barriers: tuple[Barrier, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """The hops from ``start`` to ``to``, none where that is no way up; ``review`` bump minor or major without a word.

    ``is_custom``: the start is somebody's own build, taken for the release that its numbers name.
    """

    start: str
    to: str
    hops: tuple[Hop, ...]
    review: tuple[str, ...] = ()
    is_custom: bool = False

    @property
    def barriers(self) -> tuple[Barrier, ...]:
        """All barriers, in the order in which they are met."""
        return tuple(barrier for hop in self.hops for barrier in hop.barriers)


_LANDMARKS: tuple[tuple[str, Kind, str], ...] = (
    ("v0.42.0", "iam", "the runner gets managed policies, and its image no longer runs as root"),
    ("v0.45.0", "network", "the security group is created anew: rules elsewhere that name the old one must follow"),
    ("v0.48.0", "provider", "needs the AWS provider 3.75.1 or newer"),
    ("v0.50.0", "platform", "tasks run on Fargate platform 1.4.0"),
    (SECRETS, "breaking", "images are built with BuildKit secrets: builds must pass --env-secret"),
    ("v0.51.2", "breaking", "GitHub's SSH host key changed: images older than this cannot clone over SSH"),
    ("v0.51.4", "tools", "terragrunt versions are switched by tgswitch"),
    ("v0.55.0", "tools", "mise replaces tfenv and tgswitch: how tool versions are pinned changes"),
    ("v0.56.0", "invoker", "the invoker runs on Python 3.12"),
    ("v1.0.0", "provider", "moves to OpenTofu, with other provider requirements"),
    ("v1.1.0", "provider", "needs the AWS provider v6 (v1.1.0 to v1.2.0)"),
)

LANDMARKS: tuple[Barrier, ...] = tuple(
    Barrier(release=release, kind=kind, reason=reason) for release, kind, reason in _LANDMARKS
)
"""What is known of releases beyond their notes; v0.50.12 is a stop where the builder is too old, else a barrier."""


def route(releases: Sequence[Release], start: str, to: str, builder: Builder, module: str = MODULE) -> Route | None:
    """Give the way from one tag to another; None where one of them has no order (``latest``, a digest)."""
    here, there = Version.parse(start), Version.parse(to)
    if here is None or there is None:
        return None
    hops = tuple(_hops(releases, here, there, builder, module)) if here < there else ()
    review = _between(_unmarked(releases, module), here, there)
    return Route(start=start, to=to, hops=hops, review=tuple(review), is_custom=here.custom)


def obstacles(builder: Builder, to: str) -> tuple[Obstacle, ...]:
    """Say what keeps the builder from building ``to`` from inside; nothing does below v0.50.12."""
    there = Version.parse(to)
    if there is None or there < _version(SECRETS):
        return ()
    return tuple(_obstacles(builder))


def _obstacles(builder: Builder) -> Iterator[Obstacle]:
    parts: tuple[tuple[Lack, str, str | None, str], ...] = (
        ("kaniko", "the running kaniko image", builder.kaniko, KANIKO),
        ("catalog", "the module ref of the runner that builds", builder.catalog_ref, CATALOG),
    )
    for what, noun, found, least in parts:
        version = Version.parse(found or "")
        if version is None:
            yield Obstacle(what=what, is_certain=False, reason=f"{noun} is {found or 'unknown'}, {least} is needed")
        elif version < _version(least):
            yield Obstacle(what=what, is_certain=True, reason=f"{noun} is {found}, older than {least}")
    if not builder.env_secret:
        words = "the build does not pass --env-secret" if builder.env_secret is False else "whether builds pass"
        reason = words if builder.env_secret is False else f"{words} --env-secret is unknown"
        yield Obstacle(what="env-secret", is_certain=builder.env_secret is False, reason=reason)


def _hops(releases: Sequence[Release], here: Version, there: Version, builder: Builder, module: str) -> Iterator[Hop]:
    found = obstacles(builder, there.tag)
    barriers = _barriers(tuple(releases), module)
    if not found:
        yield _hop(barriers, here, there, "inside")
        return
    build: Build = "local" if any(obstacle.is_certain for obstacle in found) else "unknown"
    # A runner beyond the barrier with a kaniko image before it: that image of the runner's own release will do.
    stop = max(here, _version(SECRETS))
    what = "both images" if stop.tag == SECRETS else f"the kaniko image of {stop.tag}"
    bootstrap = Barrier(
        release=stop.tag,
        kind="bootstrap",
        reason=f"{what} must be built with local Docker (BuildKit 18.09 or newer, --platform linux/amd64), "
        "pushed and applied: " + "; ".join(obstacle.reason for obstacle in found),
    )
    crossed = [barrier for barrier in barriers if barrier.release != SECRETS]
    first = _hop(crossed, here, stop, build)
    yield Hop(start=here.tag, to=stop.tag, build=build, barriers=(*first.barriers, bootstrap))
    if stop < there:
        yield _hop(crossed, stop, there, "inside")


def _hop(barriers: Iterable[Barrier], here: Version, there: Version, build: Build) -> Hop:
    crossed = tuple(barrier for barrier in barriers if here < _version(barrier.release) <= there)
    return Hop(start=here.tag, to=there.tag, build=build, barriers=crossed)


@lru_cache(maxsize=4)
def _barriers(releases: tuple[Release, ...], module: str) -> tuple[Barrier, ...]:
    """Join the landmarks with what the releases themselves mark as breaking for the module, in order.

    The same for every unit of a fleet.
    """
    known = {barrier.release for barrier in LANDMARKS if barrier.kind == "breaking"}
    marked = (
        Barrier(release=release.tag, kind="breaking", reason="marked backward incompatible in its release notes")
        for release in releases
        if release.backward_incompatible and _touches(release, module) and release.tag not in known
    )
    ordered = [barrier for barrier in (*LANDMARKS, *marked) if Version.parse(barrier.release)]
    return tuple(sorted(ordered, key=lambda barrier: _version(barrier.release)))


def _unmarked(releases: Sequence[Release], module: str) -> Iterator[str]:
    return (r.tag for r in releases if r.backward_incompatible is None and _touches(r, module))


def _between(tags: Iterable[str], here: Version, there: Version) -> Iterator[str]:
    return (tag for tag in tags if (version := _parsed(tag)) and here < version <= there)


def _touches(release: Release, module: str) -> bool:
    return module in release.modules_affected or not release.modules_affected


@lru_cache(maxsize=1024)
def _parsed(tag: str) -> Version | None:
    return Version.parse(tag)


def _version(tag: str) -> Version:
    version = _parsed(tag)
    if version is None:
        raise ValueError(f"{tag} is no version")
    return version
