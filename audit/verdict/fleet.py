"""The fleet as a noun for checks: what is only wrong when all units, pins and accounts are looked at together; pure."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from audit.configuration.policy import Limits, Policy
from audit.declared.accounts import NAMES as ACCOUNTS_FILES
from audit.declared.model import Diagnostic, Pin
from audit.errors import UnreadError
from audit.model import Account, Fact, Gap, Version
from audit.running.model.access import Member
from audit.running.model.seen import Observation
from audit.verdict.digests import Earlier
from audit.verdict.pairing import StackView, UnitView
from audit.verdict.releases import Releases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.configuration.config import Settings
    from audit.declared.model import DeclaredContainer
    from audit.snapshot import Snapshot

BUILDER = "docker-image-builder"
RUNNER_CONTAINERS = frozenset({"ami-builder", "terraform-planner", "terraform-applier"})
KANIKO, RUNNER = "kaniko", "deploy-runner"
# Kinds of gaps behind which a unit may stand that nobody knows of.
UNITS = ("declaration", "directory", "module source", "stack")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Fleet:
    """Everything of one look that is nobody's alone: what checks get as ``fleet``.

    ``usual_tags`` is what most containers of an image (deploy-runner or kaniko) declare, ``usual_refs`` what most units
    of a module do; ``stacks`` maps an account's id and a stack's name to the units that declare it. ``is_narrowed``
    tells that the user selected accounts or regions, so that what is missing here may stand elsewhere; ``earlier`` is
    what tags meant at the look before, ``beyond`` what was seen of accounts without a unit, None where nobody asked.
    """

    units: tuple[UnitView, ...]
    accounts: tuple[Account, ...]
    pins: tuple[Pin, ...]
    gaps: tuple[Gap, ...]
    diagnostics: tuple[Diagnostic, ...]
    releases: Releases
    policy: Policy
    limits: Limits
    taken_at: datetime
    judged_at: datetime
    is_narrowed: bool
    usual_tags: Mapping[str | None, str]
    usual_refs: Mapping[str | None, str]
    stacks: Mapping[tuple[str, str], tuple[str, ...]]
    organization: Fact[tuple[Member, ...] | None]
    beyond: tuple[Observation, ...] | None
    earlier: Earlier

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        units: tuple[UnitView, ...],
        *,
        releases: Releases,
        settings: Settings,
        judged_at: datetime,
        earlier: Earlier | None = None,
    ) -> Fleet:
        """Sum a snapshot up, beside what an ``earlier`` look saw."""
        stacks = [stack for unit in units for stack in unit.stacks]
        return cls(
            units=units,
            accounts=snapshot.declared.accounts,
            organization=snapshot.running.organization,
            beyond=snapshot.running.beyond,
            pins=snapshot.declared.pins,
            gaps=snapshot.declared.gaps,
            diagnostics=snapshot.declared.diagnostics,
            releases=releases,
            policy=settings.policy,
            limits=settings.limits,
            taken_at=snapshot.taken_at,
            judged_at=judged_at,
            is_narrowed=any((settings.account, settings.region, settings.exclude_account, settings.exclude_region)),
            usual_tags=_usual((image_of(row.container), row.tag) for stack in stacks for row in stack.deployed),
            usual_refs=_usual((module_of(stack), stack.declaration.module_ref) for stack in stacks),
            stacks=_places(units),
            earlier=earlier or Earlier(),
        )

    def pins_of(self, *kinds: str) -> tuple[Pin, ...]:
        """Give the pins of these kinds.

        Raises UnreadError where there are none, but a file that may hold some could not be read.
        """
        found = tuple(pin for pin in self.pins if pin.kind in kinds)
        if not found:
            unread(self, "pins")
        return found

    def beside(self, pin: Pin, *kinds: str) -> tuple[Pin, ...]:
        """Give the pins of these kinds that stand in the same file."""
        return tuple(one for one in self.pins if one.kind in kinds and one.origin.file == pin.origin.file)

    def common_files(self) -> tuple[str, ...]:
        """Name the files called common.hcl that any container's image or tag comes from, or came from."""
        rows = (row for unit in self.units for stack in unit.stacks for row in stack.declared)
        origins = [origin for row in rows for origin in (row.tag_origin, row.image_origin)]
        shadows = (shadow for unit in self.units for stack in unit.stacks for shadow in stack.shadows)
        origins += [place for shadow in shadows for place in (shadow.dead, shadow.live)]
        files = {origin.file for origin in origins if origin}
        return tuple(sorted(file for file in files if posixpath.basename(file) == "common.hcl"))

    def tags_declared(self) -> Mapping[str, tuple[DeclaredContainer, ...]]:
        """Map each declared tag to the containers that are declared with it, in order of the tags."""
        found: dict[str, list[DeclaredContainer]] = defaultdict(list)
        for unit in self.units:
            for stack in unit.stacks:
                for row in stack.deployed:
                    if row.tag is not None:
                        found[row.tag].append(row)
        return {tag: tuple(rows) for tag, rows in sorted(found.items())}

    def accounts_by_tag(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Map each declared image to its declared tags, and each tag to the accounts that are to run it."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for unit in self.units:
            for stack in unit.stacks:
                for row in stack.deployed:
                    if row.image is not None and row.tag is not None:
                        found[row.image][row.tag].add(unit.account)
        return {
            image: {tag: tuple(sorted(who)) for tag, who in sorted(tags.items())}
            for image, tags in sorted(found.items())
        }


def unread(fleet: Fleet, *what: str) -> None:
    """Raise the UnreadError of the first gap in the repository of one of these kinds, if there is one."""
    for gap in fleet.gaps:
        if gap.what in what:
            raise UnreadError(gap)


def of_accounts_file(diagnostic: Diagnostic) -> bool:
    """Tell whether a diagnostic is about an accounts file."""
    return diagnostic.location is not None and posixpath.basename(diagnostic.location.file) in ACCOUNTS_FILES


def image_of(container: str) -> str | None:
    """Name the image that a standard container runs, None for an additional one."""
    return KANIKO if container == BUILDER else RUNNER if container in RUNNER_CONTAINERS else None


def module_of(stack: StackView) -> str | None:
    """Give the address of a unit's module without its ref."""
    source = stack.declaration.module_source
    return source.partition("?")[0] if source else None


def usual(values: Iterable[str]) -> str | None:
    """Choose what is said most often; of several the highest version, else the last by name."""
    counted = Counter(values)
    most = max(counted.values(), default=0)
    return max((value for value, count in counted.items() if count == most), key=_rank, default=None)


def same_release(one: str, other: str) -> bool:
    """Tell whether two tags name the same release: the same text, or the same numbers where one is a custom build."""
    if one == other:
        return True
    mine, theirs = Version.parse(one), Version.parse(other)
    if mine is None or theirs is None:
        return False
    return (mine.custom or theirs.custom) and mine.release == theirs.release


def _rank(value: str) -> tuple[bool, tuple[int, ...], str]:
    version = Version.parse(value)
    return (version is not None, version.release if version else (), value)


def _usual(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str | None, str]:
    said: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        if name is not None and value is not None:
            said[name].append(value)
    return {name: value for name, values in said.items() if (value := usual(values)) is not None}


def _places(units: tuple[UnitView, ...]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for unit in units:
        for stack in unit.stacks:
            if unit.account_id:
                found[unit.account_id, stack.stack].append(stack.unit)
    return {place: tuple(paths) for place, paths in found.items()}
