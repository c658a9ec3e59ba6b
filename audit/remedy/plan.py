"""The plan as a value: its steps in order with all that was known when it was made, and what the user asks of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.released.hops import Hop
from audit.remedy.steps import EditPin, Step
from audit.remedy.way import Way
from audit.running.access import Access
from audit.verdict.waivers import Waiver

if TYPE_CHECKING:
    from audit.remedy.edit import Edit

SCHEMA_VERSION = 1

Goal: TypeAlias = Literal["converge", "upgrade", "rollback"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be done, in order; ``files`` maps each file that is edited to the SHA-256 of what it held.

    ``waves`` are accounts by name, in the order that ``order_source`` explains; ``notes`` say what stays, and why.
    ``scrubbed`` names the variables that nothing which is started may see, ``machines`` the users and roles that are
    the pipeline's own (``role/NAME``): none of them may carry the plan out.
    """

    schema_version: int = SCHEMA_VERSION
    tool_version: str
    made_at: datetime
    expires_at: datetime
    snapshot_sha256: str
    snapshot_taken_at: datetime
    commit: str | None
    goal: Goal
    to: str | None
    order_source: str
    waves: tuple[tuple[str, ...], ...]
    hops: tuple[Hop, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    files: Mapping[str, str]
    scrubbed: tuple[str, ...]
    machines: tuple[str, ...] = ()

    def edits(self, hop: int) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
        """Give the edits of a hop that can be made by rule, and why the others can't."""
        steps = [step for step in self.steps if step.hop == hop and isinstance(step.action, EditPin)]
        made = [step.action for step in steps if step.waits is None and isinstance(step.action, EditPin)]
        reasons = tuple(step.waits for step in steps if step.waits is not None)
        return tuple(edit for action in made for edit in action.edits), reasons


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the user asks of a plan: a target (None: converge), the way in, how to apply, waves.

    ``texts`` holds the files in which versions stand, by their path from the repository's root; without one an edit is
    planned by its place alone. ``selection`` says to which part of the fleet the snapshot was narrowed, if to any;
    ``excluded`` are the units that waivers take out of it, and what ``waivers`` accept is not applied.
    """

    to: str | None
    way: Way
    access: Access
    now: datetime
    source_update: str = "--source-update"
    auto_approve: bool = False
    waves: tuple[str, ...] = ()
    selection: str = ""
    excluded: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
