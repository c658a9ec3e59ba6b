"""One look: declared, running and released, once, into a Snapshot.

The only place where the three meet before they are frozen. ``Progress`` is told what goes on; nothing is printed here.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import audit
from audit import fleet
from audit.declared.history import read_history
from audit.declared.model import Dated
from audit.declared.tree import open_tree
from audit.errors import UsageError
from audit.look import roster, shard
from audit.look.beyond import Beyond
from audit.look.crew import Crew
from audit.look.exclusions import without
from audit.look.rounds import Places, rounds
from audit.look.whole import read_whole
from audit.model import Seen
from audit.released.target import target
from audit.running.organization import organization
from audit.snapshot import Snapshot, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from audit.configuration.config import Settings
    from audit.declared.listing import Listing
    from audit.declared.model import Declared
    from audit.fleet import Order
    from audit.look.exclusions import Exclusion
    from audit.look.rounds import Progress, Rounds
    from audit.model import Fact, Gap
    from audit.released.model import Released
    from audit.running.model.access import Member
    from audit.running.model.targets import Target
    from audit.running.spent import Spent


class Silence:
    """A Progress that says nothing."""

    def begin(self, stage: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, *, calls: int = 0, failed: bool = False, spent: Spent | None = None, what: str = "") -> None:
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
    beyond = found.running.beyond
    if beyond is not None:
        beyond = tuple(one for one in beyond if fleet.is_selected(one.account, settings, one.region))
    running = replace(found.running, beyond=beyond)
    return replace(found, declared=_narrowed(found.declared, settings), running=running)


def forget(settings: Settings, incomplete: str | None) -> None:
    """Remove the state of a look that is complete, once what was seen is where it belongs."""
    if settings.state is not None and settings.snapshot is None and incomplete is None:
        settings.state.unlink(missing_ok=True)


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
    progress, now = progress or Silence(), datetime.now(UTC)
    progress.begin("declared", None)
    with closing(Crew(settings)) as crew:
        wanted, whole = evaluated(settings, crew.expect)
        progress.begin("released", None)
        newest = released(settings, environment)
        order = fleet.deploy_order(wanted.accounts)
        also = [newest.newest, target(settings.to, newest, settings.policy, now.date()) if settings.to else None]
        there, gaps = _running(
            crew, without(wanted, exclusions), order, also, progress, Beyond(whole=whole, exclusions=exclusions)
        )
    return Snapshot(
        taken_at=there.began_at,
        tool_version=audit.__version__,
        caller=there.caller,
        declared=wanted,
        running=there.running,
        released=newest,
        order=order,
        gaps=gaps,
        incomplete=there.incomplete,
        selection=settings.place_words(),
        shard=settings.shard,
    )


def declared(settings: Settings) -> Declared:
    """Evaluate the repository and keep what is selected."""
    return evaluated(settings)[0]


def evaluated(settings: Settings, on_listed: Callable[[Listing], None] | None = None) -> tuple[Declared, Declared]:
    """Evaluate the repository; what is selected of it, with its history, and all of it.

    ``on_listed`` hears of what is in it before it is evaluated.
    """
    if settings.infra_live is None:
        raise UsageError("no repository given: name the infrastructure-live repository by --infra-live PATH")
    tree, scope = open_tree(settings.infra_live, settings.at)
    whole = roster.completed(read_whole(settings, scope, tree, on_listed), settings.accounts)
    found = _narrowed(whole, settings)
    rows = found.containers
    places = sorted({place for row in rows for place in (row.tag_origin, row.image_origin) if place})
    changes, notes = read_history(tree, scope, places)
    dated = (
        Dated(place=place, commit=change.commit, day=change.day, at_least=change.at_least)
        for place, change in sorted(changes.items())
    )
    return replace(found, dated=tuple(dated), notes=notes), whole


def _narrowed(declared: Declared, settings: Settings) -> Declared:
    """Keep what is selected, and of that the shard."""
    found = fleet.select(declared, settings)
    return found if settings.shard is None else shard.keep(found, shard.parse(settings.shard))


def released(settings: Settings, environment: Mapping[str, str]) -> Released:
    """Read the releases from where the settings say."""
    from audit.released.read import read  # noqa: PLC0415 -- start-up: not every look asks for them

    return read(settings, environment)


def at_aws(settings: Settings, progress: Progress | None = None) -> tuple[Rounds, tuple[Gap, ...]]:
    """Evaluate the repository and look at AWS; the gaps are those of the repository and of placing its units."""
    with closing(Crew(settings)) as crew:
        wanted, whole = evaluated(settings, crew.expect)
        order = fleet.deploy_order(wanted.accounts)
        there, gaps = _running(crew, wanted, order, (), progress or Silence(), Beyond(whole=whole))
    return there, (*wanted.gaps, *gaps)


def _running(
    crew: Crew,
    wanted: Declared,
    order: Order,
    also: Iterable[str | None],
    progress: Progress,
    others: Beyond,
) -> tuple[Rounds, tuple[Gap, ...]]:
    """Look at every placed unit, then at the registries of the declared images; say which units have no place."""
    settings = crew.settings
    places, gaps = fleet.targets(wanted, order)
    listed = listed_accounts(settings, places)
    members = (listed.value or ()) if listed.kind == "seen" else ()
    places = roster.open_places(places, members)
    gaps = (*gaps, *roster.closed(wanted, members, settings), *((listed.gap,) if listed.kind == "unread" else ()))
    more = others.places(members, settings) if settings.beyond_units else None
    everywhere = Places(units=places, beyond=more)
    there = rounds(crew, everywhere, wanted.containers, order, also=also, progress=progress)
    return replace(there, running=replace(there.running, organization=listed)), gaps


def listed_accounts(settings: Settings, places: Sequence[Target]) -> Fact[tuple[Member, ...] | None]:
    """List the accounts of AWS Organizations, if that is wanted."""
    if not settings.organization:
        return Seen(value=None)
    region = places[0].region if places else "us-east-1"
    return organization(fleet.access_to_organization(settings), region)
