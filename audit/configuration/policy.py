"""What the user holds the fleet to: the policy of versions, the limits of checks; plain values with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version as Plain

from audit.model import Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The section ``[policy]``: which tags may be declared, and how far behind the newest release they may be.

    A limit of None is no limit; without any of the three every tag that is behind is a finding. ``allowed`` is a
    specifier of ``packaging`` (``>=0.52,<1.2``). Releases in ``ignore`` and those younger than ``min_age_days`` don't
    count as newer. ``known_bad`` are tags that nobody should run.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    max_releases_behind: int | None = None
    max_touching_behind: int | None = None
    max_days_behind: int | None = None
    allowed: str | None = None
    ignore: tuple[str, ...] = ()
    min_age_days: int = 0
    known_bad: tuple[str, ...] = ("v0.0.0", "v0.57.0")

    def __post_init__(self) -> None:
        _no_negatives(self)
        try:
            SpecifierSet(self.allowed or "")
        except InvalidSpecifier:
            raise ValueError(f"allowed: {self.allowed!r} is no version specifier such as '>=0.52,<1.2'") from None

    def allows(self, tag: str) -> bool | None:
        """Tell whether ``allowed`` has a tag, by its release numbers; None for a tag without an order."""
        version = Version.parse(tag)
        if version is None:
            return None
        numbers = ".".join(str(number) for number in version.release)
        marked = numbers + "rc0" if version.prerelease else numbers
        return SpecifierSet(self.allowed or "").contains(Plain(marked), prereleases=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The section ``[limits]``: from where on a check speaks up.

    Hours that a task may run and a snapshot may be old, days before ECR expires an image in use, and how many critical
    vulnerabilities a running image may have.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    task_hours: int = 6
    snapshot_hours: int = 168
    expiry_days: int = 30
    critical_vulnerabilities: int = 0

    def __post_init__(self) -> None:
        _no_negatives(self)


def _no_negatives(section: Policy | Limits) -> None:
    for field in fields(section):
        value = getattr(section, field.name)
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{field.name}: {value} is less than 0")
