"""One look: declared, running and released, once, into a Snapshot.

The only place where the three meet before they are frozen. ``Progress`` is told what goes on; nothing is printed here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import audit
from audit import fleet, roster
from audit.declared.history import read_history
from audit.declared.model import Dated
from audit.declared.tree import open_tree
from audit.declared.units import read as read_declared
from audit.errors import UsageError
from audit.exclusions import without
from audit.model import Seen
from audit.released.read import read as read_released
from audit.running.model import Running
from audit.running.observe import observe, registries, secrets
from audit.running.organization import organization
from audit.running.session import Session
from audit.running.tally import calls_by_account
from audit.snapshot import Snapshot, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.config import Settings
    from audit.declared.model import Declared
    from audit.exclusions import Exclusion
    from audit.fleet import Order
    from audit.model import Fact, Gap
    from audit.released.model import Released
    from audit.running.model import Member, Target


class Progress(Protocol):
    """What a look tells about itself: a stage begins with ``total`` pieces (None: not known), pieces end."""

    def begin(self, stage: str, total: int | None) -> None:
        """Start a stage."""

    def advance(self, what: str) -> None:
        """Count one piece as done."""


class Silence:
    """A Progress that says nothing."""

    def begin(self, stage: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, what: str) -> None:
        """Say nothing."""


def seen(
    settings: Settings,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    *,
    exclusions: tuple[Exclusion, ...] = (),
) -> Snapshot:
    """Read the snapshot that the settings name, narrowed to what is selected; without one, look."""
    if settings.snapshot is None:
        return look(settings, environment, progress, exclusions=exclusions)
    found = load(settings.snapshot)
    return replace(found, declared=fleet.select(found.declared, settings))


def look(
    settings: Settings,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    *,
    exclusions: tuple[Exclusion, ...] = (),
) -> Snapshot:
    """Look at everything once, but for what is excluded: of that only the declaration is in the snapshot.

    Raises UsageError or NothingSelectedError where there is nothing to look at; whatever could not be read is a gap in
    the snapshot.
    """
    progress = progress or Silence()
    progress.begin("declared", None)
    wanted = declared(settings)
    progress.begin("released", None)
    newest = released(settings, environment)
    order = fleet.deploy_order(wanted.accounts)
    there, gaps = running(settings, without(wanted, exclusions), order, newest.newest, progress)
    return Snapshot(
        taken_at=datetime.now(UTC).replace(microsecond=0),
        tool_version=audit.__version__,
        caller=_caller(there),
        declared=wanted,
        running=there,
        released=newest,
        order=order,
        gaps=gaps,
    )


def declared(settings: Settings) -> Declared:
    """Evaluate the repository and keep what is selected."""
    if settings.infra_live is None:
        raise UsageError("no repository given: name the infrastructure-live repository by --infra-live PATH")
    tree, scope = open_tree(settings.infra_live, settings.at)
    everything = read_declared(tree, scope, roots=settings.root, var_files=settings.var_file)
    found = fleet.select(roster.completed(everything, settings.accounts), settings)
    places = sorted({row.tag_origin for row in found.containers if row.tag_origin})
    changes, notes = read_history(tree, scope, places)
    dated = (
        Dated(place=place, commit=change.commit, day=change.day, at_least=change.at_least)
        for place, change in sorted(changes.items())
    )
    return replace(found, scope=scope, dated=tuple(dated), notes=notes)


def released(settings: Settings, environment: Mapping[str, str]) -> Released:
    """Read the releases from where the settings say."""
    return read_released(settings, environment)


def at_aws(settings: Settings, progress: Progress | None = None) -> tuple[Running, tuple[Gap, ...]]:
    """Evaluate the repository and look at AWS; the gaps are those of the repository and of placing its units."""
    wanted = declared(settings)
    there, gaps = running(settings, wanted, fleet.deploy_order(wanted.accounts), None, progress or Silence())
    return there, (*wanted.gaps, *gaps)


def running(
    settings: Settings, wanted: Declared, order: Order, newest: str | None, progress: Progress
) -> tuple[Running, tuple[Gap, ...]]:
    """Look at every placed unit, then at the registries of the declared images; say which units have no place."""
    places, gaps = fleet.targets(wanted, order)
    listed = _organization(settings, places)
    members = (listed.value or ()) if listed.kind == "seen" else ()
    places = roster.open_places(places, members)
    gaps = (*gaps, *roster.closed(wanted, members, settings), *((listed.gap,) if listed.kind == "unread" else ()))
    access = fleet.access(settings)
    session = Session(access, workers=settings.workers)
    progress.begin("accounts", len(places))
    observations = observe(
        places,
        access,
        workers=settings.workers,
        on_done=lambda done: progress.advance(done.account.name),
        session=session,
    )
    repositories_there = fleet.registry_targets(wanted.containers, observations, order, newest)
    progress.begin("registries", len(repositories_there))
    repositories = registries(
        repositories_there,
        access,
        workers=settings.workers,
        on_done=lambda done: progress.advance(done.name),
        session=session,
    )
    kept = secrets(fleet.secret_targets(observations, order), access, workers=settings.workers, session=session)
    there = Running(
        observations=observations,
        repositories=repositories,
        secrets=kept,
        organization=listed,
        calls=calls_by_account(observations, repositories, kept),
    )
    return there, gaps


def _organization(settings: Settings, places: Sequence[Target]) -> Fact[tuple[Member, ...] | None]:
    """List the accounts of AWS Organizations, if that is wanted."""
    if not settings.organization:
        return Seen(value=None)
    region = places[0].region if places else "us-east-1"
    return organization(fleet.access_to_organization(settings), region)


def _caller(seen: Running) -> str | None:
    identities = (found.identity for found in seen.observations)
    return next((fact.value.arn for fact in identities if fact.kind == "seen"), None)
