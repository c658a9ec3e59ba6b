"""The look at the workstation, once: tools, checkout, environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.model import Fact, Gap, Unread
from audit.workstation.checkout import read_checkout
from audit.workstation.model import Checkout, Workstation
from audit.workstation.surroundings import read_surroundings
from audit.workstation.tools import TIMEOUT, find_tools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.workstation.checkout import Git


def read_workstation(
    environment: Mapping[str, str], root: Path | None, git: Git, *, timeout: float = TIMEOUT
) -> Workstation:
    """Look; ``root`` is the top level of the audited repository, None where only a snapshot is judged."""
    checkout: Fact[Checkout | None] = (
        Unread(gap=Gap(what="checkout", message="checkout: no repository given; name it by --infra-live PATH"))
        if root is None
        else read_checkout(root, git)
    )
    return Workstation(
        tools=find_tools(environment, root, timeout=timeout),
        checkout=checkout,
        surroundings=read_surroundings(environment),
    )
