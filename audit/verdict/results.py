"""Results: one judged run as data, from which alone every report is drawn; to and from JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.errors import UsageError
from audit.model import Gap, Location, SeverityName
from audit.released.hops import Route
from audit.text import one_line
from audit.verdict.finding import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import TypeAdapter

SCHEMA_VERSION = 1

# "finding": deployed as declared, but a check found something else wrong with it
CellState: TypeAlias = Literal["in sync", "drift", "behind", "unknown", "waived", "not deployed", "missing", "finding"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What the user narrowed the run to; all empty: everything. ``words`` is how it was said on the command line.

    ``snapshot`` is what the snapshot that was judged had been narrowed to when it was taken.
    """

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    severity: SeverityName | None = None
    fail_on: SeverityName = "low"
    words: str = ""
    snapshot: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One judging: who, when, with what. ``incomplete`` says in words why not all was judged, None if all was.

    ``scope`` is the audited PATH relative to the root of its git repository, empty where they are the same: the
    reports that a forge reads need paths from the root. ``caller`` is the ARN of who ran it, ``seen_as`` the roles (or
    users) that the accounts were looked at as, each once, without account and session.
    """

    id: str
    judged_at: datetime
    tool_version: str
    config_sha256: str | None
    waivers_sha256: str | None
    selection: Selection
    caller: str | None
    incomplete: str | None = None
    scope: str = ""
    seen_as: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseSource:
    """Where the releases came from, up to which date they are known, the newest tag, why it was not GitHub."""

    kind: Literal["github", "file", "bundled"]
    as_of: str
    newest: str | None
    where: str = ""
    fallback_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How many units (account × region) were expected and read; ``read = complete + partial``."""

    expected: int
    complete: int
    partial: int
    unread: int
    excluded: int
    read: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """A check that passed for, or did not apply to, a unit (or a registry, or the fleet)."""

    check: str
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One field of the fleet matrix: a container of a unit, its state in words and the findings behind it."""

    container: str
    state: CellState
    declared: str | None
    running: str | None
    findings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitRow:
    """One row of the fleet matrix, in deploy order; ``coverage`` is how much of it was seen."""

    unit: str
    account: str | None
    account_id: str | None
    region: str | None
    stack: str | None
    coverage: Literal["complete", "partial", "unread", "excluded"]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainStep:
    """One link of the way from a release to a running task: what it is, its value, the place or call it came from.

    ``broken``: it was looked at and does not hold; ``unread``: nothing is known about it.
    """

    stage: str
    value: str | None
    place: Location | None = None
    source: str | None = None
    broken: bool = False
    unread: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """Release → declared literal → ECR tag → digest → task definition, for one container of one unit."""

    unit: str
    container: str
    steps: tuple[ChainStep, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckNote:
    """What a check is, for reports that explain it; one for each check that was selected, passed or not.

    ``disabled`` is the reason why the configuration leaves it out: it was not judged. ``subject`` is what it belongs to
    (``images``, ``security``, …), ``aliases`` are ids that it had before.
    """

    id: str
    title: str
    why: str
    severity: SeverityName
    remedy: str
    controls: tuple[str, ...]
    references: tuple[str, ...] = ()
    disabled: str | None = None
    subject: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseNote:
    """A release on the version timeline; ``breaking`` is None where somebody has to review it."""

    tag: str
    published: date
    breaking: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Excluded:
    """A unit (or an account without one) that somebody took out of the audit, until ``expires``, inclusive."""

    account: str | None
    account_id: str | None
    region: str | None
    unit: str | None
    reason: str
    owner: str
    expires: date
    days_left: int
    ticket: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """Something about the waivers file that somebody should look at; ``about`` names the waiver or exclusion."""

    kind: Literal["expires soon", "expired", "unused", "matches nothing"]
    about: str
    message: str
    location: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class TagDigest:
    """What a tag in ECR meant when it was looked at: the next run tells by it whether the tag was moved."""

    registry_id: str
    region: str
    repository: str
    tag: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A finding of an earlier run that this run doesn't have: the parts of its fingerprint, and since when it was."""

    id: str
    check: str
    severity: SeverityName
    account: str | None
    account_id: str | None
    region: str | None
    unit: str | None
    stack: str | None
    container: str | None
    subject: str
    kind: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalated:
    """A finding that got worse since the run before; ``was`` is its severity then, or ``waived``."""

    id: str
    was: str


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What the run before had and this one has not: ``fixed`` was judged anew, ``unread`` was not and is carried on."""

    previous_run: str
    previous_at: datetime
    fixed: tuple[Remembered, ...] = ()
    unread: tuple[Remembered, ...] = ()
    escalated: tuple[Escalated, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendPoint:
    """One run of the kept history: what was open after it, what it brought, ended, or could not tell.

    ``taken_at`` is when its snapshot was taken; ``unread`` counts open findings whose place it did not judge anew.
    """

    run: str
    taken_at: datetime
    exit_code: int
    open: int
    new: int
    fixed: int
    unread: int
    units_expected: int
    units_read: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteNote:
    """The way of one unit from what runs to the target; without one, the reason why it is not known."""

    unit: str
    route: Route | None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessNote:
    """What a checklist before an upgrade shows beside the findings.

    By check: what was ``seen`` where it is right, and the ``reasons`` where there is nothing to judge.
    """

    to: str
    routes: tuple[RouteNote, ...]
    seen: Mapping[str, str]
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All that a renderer needs; ``findings`` is what is neither pass nor not applicable, worst first.

    The fields with a default came later: results written before them can still be drawn.
    """

    schema_version: int
    run: Run
    snapshot_sha256: str
    snapshot_taken_at: datetime
    release_source: ReleaseSource
    coverage: Coverage
    summary: Mapping[Outcome, int]
    findings: tuple[Finding, ...]
    passes: tuple[Passed, ...]
    chains: tuple[Chain, ...]
    units: tuple[UnitRow, ...]
    exit_code: int
    verdict: str
    not_applicable: tuple[Passed, ...] = ()
    checks: tuple[CheckNote, ...] = ()
    releases: tuple[ReleaseNote, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[Advice, ...] = ()
    history: History | None = None
    trend: tuple[TrendPoint, ...] = ()
    readiness: ReadinessNote | None = None
    tags: tuple[TagDigest, ...] = ()


@cache
def _adapter() -> TypeAdapter[Results]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up: only where results are written or read

    return TypeAdapter(Results)


def to_json(results: Results) -> str:
    """Write results as JSON with sorted keys, two spaces of indentation and a final newline."""
    return "".join(pieces(results))


def pieces(results: Results) -> Iterator[str]:
    """Write the same piece by piece: as plain data at once, a large fleet's findings take several times the text."""
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 -- as above

    encoder = json.JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False)
    start = "{"
    for name in sorted(one.name for one in fields(results)):
        value = getattr(results, name)
        yield f'{start}\n  "{name}": '
        if isinstance(value, tuple) and value:
            for index, one in enumerate(value):
                text = encoder.encode(to_jsonable_python(one)).replace("\n", "\n    ")
                yield f"{',' if index else '['}\n    {text}"
            yield "\n  ]"
        else:
            yield encoder.encode(to_jsonable_python(value)).replace("\n", "\n  ")
        start = ","
    yield "\n}\n"


def from_json(text: str, *, name: str) -> Results:
    """Read results back; ``name`` is the file named in the UsageError for what is no results document."""
    from pydantic import ValidationError  # noqa: PLC0415 -- as above

    try:
        found = _adapter().validate_json(text)
    except ValidationError as error:
        _demand_version(_version(text), name)
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise UsageError(f"{name}: {where}: {first['msg']}; give a file written by --report json=FILE") from None
    _demand_version(found.schema_version, name)
    return found


def _version(text: str) -> object:
    """Find the version in what is no results document of this release; this release's where there is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return SCHEMA_VERSION
    return document.get("schema_version", SCHEMA_VERSION) if isinstance(document, dict) else SCHEMA_VERSION


def _demand_version(version: object, name: str) -> None:
    if version != SCHEMA_VERSION:
        said = one_line(str(version), 20)
        raise UsageError(f"{name}: schema_version {said}: this release reads {SCHEMA_VERSION}; use a newer release")


def load(path: Path) -> Results:
    """Read a results file; UsageError where it cannot be read or is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{path}: cannot be read: {reason}") from None
    return from_json(text, name=str(path))
