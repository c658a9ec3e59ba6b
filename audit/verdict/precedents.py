"""Precedents: what a run knows beside the facts: the waivers, a baseline, and the results of the run before.

The waivers file may lie in the audited repository, by default as ``waivers.yaml`` in the folder that is audited: it is
then read as everything there, never through a link that leads out of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit import snapshot as snapshots
from audit.declared.tree import MAX_BYTES, open_tree
from audit.errors import DeclarationError, UsageError
from audit.verdict import waiver_file
from audit.verdict.digests import Earlier, tag_digests
from audit.verdict.results import Results, load
from audit.verdict.waiver_file import Rules
from audit.verdict.waivers import Waivers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from audit.configuration.config import Settings

FILE_NAME = "waivers.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Precedents:
    """The waivers and exclusions, the baseline and the previous results; None where there are none.

    ``earlier`` is what tags meant then: results have that too, and a snapshot has nothing else to compare with.
    """

    waivers: Waivers = field(default_factory=Waivers)
    baseline: Results | None = None
    previous: Results | None = None
    earlier: Earlier = field(default_factory=Earlier)


def precedents(settings: Settings, today: date, known: Mapping[str, str] | None = None) -> Precedents:
    """Read all that the settings name; UsageError with every fault of the waivers file, or for no results file."""
    previous, earlier = _before(settings.previous) if settings.previous else (None, Earlier())
    return Precedents(
        waivers=waivers(settings, today, known),
        baseline=load(settings.baseline) if settings.baseline else None,
        previous=previous,
        earlier=earlier,
    )


def _before(path: Path) -> tuple[Results | None, Earlier]:
    """Read the results, or the snapshot, of the run before."""
    try:
        results = load(path)
    except UsageError as error:
        try:
            seen = snapshots.load(path)
        except UsageError:
            raise error from None
        return None, Earlier.of(seen.taken_at, tag_digests(seen.running.repositories))
    return results, Earlier.of(results.snapshot_taken_at, results.tags)


def waivers(settings: Settings, today: date, known: Mapping[str, str] | None = None) -> Waivers:
    """Read the waivers file that the settings name, or the one in the audited folder; no file, no waivers."""
    path = place(settings)
    if path is None:
        return Waivers()
    rules = Rules(today=today, max_days=settings.max_waiver_days, known=known)
    return waiver_file.read(text_of(path, settings), name=shown(path, settings), rules=rules)


def place(settings: Settings) -> Path | None:
    """Say where the waivers file is: the one that is named, else the default where there is one."""
    if settings.waivers is not None or settings.infra_live is None:
        return settings.waivers
    found = settings.infra_live / FILE_NAME
    return found if found.exists() or found.is_symlink() else None


def shown(path: Path, settings: Settings) -> str:
    """Name a file as it is known in the audited folder, else as it was given."""
    inside = _inside(path, settings)
    return inside if inside is not None else str(path)


def text_of(path: Path, settings: Settings) -> str:
    """Read a waivers file; one in the audited folder only if it leads nowhere else. UsageError where it can't be."""
    inside = _inside(path, settings)
    if inside is not None and settings.infra_live is not None:
        tree, scope = open_tree(settings.infra_live)
        try:
            return tree.read(f"{scope}/{inside}".lstrip("/"))
        except DeclarationError as error:
            raise UsageError(f"waivers: {error}") from None
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UsageError(f"{path}: larger than the limit of {MAX_BYTES:,} bytes")
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        mend = "; pipelines-audit waivers add begins one" if isinstance(error, FileNotFoundError) else ""
        raise UsageError(f"{path}: cannot be read: {reason}{mend}") from None


def _inside(path: Path, settings: Settings) -> str | None:
    if settings.infra_live is None:
        return None
    try:
        return path.absolute().relative_to(settings.infra_live.absolute()).as_posix()
    except ValueError:
        return None
