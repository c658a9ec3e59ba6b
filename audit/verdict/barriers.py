"""Which image needs what else to be new enough, and how a build may hand over its token.

Source: the vendor's notes on terraform-aws-ci v0.50.6 and v0.50.12 and its guide to updating, as of November 2026.
From v0.50.12 on the Dockerfiles take the token as a BuildKit secret; the runner's own builder knows that from v0.50.6
on, and the service catalog lets it through from v0.95.0 on.
"""

from __future__ import annotations

from audit.model import Version

SECRETS = (0, 50, 12)
"""The release whose Dockerfiles no longer take the token as a build argument."""

SERVICE_CATALOG = "terraform-aws-service-catalog"

CATALOG_NEEDED: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (((0, 50, 12), (0, 95, 0)),)
"""From which release of the image on which ref of the service catalog is needed."""


def needs_secret(tag: str) -> bool | None:
    """Tell whether a release's images are built with the token as a secret; None for a tag without an order."""
    version = Version.parse(tag)
    return None if version is None else version.release >= SECRETS


def needed_catalog(tag: str) -> str | None:
    """Give the oldest ref of the service catalog that an image of this tag works with; None where any does."""
    version = Version.parse(tag)
    if version is None:
        return None
    needed = [ref for since, ref in CATALOG_NEEDED if version.release >= since]
    return "v" + ".".join(map(str, max(needed))) if needed else None


def is_older(ref: str, than: str) -> bool | None:
    """Tell whether a ref is older than another by their numbers; None where one of them has none."""
    mine, theirs = Version.parse(ref), Version.parse(than)
    return None if mine is None or theirs is None else mine.release < theirs.release
