"""The catalogue: the records of all checks, read from their modules without running any."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import checks
from audit.verdict.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A check with the module that it stands in, which is its subject: ``images``, ``release`` and so on."""

    subject: str
    check: Check


def catalogue() -> tuple[Listed, ...]:
    """Give the checks by subject and in the order in which they stand there."""
    names = sorted(found.name for found in pkgutil.iter_modules(checks.__path__) if found.name.startswith("test_"))
    return tuple(
        Listed(subject=name.removeprefix("test_"), check=record)
        for name in names
        for record in _records(importlib.import_module(f"checks.{name}"))
    )


def _records(module: ModuleType) -> Iterator[Check]:
    for thing in vars(module).values():
        for mark in getattr(thing, "pytestmark", ()) if callable(thing) else ():
            if mark.name == "check":
                yield mark.args[0]
