"""The nouns of what is declared: units, containers, pins, each with the place of the literal that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from audit.model import Account, Gap, Location


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclaredContainer:
    """One container of one unit: a row of ``declared --json``, with the fields and order of that contract.

    ``deployed`` is false, with image and tag None, where the input is null. A value that cannot be known is None
    and ``unknown`` maps its field (``image``, ``tag``, ``account_id``, …) to the reason.
    """

    unit: str
    account: str | None
    account_id: str | None
    region: str | None
    stack: str | None
    container: str
    deployed: bool | None
    image: str | None
    tag: str | None
    image_origin: Location | None
    tag_origin: Location | None
    module_source: str | None
    module_ref: str | None
    unknown: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One step of the way from a literal to an input: ``text`` names it (``local.tag``), ``place`` where it stands."""

    text: str
    place: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Shadow:
    """A literal that says something else than what counts for ``unit``, because a nearer one wins."""

    unit: str
    name: str
    dead: Location
    dead_value: str
    live: Location
    live_value: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnostic:
    """Something that Terraform or Terragrunt itself would refuse, beside the values that could be had."""

    message: str
    location: Location | None
    unit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """Another place where a version is written: build script, CI file, module ref, version file.

    ``kind`` says which sort of place, ``name`` the variable or key there, ``value`` what it says, ``subject`` what
    the place is about (``deploy-runner`` or ``kaniko`` in a build script), where it says so.
    """

    kind: str
    name: str
    value: str
    origin: Location
    unit: str | None = None
    subject: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclaredUnit:
    """A unit (Terragrunt) or root (plain Terraform) that declares an ECS Deploy Runner.

    ``path`` is its directory relative to the scope; ``module_source`` has user names and tokens masked.
    ``chains`` maps ``<container>.tag`` and ``<container>.image`` to the links from literal to input.
    """

    path: str
    kind: Literal["terragrunt", "terraform"]
    account: str | None
    account_id: str | None
    region: str | None
    stack: str | None
    module_source: str | None
    module_ref: str | None
    source_origin: Location | None
    chains: Mapping[str, tuple[Link, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dated:
    """When the literal at ``place`` was set, by git: both None where it isn't committed yet.

    ``day`` is the day (UTC) on which it came into the main line; ``at_least`` marks the end of a shallow history: the
    literal is at least as old as that.
    """

    place: Location
    commit: str | None
    day: date | None
    at_least: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """What the infrastructure-live repository wants, once evaluated.

    ``commit`` is the git revision that was read, ``scope`` the folder that was searched, relative to the git top level;
    ``dated`` says when the literals of tags were set, ``notes`` what git could not say.
    """

    units: tuple[DeclaredUnit, ...]
    containers: tuple[DeclaredContainer, ...]
    pins: tuple[Pin, ...]
    gaps: tuple[Gap, ...]
    accounts: tuple[Account, ...]
    shadows: tuple[Shadow, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    commit: str | None = None
    scope: str = ""
    dated: tuple[Dated, ...] = ()
    notes: tuple[str, ...] = ()
