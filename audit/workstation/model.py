"""The nouns of the workstation: tools with their versions, the state of the checkout, what the environment says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.model import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A program by name: its absolute ``path`` (None: not on PATH), and the version that it says itself.

    ``inside`` is a program of that name on PATH that lies in the audited repository: it is never started. A version of
    None means that there is no such tool.
    """

    name: str
    path: str | None
    version: Fact[str | None]
    inside: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """The git state of the repository, from what is there and was fetched; nothing is asked of the network.

    ``branch`` is None on a detached HEAD; ``changed`` are paths that differ from the last commit, or are not in it.
    ``behind`` and ``ahead`` count commits against the default branch of the remote, as of ``fetched_at``.
    """

    branch: str | None
    default: Fact[str]
    changed: Fact[tuple[str, ...]]
    behind: Fact[int]
    ahead: Fact[int]
    fetched_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the environment says, without any value that is secret.

    ``expires_at`` is when the credentials of the environment end: None where it doesn't say so.
    """

    region: str | None
    has_github_token: bool
    has_session_token: bool
    vault: str | None
    expires_at: Fact[datetime | None]
    is_ecs_task: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Workstation:
    """All of it; a checkout of None means that the folder is in no git repository."""

    tools: tuple[Tool, ...]
    checkout: Fact[Checkout | None]
    surroundings: Surroundings

    def tool(self, name: str) -> Tool | None:
        """Give a tool by its name; None where nobody looked for it."""
        return next((tool for tool in self.tools if tool.name == name), None)
