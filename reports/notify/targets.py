"""Whom to tell: ``slack=URL``, ``webhook=URL``, ``github-issue=OWNER/REPO``, checked before any work is done.

The address of a webhook is a secret: no message, no repr and no result ever has it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

from audit.errors import UsageError
from audit.released.address import demand_allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.configuration.config import Settings

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/(?!\.{1,2}$)[\w.-]+", re.ASCII)
_KINDS = "slack=URL, webhook=URL or github-issue=OWNER/REPO"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """An address that takes a POST; ``shown`` is what may be said of it."""

    kind: Literal["slack", "webhook"]
    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """Name it without its secret."""
        return f"{self.kind} at {urlsplit(self.url).hostname}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """An issue in a repository; ``api`` is the address of the GitHub API, the only one that gets the token."""

    api: str
    repository: str
    token: str | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """Name it."""
        return f"github-issue in {self.repository}"


Target: TypeAlias = Hook | Issue


def key(target: Target) -> str:
    """Name a target for a file, without its secret."""
    where = target.url if isinstance(target, Hook) else f"{target.api}/{target.repository}"
    kind = target.kind if isinstance(target, Hook) else "github-issue"
    return hashlib.sha256(f"{kind}={where}".encode(errors="backslashreplace")).hexdigest()


def parse(texts: Iterable[str], settings: Settings, environment: Mapping[str, str]) -> tuple[Target, ...]:
    """Read the targets; UsageError, which never quotes an address, for what can't be one."""
    return tuple(dict.fromkeys(_target(text, settings, environment) for text in texts))


def _target(text: str, settings: Settings, environment: Mapping[str, str]) -> Target:
    from audit.released.source import token_of  # noqa: PLC0415 -- start-up: requests, only where somebody is told

    kind, equals, where = text.partition("=")
    if not equals or kind not in ("slack", "webhook", "github-issue"):
        raise UsageError(f"--notify: give it as {_KINDS}")
    if kind == "github-issue":
        if not _REPOSITORY.fullmatch(where):
            raise UsageError(f"--notify github-issue: give the repository as OWNER/REPO; {_KINDS}")
        demand_allowed(settings.github_url, resolve=False, what="--notify github-issue: address of GitHub")
        return Issue(api=settings.github_url.rstrip("/"), repository=where, token=token_of(environment))
    demand_allowed(where, resolve=False, what=f"--notify {kind}: address")
    return Hook(kind="slack" if kind == "slack" else "webhook", url=where)
