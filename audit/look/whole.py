"""The whole of what a tree declares, read as the settings have it: its roots, variables and limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.declared.listing import listed
from audit.declared.units import evaluated

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.configuration.config import Settings
    from audit.declared.listing import Listing
    from audit.declared.model import Declared
    from audit.declared.tree import SourceTree


def read_whole(
    settings: Settings, scope: str, tree: SourceTree, on_listed: Callable[[Listing], None] | None = None
) -> Declared:
    """Evaluate all that a tree declares below a scope, whatever is selected.

    ``on_listed`` hears of what is in it before it is evaluated.
    """
    listing = listed(tree, scope, settings.reading)
    if on_listed is not None:
        on_listed(listing)
    return replace(evaluated(listing, roots=settings.root, var_files=settings.var_file), scope=scope)
