"""The facts of whoever did not look: what older snapshots lack, and what nobody asked for."""

from __future__ import annotations

from audit.model import Gap, Seen, Unread


def unasked(what: str) -> Unread:
    """Make the fact of whoever did not look, such as an older snapshot: unknown, neither there nor absent."""
    return Unread(gap=Gap(what=what, code="NotAsked", message=f"{what}: not looked at; look again"))


def unwanted() -> Seen[None]:
    """Make the fact that the user did not ask for."""
    return Seen(value=None)
