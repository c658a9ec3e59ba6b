"""The nouns of what is newest: releases of terraform-aws-ci (or a fork), and where the list came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One published release, by its tag (never its title).

    ``backward_incompatible`` is None for a minor or major bump without a marker: somebody has to review it.
    ``modules_affected`` is empty where the notes list none.
    """

    tag: str
    published: date
    backward_incompatible: bool | None
    modules_affected: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """The releases in ascending order of version, and where they came from.

    ``as_of`` is the date up to which the list is known to be true; ``fallback_reason`` says in one line why GitHub
    was not the source although it was asked; ``release_repo`` is ``owner/name``.
    """

    kind: Literal["github", "file", "bundled"]
    where: str
    release_repo: str
    as_of: date
    releases: tuple[Release, ...]
    fallback_reason: str | None = None

    @property
    def newest(self) -> str | None:
        """The tag of the highest version, None for an empty list."""
        return self.releases[-1].tag if self.releases else None
