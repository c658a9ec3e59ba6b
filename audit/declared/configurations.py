"""Reads Terragrunt's configurations: each unit's own afresh, those that all units share once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from audit.declared.terragrunt import BLOCKS, Config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.declared.repository import Repository

KEPT = 512
"""How many shared configurations are kept: units are read by their path, so the near ones are those still needed."""


class Reader:
    """Reads the configurations of a repository; those that are the same for every unit are kept.

    ``unit`` is the path of the configuration that is being evaluated: what ``get_original_terragrunt_dir`` says.
    Configurations that asked for it, and those that read them, count for that unit only.
    """

    def __init__(self, repository: Repository, environment: Mapping[str, str] | None = None) -> None:
        self.repository, self.environment = repository, environment or {}
        self.unit = ""
        self.included_paths: set[str] = set()
        self._new: list[Config] = []
        self._shared: OrderedDict[str, Config] = OrderedDict()
        self._own: dict[str, Config] = {}
        self._readers: dict[str, set[str]] = {}

    def start(self, path: str) -> Config:
        """Begin with a unit: read its configuration afresh.

        Raises DeclarationError where it can't be read or is no valid HCL.
        """
        self.unit = path
        self._own.clear()
        text = self.repository.read(path)
        return Config(self, path, self.repository.body(path, text, BLOCKS), digest=text)

    def config(self, path: str, reader: Config | None = None) -> Config:
        """Read a configuration for ``reader`` (``read_terragrunt_config``), from what is kept if possible."""
        if reader is not None and reader.path in self._shared:
            self._readers.setdefault(path, set()).add(reader.path)
        found = self._own.get(path) or self._shared.get(path)
        if found is None:
            text = self.repository.read(path)
            found = self._shared[path] = Config(self, path, self.repository.body(path, text, BLOCKS))
            self._new.append(found)
            if len(self._shared) > KEPT:
                self._shared.popitem(last=False)
        elif path in self._shared:
            self._shared.move_to_end(path)
        return found

    def take_new(self) -> list[Config]:
        """Give the configurations that were read since this was last asked."""
        found, self._new = self._new, []
        return found

    def bind(self, path: str) -> None:
        """Note that a configuration depends on the unit, and so does each that read it."""
        found = self._shared.pop(path, None)
        if found is None:
            return
        self._own[path] = found
        for reader in self._readers.pop(path, ()):
            self.bind(reader)

    def included(self, path: str, unit: Config) -> Config:
        """Read a configuration for a unit that includes it."""
        self.included_paths.add(path)
        return Config(self, path, self.repository.body(path, self.repository.read(path), BLOCKS), unit)
