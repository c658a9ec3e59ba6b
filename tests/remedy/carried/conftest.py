"""The world that plans are carried out in, before an overlay of its own."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.overlay.proxy import overlaid
from tests.remedy.carried.cloud import cloud
from tests.remedy.carried.world import Make, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.overlay.proxy import Overlay


@pytest.fixture
def make(tmp_path: Path, overlay: Overlay) -> Iterator[Make]:
    """Give what makes the world."""
    with cloud(overlay.url) as port:
        yield partial(World.of, tmp_path, overlay, port)


@pytest.fixture
def overlay(aws: str) -> Iterator[Overlay]:
    """Put an overlay before the emulated AWS; skip where no real terraform is there."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed: nothing can be carried out for real")
    with overlaid(aws) as found:
        yield found
