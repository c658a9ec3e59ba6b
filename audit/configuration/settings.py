"""Settings: everything that a run can be told, as plain values with their defaults.

The field names are the keys of ``pipelines-audit.toml``; ``audit.configuration.config`` fills them in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from audit.configuration.options import OPTIONS
from audit.configuration.policy import Limits, Policy
from audit.configuration.sections import SECTIONS
from audit.model import AccountEntry, SeverityName

DEEPEST = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """A plain Terraform root that the configuration names (``[[root]]``): ``path`` is relative to the scope.

    ``account`` is a name of an accounts file or a 12-digit id; ``var_files`` are relative to the root's directory.
    """

    path: str
    account: str | None = None
    region: str | None = None
    var_files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How much HCL is read in one file: ``size`` in bytes, ``depth`` of brackets and templates, ``tokens`` of code.

    A file at all three limits takes a few seconds and some 100 MB; a configuration of 3,000 lines stays below them.
    ``depth`` can be lowered only: the parser itself goes no deeper.
    """

    size: int = 1_000_000
    depth: int = 60
    tokens: int = 30_000

    def __post_init__(self) -> None:
        if not (0 < self.depth <= DEEPEST and self.size > 0 and self.tokens > 0):
            raise ValueError(f"size and tokens are above 0, depth is 1 to {DEEPEST}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything a run can be told; the field names are the keys of the configuration file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    infra_live: Path | None = None
    at: str | None = None
    var_file: tuple[str, ...] = ()
    root: tuple[Root, ...] = ()
    reading: Reading = field(default_factory=Reading)
    snapshot: Path | None = None
    role_arn: str | None = None
    profile: str | None = None
    external_id: str | None = None
    via: tuple[str, ...] = ()
    accounts: Mapping[str, AccountEntry] = field(default_factory=dict)
    organization: bool = False
    organization_role_arn: str | None = None
    organization_profile: str | None = None
    beyond_units: bool = False
    account: tuple[str, ...] = ()
    exclude_account: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    exclude_region: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    checks_dir: Path | None = None
    severity: SeverityName | None = None
    fail_on: SeverityName = "low"
    release_repo: str = "gruntwork-io/terraform-aws-ci"
    github_url: str = "https://api.github.com"
    releases_file: Path | None = None
    offline: bool = False
    to: str | None = None
    authenticator: str = "aws-vault exec {profile} --"
    auto_approve: bool = False
    wave: tuple[str, ...] = ()
    infra_live_repo: str | None = None
    max_age: str = "24h"
    max_parallel: int = 1
    max_release_age_days: int = 90
    workers: int | None = None
    processes: int | None = None
    scheduler: str | None = None
    shard: str | None = None
    state: Path | None = None
    resume: bool = False
    simulate_roles: bool = False
    simulate_caller: bool = False
    keyword: str = ""
    marks: str = ""
    waivers: Path | None = None
    max_waiver_days: int = 90
    baseline: Path | None = None
    previous: Path | None = None
    history: str | None = field(default=None, repr=False)
    notify: tuple[str, ...] = field(default=(), repr=False)
    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    severities: Mapping[str, SeverityName] = field(default_factory=dict)
    disabled: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether some of the fleet was left out by selection."""
        return bool(self.place_words() or self.shard)

    def place_words(self) -> str:
        """Give the selected accounts and regions as they would stand on the command line; empty where it is all."""
        names = ("account", "exclude_account", "region", "exclude_region")
        return " ".join(f"{OPTIONS[name].flag} {quoted(value)}" for name in names for value in getattr(self, name))

    def words(self) -> str:
        """Give the whole selection as it would stand on the command line; empty where everything is selected."""
        given = [self.place_words()] if self.place_words() else []
        given += [f"--check {quoted(value)}" for value in self.check]
        pairs = (("--shard", self.shard), ("--severity", self.severity), ("-k", self.keyword), ("-m", self.marks))
        return " ".join([*given, *(f"{name} {quoted(value)}" for name, value in pairs if value)])


def quoted(text: str) -> str:
    """Quote a value for a line that people may copy into a shell."""
    return text if re.fullmatch(r"[\w./:@=+-]+", text) else "'" + text.replace("'", "'\\''") + "'"


assert {one for one in Settings.__dataclass_fields__ if not one.startswith("_")} == {*OPTIONS, *SECTIONS}, (
    "every setting is an option or a section"
)
