"""Lists of releases in files: the bundled one, with the date of the newest release it knows, and one of the user's.

A file holds an array of ``{"tag", "published", "backward_incompatible", "modules_affected"}`` (the last two may be
missing), or ``{"as_of": "YYYY-MM-DD", "releases": […]}``.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.released.model import Release, Released
from audit.released.policy import order

if TYPE_CHECKING:
    from pathlib import Path

UPSTREAM = "gruntwork-io/terraform-aws-ci"
MAX_BYTES = 32 * 1024 * 1024

_KEYS = frozenset({"tag", "published", "backward_incompatible", "modules_affected"})


def bundled(fallback_reason: str | None = None) -> Released:
    """Give the list that comes with this tool; it is always the upstream's."""
    text = files("audit.released").joinpath("catalog.json").read_text(encoding="utf-8")
    releases, _ = _parse(text, "catalog.json")
    return Released(
        kind="bundled",
        where="the list bundled with pipelines-audit",
        release_repo=UPSTREAM,
        as_of=max(release.published for release in releases),
        releases=releases,
        fallback_reason=fallback_reason,
    )


def from_file(path: Path, release_repo: str) -> Released:
    """Read the user's list, true as of the date it says, else as of the day it was written.

    Raises UsageError that names the file and the entry of whatever is wrong.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: list of releases cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: list of releases is not UTF-8 text") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path}: list of releases is larger than {MAX_BYTES:,} bytes")
    releases, as_of = _parse(text, str(path))
    return Released(kind="file", where=str(path), release_repo=release_repo, as_of=as_of or written, releases=releases)


def _parse(text: str, where: str) -> tuple[tuple[Release, ...], date | None]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deep"
        raise UsageError(f"{where}: not valid JSON: {reason}") from None
    as_of = None
    if isinstance(content, dict) and content.keys() == {"as_of", "releases"}:
        as_of = _date(content["as_of"], f"{where}: as_of")
        content = content["releases"]
    if not isinstance(content, list):
        raise UsageError(f'{where}: expected an array of releases, or {{"as_of": …, "releases": […]}}')
    releases: dict[str, Release] = {}
    for index, entry in enumerate(content):
        release = _release(entry, f"{where}: releases[{index}]")
        if release.tag in releases:
            raise UsageError(f"{where}: releases[{index}]: tag {release.tag!r} stands in the list twice")
        releases[release.tag] = release
    return order(releases.values()), as_of


def _release(entry: object, where: str) -> Release:
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: expected an object with a tag and its date")
    unknown = sorted(entry.keys() - _KEYS)
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}, known are {', '.join(sorted(_KEYS))}")
    tag, breaking = entry.get("tag"), entry.get("backward_incompatible")
    modules = entry.get("modules_affected", [])
    if not isinstance(tag, str) or not tag or not tag.isprintable():
        raise UsageError(f"{where}: tag: expected a tag such as 'v1.3.0', got {tag!r}")
    if breaking is not None and not isinstance(breaking, bool):
        raise UsageError(f"{where} ({tag}): backward_incompatible: expected true, false or null, got {breaking!r}")
    if not isinstance(modules, list) or not all(isinstance(module, str) for module in modules):
        raise UsageError(f"{where} ({tag}): modules_affected: expected an array of names, got {modules!r}")
    return Release(
        tag=tag,
        published=_date(entry.get("published"), f"{where} ({tag}): published"),
        backward_incompatible=breaking,
        modules_affected=tuple(modules),
    )


def _date(value: object, where: str) -> date:
    try:
        if isinstance(value, str):
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        pass
    got = "nothing" if value is None else repr(value)
    raise UsageError(f"{where}: expected a date as YYYY-MM-DD, got {got}")
