"""One world for each check and outcome: the nouns that a check gets, by hand."""

from __future__ import annotations

from tests.checks.worlds import declared, running, stored, upgrade
from tests.checks.worlds.made import NEVER, World

__all__ = ["NEVER", "WORLDS", "World"]

WORLDS: dict[str, World] = {**declared.WORLDS, **running.WORLDS, **stored.WORLDS, **upgrade.WORLDS}
