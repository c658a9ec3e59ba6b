"""The grounds of readiness: the target, the workstation and the token, gathered beside the look at the fleet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.declared.git import run_git
from audit.declared.tree import open_tree
from audit.errors import UsageError
from audit.model import Fact
from audit.released.target import target
from audit.released.token import Token, examine
from audit.workstation.look import read_workstation
from audit.workstation.model import Workstation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.configuration.config import Settings
    from audit.released.model import Released


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounds:
    """What readiness is judged on beside the snapshot."""

    to: str
    workstation: Workstation
    token: Fact[Token | None]


def gather(settings: Settings, environment: Mapping[str, str], released: Released) -> Grounds:
    """Look at the workstation and, unless ``--offline``, ask GitHub about the token: one request.

    Raises UsageError where no target is named, or none that can be.
    """
    if settings.to is None:
        raise UsageError("no target given: name the release to upgrade to by --to VERSION, or --to latest-allowed")
    to = target(settings.to, released, settings.policy, datetime.now(UTC).date())
    root = open_tree(settings.infra_live)[0].root if settings.infra_live is not None else None
    return Grounds(
        to=to,
        workstation=read_workstation(environment, root, run_git),
        token=examine(settings, environment, to),
    )
