"""Units to Declared: every directory that deploys an ECS Deploy Runner, what it says, and where it says so.

Pure over a SourceTree. Each unit is read by itself: a fault in one is a gap of that one, and everything else is still
reported.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.declared.allowance import Allowance
from audit.declared.checked import Checker
from audit.declared.collected import Collected
from audit.declared.configurations import Reader
from audit.declared.containers import (
    IMAGES,
    as_text,
    has_input,
    has_standard_inputs,
    plain,
    read_containers,
    read_stack,
)
from audit.declared.directories import Directories, members, runner_calls
from audit.declared.evaluate import Unknown, Value
from audit.declared.listing import listed
from audit.declared.pins import read_pins
from audit.declared.placement import Placer
from audit.declared.repository import ROOT, Remembered
from audit.declared.shadows import find_shadows
from audit.declared.sources import RUNNER_MODULES, module_name, module_ref
from audit.declared.standalone import Roots, add_calls
from audit.declared.terraform import local_source
from audit.errors import DeclarationError
from audit.model import Gap, Location

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.configuration.config import Root
    from audit.declared.directories import Found
    from audit.declared.listing import Listing
    from audit.declared.model import Declared
    from audit.declared.placement import Placement
    from audit.declared.scanner import Limits
    from audit.declared.terragrunt import Config
    from audit.declared.tree import SourceTree

STACK_FILE = "terragrunt.stack.hcl"


def read(
    tree: SourceTree,
    scope: str,
    *,
    roots: Sequence[Root] = (),
    var_files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Declared:
    """Read what the part of a repository below ``scope`` declares: list it, then evaluate what is listed."""
    return evaluated(listed(tree, scope, limits), roots=roots, var_files=var_files, environment=environment)


def evaluated(
    listing: Listing,
    *,
    roots: Sequence[Root] = (),
    var_files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Declared:
    """Evaluate what is listed.

    ``roots`` says which account and region plain Terraform roots belong to, ``var_files`` are read in each of them,
    ``environment`` is what ``get_env`` is to know. Never raises for what stands in the repository: whatever can't be
    read is among the gaps.
    """
    repository, accounts = listing.repository, listing.accounts
    collected = Collected(repository.show)
    reader = Reader(repository, environment)
    placer = Placer(reader, accounts, collected.report)
    directories = Directories(repository)
    checker = Checker(reader, collected)
    allowance = Allowance()
    doubtful: list[tuple[_Unit, _Doubt]] = []
    for path in listing.configurations:
        unit = _Unit(reader, placer, checker, path, directories, allowance)
        if (doubt := unit.read()) is not None:
            doubtful.append((unit, doubt))
    for unit, doubt in doubtful:
        if unit.path not in reader.included_paths:
            unit.gap(doubt.what, doubt.message, doubt.error)
    Roots(directories, accounts, collected, roots, environment or {}, var_files).read(allowance)
    for path in repository.paths:
        if posixpath.basename(path) == STACK_FILE:
            collected.gaps.append(_stack_gap(repository.show(path)))
    collected.gaps.extend(accounts.gaps)
    collected.gaps.extend(_listing_gap(fault) for fault in repository.faults)
    for diagnostic in accounts.diagnostics:
        collected.report(diagnostic)
    pins, unread = read_pins(Remembered(repository), repository.scope, paths=repository.paths)
    known = {gap.call for gap in collected.gaps}
    collected.gaps.extend(gap for gap in unread if gap.call not in known)
    return collected.declared(accounts.accounts, pins, commit=repository.tree.commit())


def _stack_gap(shown: str) -> Gap:
    return Gap(
        what="stack",
        message=f"{shown}: stack, not audited: the units that it generates are not known here",
        unit=posixpath.dirname(shown) or ".",
        call=shown,
        location=Location(file=shown, line=1, column=1),
    )


def _listing_gap(fault: DeclarationError) -> Gap:
    return Gap(what="directory", message=f"{fault}: what lies below it is not known", call=fault.file)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Doubt:
    """Why it can't be told what a configuration deploys: a gap, unless it is one that others include."""

    what: str
    message: str
    error: DeclarationError | None = None


class _Unit:
    """One configuration on its way to rows."""

    def __init__(
        self,
        reader: Reader,
        placer: Placer,
        checker: Checker,
        path: str,
        directories: Directories,
        allowance: Allowance,
    ) -> None:
        self.reader, self.placer, self.checker, self.path = reader, placer, checker, path
        self.collected, self.directories, self.allowance = checker.collected, directories, allowance
        self.directory = posixpath.dirname(path)
        self.shown = reader.repository.show(self.directory) or "."

    def read(self) -> _Doubt | None:
        """Read the configuration into rows, if it deploys a runner; gives why where that can't be told."""
        with self.allowance.unit():
            try:
                config = self.reader.start(self.path)
            except DeclarationError as error:
                self.directories.visited.add(self.directory)
                self.gap("declaration", self._mend(error), error)
                return None
            try:
                return self._read(config)
            finally:
                config.close()

    def _read(self, config: Config) -> _Doubt | None:
        try:
            source = config.source
        except DeclarationError as error:
            self.directories.visited.add(self.directory)
            return _Doubt(what="declaration", message=self._mend(error), error=error)
        if source is None or source.raw is None:
            self._through(config, self.directory)
        elif isinstance(source.raw, Unknown):
            return self._unknown_source(config, source)
        elif isinstance(source.raw, str):
            self._module(config, source, source.raw)
        return None

    def _mend(self, error: DeclarationError) -> str:
        return f"{error}, mend it to see what this unit declares"

    def _unknown_source(self, config: Config, source: Value) -> _Doubt | None:
        """Read a unit whose module's address is known from its end only, or not at all."""
        reason = as_text(source, "terraform.source").reason or ""
        tail = config.source_tail
        if "/" not in tail:
            return _Doubt(what="module source", message=f"{self.shown}: terraform.source is not known: {reason}")
        if module_name(tail) in RUNNER_MODULES:
            self._rows(config, Value(None), tail, self._inputs(config), reason)
        return None

    def _module(self, config: Config, source: Value, address: str) -> None:
        target = local_source(self.directory, address)
        local = target if target in self.directories.candidates else None
        if module_name(address) in RUNNER_MODULES:
            inputs = self._inputs(config)
            if local is None or has_standard_inputs(inputs) or has_input(inputs, IMAGES):
                if local is not None:
                    self.directories.visited.add(local)
                self._rows(config, source, address, inputs)
                return
        if local is not None:
            self._through(config, local)

    def _through(self, config: Config, directory: str) -> None:
        """Read a module of the repository's own that the unit applies, with the unit's inputs as its variables."""
        if directory not in self.directories.candidates:
            return
        inputs = self._inputs(config)
        module = self.directories.module(directory, members(inputs) if inputs else {})
        found: list[Found] = []
        faults = [*self.directories.faults[directory]]
        try:
            found = runner_calls(self.directories, module)
        except DeclarationError as error:
            faults.append(error)
        for fault in faults:
            self.gap("declaration", self._mend(fault), fault)
        for one in found:
            unit = self.shown if len(found) == 1 else f"{self.shown}/{one.name}"
            add_calls(self.collected, unit, one, self.placer.place(self.directory), kind="terragrunt")

    def _inputs(self, config: Config) -> Value | None:
        try:
            return config.inputs
        except DeclarationError as error:
            self.collected.for_unit(self.shown).error(error)
            return Value(Unknown(str(error)))

    def _rows(
        self, config: Config, source: Value, address: str, inputs: Value | None, unknown: str | None = None
    ) -> None:
        place = self.placer.place(self.directory)
        if unknown is not None:
            place = replace(place, unknown={**place.unknown, "module_source": unknown})
        report = self.collected.for_unit(self.shown)
        found = read_containers(inputs, module_name(address), report)
        stack = read_stack(inputs, report)
        self.collected.unit(
            path=self.shown,
            kind="terragrunt",
            place=place,
            stack=stack,
            source=None if unknown is not None else self._shown_source(address),
            ref=module_ref(address),
            source_origin=source.origin,
            containers=found.found,
        )
        if found.fault:
            self.gap("containers", f"{self.shown}: there may be more containers: {found.fault}", place=place)
        self.collected.unplaced(self.shown, place)
        self.collected.shadows.extend(find_shadows(self.reader, config, self.shown, found.found))
        self.checker.check(config, self.shown, frozenset(place.unknown))

    def _shown_source(self, address: str) -> str:
        """Give an address without the stand-in for the repository's root: relative to the scope."""
        if not address.startswith(ROOT):
            return plain(address)
        package, double, rest = address.removeprefix(ROOT).lstrip("/").partition("//")
        path, question, query = package.partition("?")
        shown = self.reader.repository.show(posixpath.normpath(path))
        return (shown if shown.startswith("..") else f"./{shown}") + question + query + double + rest

    def gap(
        self, what: str, message: str, error: DeclarationError | None = None, place: Placement | None = None
    ) -> None:
        """Note something of the unit that can't be known."""
        place = place or self.placer.place(self.directory)
        self.collected.gap(self.shown, what, message, place, error=error, call=self.reader.repository.show(self.path))
