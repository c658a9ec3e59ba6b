"""What Terragrunt itself would refuse in a unit, beside the values that could be had.

Rows are evaluated lazily; Terragrunt evaluates everything. So here all else is evaluated too, for the faults in it. A
thousand units of one kind (same text, same includes, the same files around them but for their strings) have the same
faults: the first one is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.declared.containers import diagnostic
from audit.declared.evaluate import LazyMap
from audit.declared.lazy import OpenMap
from audit.declared.model import Diagnostic
from audit.declared.terragrunt import DEFAULT_NAMES, ConfigMap
from audit.errors import DeclarationError, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audit.declared.collected import Collected
    from audit.declared.configurations import Reader
    from audit.declared.evaluate import Value
    from audit.declared.terragrunt import Config, Include

_VAR_FILES = frozenset({"required_var_files", "optional_var_files"})
_STRING = re.compile(r'"[^"\n]*"')


class Checker:
    """Evaluates what no row needed: each shared configuration once, and the first unit of each kind."""

    def __init__(self, reader: Reader, collected: Collected) -> None:
        self.reader, self.collected = reader, collected
        self._kinds: set[tuple[object, ...]] = set()
        self._surroundings: dict[str, int] = {}
        self._done: set[int] = set()

    def check(self, config: Config, unit: str, unknown: frozenset[str]) -> None:
        """Report what Terragrunt would refuse in a unit whose rows have been read; ``unknown`` is what they lack."""
        for shared in self.reader.take_new():
            self._force(shared, lambda error: self.collected.report(diagnostic(error)), kept=True)
        kind = (
            config.digest,
            tuple(include.path for include in config.includes),
            self._surrounding(config.directory),
            unknown,
        )
        if kind in self._kinds:
            return
        self._kinds.add(kind)
        report = self.collected.for_unit(unit)
        for include in config.includes:
            for found in _include_faults(include, unit):
                report(found)
        for part in (config, *(include.config for include in config.includes)):
            if part is not None:
                self._force(part, report.error)
                for found in _passed_variables(part, unit):
                    report(found)

    def _surrounding(self, directory: str) -> int:
        """Sum up what lies in a directory and above it: names of files, configurations but for their strings."""
        known = self._surroundings.get(directory)
        if known is None:
            above = self._surrounding(directory.rpartition("/")[0]) if directory else 0
            repository = self.reader.repository
            here = tuple(self._outline(f"{directory}/{name}".lstrip("/")) for name in repository.names(directory))
            known = self._surroundings[directory] = hash((above, here))
        return known

    def _outline(self, path: str) -> tuple[str, str]:
        name = path.rpartition("/")[2]
        if not name.endswith(".hcl") or name in DEFAULT_NAMES:
            return name, ""
        try:
            return name, _STRING.sub('""', self.reader.repository.read(path))
        except DeclarationError as error:
            return name, error.message

    def _force(self, config: Config, report: Callable[[DeclarationError], None], *, kept: bool = False) -> None:
        seen = self._done if kept else set()
        seen.add(id(config.locals))
        todo: list[tuple[LazyMap, str]] = [(config.locals, name) for name in config.locals]
        try:
            inputs = config.own_inputs
            if inputs is not None:
                todo.extend(self._members(inputs, seen, report))
        except DeclarationError as error:
            report(error)
        while todo:
            container, name = todo.pop()
            try:
                todo.extend(self._members(container[name], seen, report))
            except LimitError as error:
                report(error)
                return
            except DeclarationError as error:
                report(error)

    def _members(
        self, value: Value, seen: set[int], report: Callable[[DeclarationError], None]
    ) -> list[tuple[LazyMap, str]]:
        """Give what is still to be evaluated in a value; what was read from a shared configuration is done."""
        raw = value.raw
        if not isinstance(raw, LazyMap) or isinstance(raw, ConfigMap) or id(raw) in seen or id(raw) in self._done:
            return []
        seen.add(id(raw))
        if isinstance(raw, OpenMap) and raw.fault is not None:
            report(raw.fault)
        return [(raw, name) for name in raw]


def _include_faults(include: Include, unit: str) -> Iterator[Diagnostic]:
    if isinstance(include.fault, DeclarationError):
        yield diagnostic(include.fault, unit)
    if include.config is not None:
        for block in include.config.blocks("include"):
            message = "nested include: Terragrunt refuses include blocks in a file that is itself included"
            yield Diagnostic(message=message, location=block.location, unit=unit)


def _passed_variables(config: Config, unit: str) -> Iterator[Diagnostic]:
    """Name the blocks that pass files of variables to Terraform: these win over inputs, and are not read here."""
    for block in config.blocks("terraform"):
        for inner in block.body.blocks:
            if inner.type == "extra_arguments" and not _VAR_FILES.isdisjoint(inner.body.attributes):
                message = "files of variables that extra_arguments passes win over inputs, and are not read here"
                yield Diagnostic(message=message, location=inner.location, unit=unit)
