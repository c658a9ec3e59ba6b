"""Units to Declared: every directory that deploys an ECS Deploy Runner, what it says, and where it says so.

Pure over a SourceTree. Each unit is read by itself: a fault in one is a gap of that one, and everything else is still
reported.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from audit.declared.accounts import NAMES as ACCOUNTS_FILES
from audit.declared.accounts import read_accounts
from audit.declared.collected import Collected
from audit.declared.containers import as_text, plain, read_containers, read_stack
from audit.declared.evaluate import Unknown, Value, budget
from audit.declared.placement import Placer
from audit.declared.repository import ROOT, Repository, parents
from audit.declared.shadows import find_shadows
from audit.declared.sources import RUNNER_MODULES, module_name
from audit.declared.terragrunt import DEFAULT_NAMES, Reader
from audit.errors import DeclarationError
from audit.model import Gap, Location

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Declared:
    """Read what the part of a repository below ``scope`` declares.

    ``environment`` is what ``get_env`` is to know. Never raises for what stands in the repository: whatever can't be
    read is among the gaps.
    """
    repository = Repository(tree, scope, limits=limits)
    accounts = read_accounts(tree, _accounts_files(repository), scope)
    collected = Collected(repository.show)
    reader = Reader(repository, environment)
    placer = Placer(reader, accounts, collected.report)
    for path in _configurations(repository.paths):
        _Unit(reader, placer, collected, path).read()
    for path in repository.paths:
        if posixpath.basename(path) == STACK_FILE:
            collected.gaps.append(_stack_gap(repository.show(path)))
    collected.gaps.extend(accounts.gaps)
    collected.gaps.extend(_listing_gap(fault) for fault in repository.faults)
    for diagnostic in accounts.diagnostics:
        collected.report(diagnostic)
    return collected.declared(accounts.accounts, commit=tree.commit())


def _accounts_files(repository: Repository) -> list[str]:
    """Give the accounts files in the scope and in the directories above it."""
    above = [
        path
        for directory in (repository.scope, *parents(repository.scope))
        for path in (f"{directory}/{name}".lstrip("/") for name in ACCOUNTS_FILES)
        if directory != repository.scope and _is_file(repository, path)
    ]
    return above + [path for path in repository.paths if posixpath.basename(path) in ACCOUNTS_FILES]


def _is_file(repository: Repository, path: str) -> bool:
    try:
        return repository.is_file(path)
    except DeclarationError:
        return False


def _configurations(paths: Sequence[str]) -> list[str]:
    """Give the configuration of each directory that has one: of two, the one that Terragrunt takes."""
    found: dict[str, str] = {}
    for path in paths:
        directory, name = posixpath.split(path)
        if name in DEFAULT_NAMES and (directory not in found or name == DEFAULT_NAMES[0]):
            found[directory] = path
    return list(found.values())


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


class _Unit:
    """One configuration on its way to rows."""

    def __init__(self, reader: Reader, placer: Placer, collected: Collected, path: str) -> None:
        self.reader, self.placer, self.collected, self.path = reader, placer, collected, path
        self.directory = posixpath.dirname(path)
        self.shown = reader.repository.show(self.directory) or "."

    def read(self) -> None:
        """Read the configuration; rows where it deploys a runner, a gap where that can't be told."""
        with budget():
            try:
                config = self.reader.start(self.path)
                source = config.source
            except DeclarationError as error:
                self._gap("declaration", f"{error}, mend it to see what this unit declares", error)
                return
            if source is None or source.raw is None:
                return
            if isinstance(source.raw, Unknown):
                reason = as_text(source, "terraform.source").reason
                self._gap("module source", f"{self.shown}: terraform.source is not known: {reason}")
            elif isinstance(source.raw, str) and module_name(source.raw) in RUNNER_MODULES:
                self._rows(config, source, source.raw)

    def _rows(self, config: Config, source: Value, address: str) -> None:
        place = self.placer.place(self.directory)
        report = self.collected.for_unit(self.shown)
        try:
            inputs = config.inputs
        except DeclarationError as error:
            report.error(error)
            inputs = Value(Unknown(str(error)))
        found = read_containers(inputs, module_name(address), report)
        stack = read_stack(inputs, report)
        self.collected.unit(
            path=self.shown,
            kind="terragrunt",
            place=place,
            stack=stack,
            source=self._shown_source(address),
            source_origin=source.origin,
            containers=found.found,
        )
        if found.fault:
            self._gap("containers", f"{self.shown}: there may be more containers: {found.fault}", place=place)
        for what, reason in place.unknown.items():
            self._gap(what.replace("_", " "), f"{self.shown}: {what} is not known: {reason}", place=place)
        self.collected.shadows.extend(find_shadows(self.reader, config, self.shown, found.found))

    def _shown_source(self, address: str) -> str:
        """Give an address without the stand-in for the repository's root: relative to the scope."""
        if not address.startswith(ROOT):
            return plain(address)
        package, double, rest = address.removeprefix(ROOT).lstrip("/").partition("//")
        path, question, query = package.partition("?")
        shown = self.reader.repository.show(posixpath.normpath(path))
        return (shown if shown.startswith("..") else f"./{shown}") + question + query + double + rest

    def _gap(
        self, what: str, message: str, error: DeclarationError | None = None, place: Placement | None = None
    ) -> None:
        place = place or self.placer.place(self.directory)
        location = (
            Location(file=error.file, line=error.line, column=error.column or 1) if error and error.line else None
        )
        self.collected.gaps.append(
            Gap(
                what=what,
                message=plain(message),
                account=place.account,
                account_id=place.account_id,
                region=place.region,
                unit=self.shown,
                call=error.file if error else self.reader.repository.show(self.path),
                code=type(error).__name__ if error else None,
                location=location,
            )
        )
