"""The nouns of ECR: repositories, their tags, and what scans found in images; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from audit.model import Fact, Seen
from audit.running.model.facts import unasked
from audit.running.model.requests import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformImage:
    """One of the images that an index (a multi-platform image) points to."""

    digest: str
    platform: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """The summary of an image's vulnerability scan; ``counts`` maps a severity to how many."""

    status: str
    completed_at: datetime | None
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Vulnerable:
    """A running image that has critical vulnerabilities, and the ids of those that could be listed."""

    digest: str
    ids: tuple[str, ...]


def unlisted() -> Seen[tuple[Vulnerable, ...]]:
    """Make the fact of whoever listed no vulnerabilities, as older snapshots: the counts stand with the tags."""
    return Seen(value=())


@dataclass(frozen=True, kw_only=True, slots=True)
class TagImage:
    """A tag in ECR; ``digest`` None means: asked for, and not there. Sizes in bytes, compressed.

    ``images`` is what an index points to, empty for an image of one platform: a task that pulled the tag can show
    the digest of any of them. ``scan`` is None where there was none.
    """

    tag: str
    digest: str | None
    pushed_at: datetime | None = None
    size_bytes: int | None = None
    media_type: str | None = None
    last_pulled_at: datetime | None = None
    images: tuple[PlatformImage, ...] = ()
    scan: Scan | None = None

    @property
    def critical(self) -> int | None:
        """How many critical vulnerabilities the scan found; None where none was made, or it is not done.

        ECR can't scan every image: one that it does not support is none that failed.
        """
        done = self.scan is not None and self.scan.status in {"COMPLETE", "ACTIVE"}
        return dict(self.scan.counts).get("CRITICAL", 0) if self.scan and done else None

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of an index, such as ``linux/amd64``, in order; empty for an image of one platform.

        Variants don't count, nor do the attestations that builders put beside the images.
        """
        named = {"/".join(image.platform.split("/")[:2]) for image in self.images if image.platform}
        return tuple(sorted(named - {"unknown/unknown"}))


@dataclass(frozen=True, kw_only=True, slots=True)
class RepositorySettings:
    """How a repository is set up, from ``ecr:DescribeRepositories``.

    ``exclusions`` are the patterns of tags that ``tag_mutability`` does not hold for (``…_WITH_EXCLUSION``); None where
    nobody looked, as in the snapshots of earlier releases.
    """

    arn: str
    tag_mutability: str | None
    scan_on_push: bool | None
    encryption: str | None
    kms_key: str | None
    created_at: datetime | None
    exclusions: tuple[str, ...] | None = None

    @property
    def has_exclusions(self) -> bool:
        """Whether it depends on a tag's name if it can be moved."""
        return (self.tag_mutability or "").endswith("_WITH_EXCLUSION")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """One ECR repository; ``tags`` holds each tag that was asked for, None if there is no such repository.

    ``lifecycle`` and ``policy`` are the JSON texts of its policies, None where it has none. ``vulnerable`` names what
    is critical in running images; how much there is stands with each tag. ``calls`` leaves out who is calling: that is
    asked where it isn't known already; ``requests`` are all of them, in order.
    """

    registry_id: str
    region: str
    name: str
    tags: Fact[tuple[TagImage, ...] | None]
    calls: int
    settings: Fact[RepositorySettings | None] = field(default_factory=partial(unasked, "repository settings"))
    lifecycle: Fact[str | None] = field(default_factory=partial(unasked, "lifecycle policy"))
    policy: Fact[str | None] = field(default_factory=partial(unasked, "repository policy"))
    vulnerable: Fact[tuple[Vulnerable, ...]] = field(default_factory=unlisted)
    requests: tuple[Request, ...] = field(default=(), compare=False)
