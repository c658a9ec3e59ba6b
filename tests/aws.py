"""An emulated AWS for tests: moto's real HTTP server, the accounts of the examples, and how to get into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.demo.emulator import emulator, environment, settings
from audit.demo.seed import push_image, seed_runner, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DEV",
    "PROD",
    "REGION",
    "ROLE_ARN",
    "SHARED",
    "emulated_aws",
    "emulator",
    "push_image",
    "seed_runner",
    "sign_in",
]

DEV = "345678901234"
PROD = "456789012345"
SHARED = "234567890123"
REGION = "us-west-2"
ROLE_ARN = "arn:aws:iam::{account_id}:role/pipelines-audit"


def emulated_aws(endpoint: str) -> Iterator[str]:
    """Point the environment at an emulator and nothing else, for as long as the generator is held."""
    with environment(settings(endpoint)):
        yield endpoint
