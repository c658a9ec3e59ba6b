"""Fixtures that tests of several rooms share."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from tests.aws import DEV, REGION, emulated_aws, emulator, seed_runner

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure() -> None:
    """Make the processes that tests start alike, however the tests themselves were started.

    Compiled modules are kept, also where the environment says not to: some five hundred processes would each compile
    the house again, which takes longer than whatever else they do. And they hear signals: a shell lets what it runs in
    the background ignore Ctrl-C, ``nohup`` a hang-up, and children inherit that.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Let no collector of garbage walk over six thousand tests and their modules again: they stay to the end.

    And seldom over what the tests make: most of it goes without one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """Run moto's server for the whole session; gives its URL."""
    with emulator() as endpoint:
        yield endpoint


@pytest.fixture
def aws(moto_endpoint: str) -> Iterator[str]:
    """Empty the emulated AWS, and point the environment at it and at nothing else; gives its URL."""
    requests.post(f"{moto_endpoint}/moto-api/reset", timeout=10).raise_for_status()
    yield from emulated_aws(moto_endpoint)


@pytest.fixture
def runner(aws: str) -> str:
    """Seed the emulated AWS with a runner of two containers in the account dev; gives its URL."""
    image = f"234567890123.dkr.ecr.{REGION}.amazonaws.com/ecs-deploy-runner:v0.52.1"
    seed_runner(aws, DEV, REGION, "ecs-deploy-runner", {"terraform-planner": image, "terraform-applier": image})
    return aws
