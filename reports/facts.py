"""The three facts alone, as tables for the terminal: what is declared, what runs, what is released."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python
from tabulate import tabulate

from audit.model import ImageRef
from audit.running.unread import gaps_in
from audit.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from audit.declared.model import Dated, Declared, DeclaredContainer, DeclaredUnit, Link
    from audit.model import Gap, Location
    from audit.released.model import Released
    from audit.running.model.seen import Observation, Running

RECENT = 10


def declared(facts: Declared) -> str:
    """Show unit by unit every container with its tag, where it is written, and the way it takes to the input."""
    rows: dict[str, list[DeclaredContainer]] = defaultdict(list)
    for row in facts.containers:
        rows[row.unit].append(row)
    dated = {change.place: change for change in facts.dated}
    units = [_unit(unit, rows[unit.path], dated) for unit in facts.units]
    shadows = [
        f"{shadow.unit}: {shadow.dead} says {shadow.dead_value}, dead here: {shadow.live} wins"
        for shadow in facts.shadows
    ]
    notes = [f"{note.location or note.unit or ''}: {note.message}" for note in facts.diagnostics] + list(facts.notes)
    total = f"{counted(len(facts.units), 'unit')}, {counted(len(facts.containers), 'container')}"
    pins = [(pin.kind, pin.name, pin.value, str(pin.origin)) for pin in facts.pins if pin.unit is None]
    others = _table(pins, ("also pinned", "name", "value", "written at"))
    return _blocks([*units, _listed("shadowed", shadows), others, _listed("notes", notes), gaps(facts.gaps), total])


def _unit(unit: DeclaredUnit, rows: Sequence[DeclaredContainer], dated: Mapping[Location, Dated]) -> str:
    where = f"account {unit.account or '?'} ({unit.account_id or 'id unknown'}), {unit.region or 'region unknown'}"
    module = f"module ref {unit.module_ref}" if unit.module_ref else "no module ref"
    table = _table(
        [(row.container, _tag(row), str(row.tag_origin or ""), _since(row, dated)) for row in rows],
        ("container", "tag", "tag written at", "since"),
    )
    images: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.deployed is not False:
            place = f" ({row.image_origin})" if row.image_origin else ""
            images[f"{row.image or _reason(row, 'image')}{place}"].append(row.container)
    lines = [one_line(f"image of {', '.join(names)}: {image}") for image, names in images.items()]
    ways: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows:
        # The last two links are the reference in the input and the input itself: each container has its own line there.
        links = unit.chains.get(f"{row.container}.tag", ())[:-2]
        if links:
            ways[tuple(_way(links))].append(row.container)
    chains = [line for steps, names in ways.items() for line in (f"tag of {', '.join(names)}:", *steps)]
    head = [one_line(unit.path), one_line(f"{where}, stack {unit.stack or '(unknown)'}, {module}")]
    return "\n".join(
        [head[0], f"  {head[1]}", *(f"  {line}".rstrip() for line in ["", *table.splitlines(), "", *lines, *chains])]
    )


def _way(links: Sequence[Link]) -> list[str]:
    """Write a chain as one line per place: where it stands, and what the value passes through there."""
    places: dict[str, list[str]] = {}
    for link in links:
        places.setdefault(str(link.place), []).append(one_line(link.text, 100))
    return [f"  {one_line(place)}  {' → '.join(texts)}" for place, texts in places.items()]


def _since(row: DeclaredContainer, dated: Mapping[Location, Dated]) -> str:
    change = dated.get(row.tag_origin) if row.tag_origin else None
    if change is None:
        return ""
    if change.day is None:
        return "not committed"
    return f"{change.day}{' or before' if change.at_least else ''}"


def _reason(row: DeclaredContainer, field: str) -> str:
    return f"(unknown: {row.unknown[field]})" if field in row.unknown else ""


def running(facts: Running, missing: Iterable[Gap] = ()) -> str:
    """List task definitions and invokers per account and region, then the tags in ECR, then what could not be read."""
    rows = [row for seen in facts.everywhere for row in _observed(seen)]
    images = [
        (
            f"{repo.registry_id}/{repo.region}/{repo.name}",
            tag.tag,
            tag.digest or "(not there)",
            _minute(tag.pushed_at),
            _megabytes(tag.size_bytes),
        )
        for repo in facts.repositories
        if repo.tags.kind == "seen"
        for tag in repo.tags.value or ()
    ]
    unread = [*missing, *_gaps_of(facts)]
    return _blocks(
        [
            _table(rows, ("account", "region", "what", "revision", "runs", "since")),
            _table(images, ("repository", "tag", "digest", "pushed", "MB")),
            gaps(unread),
            f"{counted(len(facts.observations), 'unit')}{_beyond(facts)} looked at{_calls(facts)}",
        ]
    )


def released(facts: Released) -> str:
    """List the newest releases, the source and its date."""
    newest = facts.releases[: -RECENT - 1 : -1]
    rows = [
        (
            release.tag,
            release.published,
            {True: "yes", False: "no", None: "review"}[release.backward_incompatible],
            one_line(", ".join(release.modules_affected), 70),
        )
        for release in newest
    ]
    number = counted(len(facts.releases), "release")
    source = f"{number} of {facts.release_repo}, newest {facts.newest}; from {facts.where}, known up to {facts.as_of}"
    lines = [source, *([facts.fallback_reason] if facts.fallback_reason else [])]
    return _blocks(
        [_table(rows, ("tag", "published", "breaking", "modules affected")), "\n".join(map(one_line, lines))]
    )


def running_document(facts: Running, missing: Iterable[Gap] = ()) -> dict[str, object]:
    """Give the same as data: observations, repositories and gaps, with a ``schema_version``."""
    unread = dict.fromkeys([*missing, *_gaps_of(facts)])
    document = to_jsonable_python(facts)
    for seen in (
        *document["observations"],
        *(document["beyond"] or ()),
        *document["repositories"],
        *document["secrets"],
    ):
        del seen["requests"]  # which call it was is evidence, and stands in the snapshot
    return {"schema_version": 1, **document, "gaps": to_jsonable_python(list(unread))}


def released_document(facts: Released) -> dict[str, object]:
    """Give the releases as data, ascending, with the newest and the source."""
    return {"schema_version": 1, "newest": facts.newest, **to_jsonable_python(facts)}


def gaps(found: Iterable[Gap]) -> str:
    """List what could not be read, one line each."""
    return _listed("could not be read", list(dict.fromkeys(gap.message for gap in found)))


def _beyond(facts: Running) -> str:
    return "" if facts.beyond is None else f" and {counted(len(facts.beyond), 'place')} without one"


def _calls(facts: Running) -> str:
    """Say what the look cost: in snapshots of before it was counted by account, nothing."""
    if not facts.calls:
        return ""
    most = max(facts.calls, key=lambda one: one.calls)
    total = counted(sum(one.calls for one in facts.calls), "call")
    return f", {total} in {counted(len(facts.calls), 'account')}, at most {most.calls} ({most.account_id})"


def all_gaps(facts: Running) -> tuple[Gap, ...]:
    """Gather the gaps of what was looked at, each once."""
    return tuple(dict.fromkeys(_gaps_of(facts)))


def _gaps_of(facts: Running) -> Iterable[Gap]:
    return gaps_in((facts.everywhere, facts.repositories, facts.secrets))


def _observed(seen: Observation) -> Iterable[tuple[str, ...]]:
    where = (seen.account.name, seen.region)
    if seen.families.kind == "seen":
        for found in seen.families.value:
            images = ", ".join(_short(image.image) for image in found.images)
            yield (*where, found.family, str(found.revision), images, _minute(found.registered_at))
    for stack in seen.invokers:
        if stack.invoker.kind == "seen":
            invoker = stack.invoker.value
            runtime = (invoker.runtime or "container image") if invoker else "(not there)"
            yield (*where, f"{stack.stack}-invoker", "", runtime, _minute(invoker.last_modified) if invoker else "")


def _short(image: str) -> str:
    """Leave the registry out: it stands in the table of images."""
    return str(replace(ImageRef.parse(image), registry=None))


def _minute(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""


def _tag(row: DeclaredContainer) -> str:
    if row.deployed is False:
        return "(not deployed)"
    return row.tag if row.tag is not None else _reason(row, "tag") or "(unknown)"


def _megabytes(size: int | None) -> str:
    return f"{size / 1_000_000:.1f}" if size is not None else ""


def _table(rows: Sequence[Sequence[object]], headers: Sequence[str]) -> str:
    if not rows:
        return ""
    cells = [[one_line(str(cell), 120) for cell in row] for row in rows]
    return tabulate(cells, headers=headers, tablefmt="simple", disable_numparse=True)


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {one_line(line)}" for line in lines)]) if lines else ""


def _blocks(blocks: Sequence[str]) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"
