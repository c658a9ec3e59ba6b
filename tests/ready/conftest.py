"""One seeded world for all tests of readiness: AWS is looked at once, through the overlay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from audit.demo.emulator import environment as surrounded
from audit.demo.emulator import settings as pointed
from audit.look import once
from tests.aws import emulated_aws, emulator
from tests.overlay.proxy import overlaid
from tests.ready import world as worlds
from tests.released.server import Answer, serve
from tests.workstation import stubs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ready.world import World
    from tests.released.server import Asked

SECRET = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.fixture(scope="package")
def seeded() -> Iterator[str]:
    """Seed AWS; gives its URL."""
    with emulator() as endpoint:
        with surrounded(pointed(endpoint)):
            worlds.seed(endpoint)
        yield endpoint


@pytest.fixture
def aws(seeded: str) -> Iterator[str]:
    """Point the environment at the seeded AWS, through the overlay; gives its own URL."""
    with overlaid(seeded) as overlay:
        yield from emulated_aws(overlay.url)


@pytest.fixture(scope="package")
def right(seeded: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Make the world in which nothing keeps an upgrade back."""
    folder = tmp_path_factory.mktemp("world")
    live = worlds.repository(folder)
    github: dict[str, Any] = {}

    def answer(_: Asked, __: str) -> Answer:
        return Answer(status=github.get("status", 200), headers={"X-OAuth-Scopes": "repo", **github.get("headers", {})})

    with serve(answer) as server, overlaid(seeded) as overlay, surrounded(pointed(overlay.url)):
        settings = worlds.settings(live, folder, github_url=server.url)
        yield worlds.World(
            settings=settings,
            snapshot=once.look(settings, {}),
            folder=folder,
            github=github,
            environment={
                "PATH": str(stubs.install(folder / "bin")),
                "AWS_REGION": "us-west-2",
                "GITHUB_OAUTH_TOKEN": SECRET,
            },
        )


@pytest.fixture
def world(right: World, tmp_path: Path) -> World:
    """Give the world to a test, with a folder of its own."""
    right.github.clear()
    return replace(right, folder=tmp_path)
