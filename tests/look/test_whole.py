"""The whole of what a tree declares, within the limits of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.configuration.settings import Reading, Settings
from audit.declared.tree import open_tree
from audit.look import once
from audit.look.whole import read_whole
from tests.remedy.scenarios import fleet

if TYPE_CHECKING:
    from pathlib import Path

    from audit.declared.listing import Listing


@pytest.mark.parametrize(
    ("reading", "rows"),
    [
        pytest.param(Reading(), 14, id="as it comes"),
        pytest.param(Reading(size=10), 0, id="files that are too large"),
        pytest.param(Reading(tokens=5), 0, id="files with too much in them"),
    ],
)
def test_the_limits_of_the_configuration_hold(tmp_path: Path, reading: Reading, rows: int) -> None:
    """What a look reads, and what an edit is proved by, is read within the same limits; the rest is a gap."""
    tree, scope = open_tree(fleet(tmp_path))
    settings = Settings(infra_live=tmp_path, reading=reading)
    found = read_whole(settings, scope, tree)
    assert len([row for row in found.containers if row.tag]) == rows
    assert bool(found.gaps) == (rows == 0)
    looked, whole = once.evaluated(settings)
    assert (looked.containers, whole.gaps) == (found.containers, found.gaps)


def test_selection_leaves_nothing_out(tmp_path: Path) -> None:
    """The whole is the whole, whatever is selected; who asks hears first of what is in it."""
    tree, scope = open_tree(fleet(tmp_path))
    heard: list[Listing] = []
    found = read_whole(Settings(infra_live=tmp_path, account=("dev",)), scope, tree, heard.append)
    assert len({row.account for row in found.containers}) > 1
    assert len(heard) == 1
