"""The nouns that every room shares: where a value stands, who an account is, what an image and a version are.

Frozen values without I/O. Absent, unknown and failed are three values: a ``Fact`` is either ``Seen`` (whose value
may be None or empty: it is absent) or ``Unread`` (with the ``Gap`` that says why).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import total_ordering
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

from audit.errors import UnreadError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SeverityName: TypeAlias = Literal["critical", "high", "medium", "low", "info"]


class Severity(IntEnum):
    """How bad a finding is; the order is the order of the words."""

    info = 1
    low = 2
    medium = 3
    high = 4
    critical = 5


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Location:
    """A place in a file: path relative to the scope with ``/``, line and column 1-based, the column in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An AWS account as the repository names it; ``id`` is a 12-digit string, None where no file says it."""

    name: str
    id: str | None
    deploy_order: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountEntry:
    """What the configuration says of one account (``[accounts.NAME]``, by name or id); the rest is as for all.

    An empty text takes away what the options say for all accounts: ``role_arn = ""`` is no role here. ``regions``, if
    it is one, is that of its units whose region can't be read.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid"}

    id: str | None = None
    regions: tuple[str, ...] = ()
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    via: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Something that was expected and could not be read: what, where, by which call, for want of what.

    ``call`` is an API operation (``ecs:ListTaskDefinitionFamilies``), a request (``GET /repos/…``) or a file;
    ``code`` the service's error code; ``permission`` the IAM action that is missing, if that is the cause;
    ``message`` one line for people: what, where, what to do.
    """

    what: str
    message: str
    account: str | None = None
    account_id: str | None = None
    region: str | None = None
    unit: str | None = None
    call: str | None = None
    code: str | None = None
    permission: str | None = None
    location: Location | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen(Generic[T_co]):
    """A fact that was read; a ``value`` of None means: looked, and it is not there."""

    value: T_co
    kind: Literal["seen"] = "seen"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A fact that could not be read."""

    gap: Gap
    kind: Literal["unread"] = "unread"


Fact: TypeAlias = Seen[T] | Unread


def need(fact: Fact[T]) -> T:
    """Give the value of a fact.

    Raises UnreadError with the fact's gap where it could not be read, so that no check can pass on it.
    """
    match fact:
        case Seen(value=value):
            return value
        case Unread(gap=gap):
            raise UnreadError(gap)


_ECR = re.compile(r"(?P<id>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """A container image reference, split: ``registry/repository:tag@digest``; each of the last two may be missing."""

    repository: str
    registry: str | None = None
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """Split a reference as Docker does: the first part is a registry if it has a dot, a colon or is localhost."""
        rest, _, digest = text.partition("@")
        head, slash, tail = rest.rpartition("/")
        name, _, tag = tail.partition(":")
        path = f"{head}{slash}{name}"
        first, slash, remainder = path.partition("/")
        is_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
        return cls(
            repository=remainder if is_registry else path,
            registry=first if is_registry else None,
            tag=tag or None,
            digest=digest or None,
        )

    @property
    def name(self) -> str:
        """``registry/repository`` without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def ecr(self) -> tuple[str, str] | None:
        """Account id and region of the private ECR registry it lives in, None if it lives elsewhere."""
        found = _ECR.fullmatch(self.registry or "")
        return (found["id"], found["region"]) if found else None

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


_VERSION = re.compile(
    r"(?P<prefix>(?:[A-Za-z][A-Za-z0-9._]*-)*)"
    r"(?:v(?P<v>\d+(?:\.\d+){0,3})|(?P<plain>\d+(?:\.\d+){1,3}))"
    r"(?P<suffix>[-+._][0-9A-Za-z.+_-]+)?"
)
_PRERELEASE = re.compile(r"-(?:rc|alpha|beta|pre|dev|snapshot)(?:[.-]?\d.*)?", re.IGNORECASE)


@total_ordering
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Version:
    """A version tag, split into prefix, release numbers and suffix, with a total order over whatever parses.

    ``deploy-runner-v1`` has a prefix, ``v0.107.5-gwrc`` a suffix, ``v0.38.10.1`` four numbers: the last two are
    *custom* builds. Pre-releases come before their release, custom builds after it.
    """

    tag: str
    release: tuple[int, ...]
    prefix: str = ""
    suffix: str = ""
    key: tuple[tuple[int, ...], int, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        padded = self.release + (0,) * (4 - len(self.release))
        rank = 1 if not self.suffix else 0 if self.prerelease else 2
        object.__setattr__(self, "key", (padded, rank, self.suffix, self.prefix))

    @classmethod
    def parse(cls, tag: str) -> Version | None:
        """Read a tag; None for what has no order (``latest``, a commit, a digest)."""
        found = _VERSION.fullmatch(tag) if len(tag) <= 128 else None
        if found is None:
            return None
        numbers = tuple(int(part) for part in (found["v"] or found["plain"]).split("."))
        return cls(tag=tag, release=numbers, prefix=found["prefix"], suffix=found["suffix"] or "")

    @property
    def prerelease(self) -> bool:
        """Whether the suffix marks a version before its release."""
        return bool(_PRERELEASE.fullmatch(self.suffix))

    @property
    def custom(self) -> bool:
        """Whether it is somebody's own build: a suffix that is no pre-release, a prefix, or four numbers."""
        return bool(self.suffix and not self.prerelease) or bool(self.prefix) or len(self.release) > 3

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)
