"""What Terragrunt itself would refuse in a unit, beside the values that could be had.

Rows are evaluated lazily; Terragrunt evaluates everything. So here all else is evaluated too, for the faults in it:
wholly for the first unit of each shape (its text and its includes), for its likes without decoding files again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.declared.containers import diagnostic
from audit.declared.evaluate import LazyMap
from audit.declared.model import Diagnostic
from audit.declared.terragrunt import ConfigMap
from audit.errors import DeclarationError, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audit.declared.collected import Collected
    from audit.declared.evaluate import Value
    from audit.declared.terragrunt import Config, Include, Reader


class Checker:
    """Evaluates what no row needed; each shared configuration and each shape of units wholly once."""

    def __init__(self, reader: Reader, collected: Collected) -> None:
        self.reader, self.collected = reader, collected
        self._shapes: set[tuple[str, ...]] = set()
        self._done: set[int] = set()

    def check(self, config: Config, unit: str) -> None:
        """Report what Terragrunt would refuse in a unit whose rows have been read."""
        for shared in self.reader.take_new():
            self._force(shared, lambda error: self.collected.report(diagnostic(error)), kept=True)
        report = self.collected.for_unit(unit)
        shape = (config.digest, *(include.path or "" for include in config.includes))
        self.reader.light = shape in self._shapes
        self._shapes.add(shape)
        try:
            for include in config.includes:
                for found in _include_faults(include, unit):
                    report(found)
            for part in (config, *(include.config for include in config.includes)):
                if part is not None:
                    self._force(part, report.error)
        finally:
            self.reader.light = False

    def _force(self, config: Config, report: Callable[[DeclarationError], None], *, kept: bool = False) -> None:
        seen = self._done if kept else set()
        seen.add(id(config.locals))
        todo: list[tuple[LazyMap, str]] = [(config.locals, name) for name in config.locals]
        try:
            inputs = config.own_inputs
            if inputs is not None:
                todo.extend(self._members(inputs, seen))
        except DeclarationError as error:
            report(error)
        while todo:
            container, name = todo.pop()
            try:
                todo.extend(self._members(container[name], seen))
            except LimitError as error:
                report(error)
                return
            except DeclarationError as error:
                report(error)

    def _members(self, value: Value, seen: set[int]) -> list[tuple[LazyMap, str]]:
        """Give what is still to be evaluated in a value; what was read from a shared configuration is done."""
        raw = value.raw
        if not isinstance(raw, LazyMap) or isinstance(raw, ConfigMap) or id(raw) in seen or id(raw) in self._done:
            return []
        seen.add(id(raw))
        return [(raw, name) for name in raw]


def _include_faults(include: Include, unit: str) -> Iterator[Diagnostic]:
    if isinstance(include.fault, DeclarationError):
        yield diagnostic(include.fault, unit)
    if include.config is not None:
        for block in include.config.blocks("include"):
            message = "nested include: Terragrunt refuses include blocks in a file that is itself included"
            yield Diagnostic(message=message, location=block.location, unit=unit)
