"""What a list of releases says about a tag: its order, how far it is behind, and whether that can be known. Pure.

A tag is judged by what the list knows: behind something newer is *behind*, also by an old list. That a tag is the
newest can only be said by a list that is young enough; a tag beyond the list says that the list is old. v0.0.0 is
published, but not for use: it is never the newest and counts nowhere.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from audit.model import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from audit.released.model import Release, Released

MODULE = "ecs-deploy-runner"
UNUSABLE = frozenset({"v0.0.0"})

Standing: TypeAlias = Literal["behind", "level", "unknown", "custom"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lag:
    """How far a tag is behind the newest release.

    ``touching`` releases list the module in their notes, ``unlisted`` list no module at all and may touch it too;
    ``days`` lie between the two publications; ``breaking`` are the tags on the way that are marked incompatible and
    touch the module or list none, ``review`` those that bump minor or major without a word about it.
    """

    newest: str
    module: str
    releases: int
    touching: int
    unlisted: int
    days: int
    breaking: tuple[str, ...]
    review: tuple[str, ...]

    def __str__(self) -> str:
        count = f"{self.releases} release{'' if self.releases == 1 else 's'}"
        touching = f"{self.touching} of them touch{'es' if self.touching == 1 else ''} {self.module}"
        unlisted = f", {self.unlisted} list no modules" if self.unlisted else ""
        return f"{count} and {self.days} days behind {self.newest} ({touching}{unlisted})"


def order(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Put releases in ascending order of version; those whose tag is no version come first, by name."""
    return tuple(sorted(releases, key=_key))


def lag(released: Released, tag: str, module: str = MODULE) -> Lag | None:
    """Count what was published above ``tag``, whether it is published itself or not.

    None where the tag is no version or nothing is above it. ``days`` of a tag that isn't in the list count from the
    nearest release below it.
    """
    below, above = _split(released, tag)
    if not above:
        return None
    start = below[-1] if below else above[0]
    touching = sum(module in release.modules_affected for release in above)
    relevant = [release for release in above if module in release.modules_affected or not release.modules_affected]
    return Lag(
        newest=above[-1].tag,
        module=module,
        releases=len(above),
        touching=touching,
        unlisted=len(relevant) - touching,
        days=max((above[-1].published - start.published).days, 0),
        breaking=tuple(release.tag for release in relevant if release.backward_incompatible),
        review=tuple(release.tag for release in relevant if release.backward_incompatible is None),
    )


def standing(released: Released, tag: str, today: date, max_age_days: int) -> Standing:
    """Tell what the list proves about a tag.

    ``behind``: something newer is published. ``level``: it is the newest of a list that is at most ``max_age_days``
    old. ``custom``: somebody's own build (a fork's suffix, four numbers, a prefix) that this list doesn't have, so that
    its numbers say nothing. ``unknown``: all else.
    """
    version = _version(tag)
    if version is None:
        return "unknown"
    if version.custom and not any(release.tag == tag for release in released.releases):
        return "custom"
    below, above = _split(released, tag)
    if above:
        return "behind"
    is_newest = bool(below) and _version(below[-1].tag) == version
    is_young = (today - released.as_of).days <= max_age_days
    return "level" if is_newest and is_young else "unknown"


def _split(released: Released, tag: str) -> tuple[Sequence[Release], Sequence[Release]]:
    """Give the releases up to a tag and those above it, without what is no version or not for use."""
    version = _version(tag)
    if version is None:
        return (), ()
    releases = released.releases
    first = bisect_left(releases, True, key=lambda release: _version(release.tag) is not None)
    if first < len(releases) and releases[first].tag in UNUSABLE:
        first += 1
    at = bisect_right(releases, version, lo=first, key=lambda release: cast("Version", _version(release.tag)))
    return releases[first:at], releases[at:]


@lru_cache(maxsize=4096)
def _version(tag: str) -> Version | None:
    """Read a tag; a fleet has few, and asks for them again and again."""
    return Version.parse(tag)


def _key(release: Release) -> tuple[bool, Version | str]:
    version = _version(release.tag)
    return (True, version) if version is not None else (False, release.tag)
