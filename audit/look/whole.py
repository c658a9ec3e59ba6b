"""The whole of what a tree declares, read as the settings have it: its roots, variables and limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.declared.units import read

if TYPE_CHECKING:
    from audit.configuration.config import Settings
    from audit.declared.model import Declared
    from audit.declared.tree import SourceTree


def whole(settings: Settings, scope: str, tree: SourceTree) -> Declared:
    """Evaluate all that a tree declares below a scope, whatever is selected."""
    found = read(tree, scope, roots=settings.root, var_files=settings.var_file, limits=settings.reading)
    return replace(found, scope=scope)
