"""The files that a repository starts with, as text: the templates, with what was found and wished filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from audit.configuration.file import FILE_NAME
from audit.errors import UsageError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.starter.survey import Survey

WORKFLOWS: Final[Mapping[str, tuple[str, str]]] = {
    "github": ("github.yml", ".github/workflows/pipelines-audit.yml"),
    "gitlab": ("gitlab.yml", ".gitlab/pipelines-audit.yml"),
    "circleci": ("circleci.yml", ".circleci/config.yml"),
    "jenkins": ("Jenkinsfile", "pipelines-audit.Jenkinsfile"),
}
WAIVERS: Final = "waivers.yaml"
# What stands in the templates, and is filled in: they are valid, and readable, as they are.
PACKAGE: Final = "pipelines-audit[history] @ git+https://git.example.com/platform/pipelines-audit@v0.1.0"
ROLE: Final = "arn:aws:iam::{account_id}:role/pipelines-audit"
_HUB = "arn:aws:iam::111122223333:role/"
_REGION = "us-west-2"
_SCOPES = ('PIPELINES_AUDIT_INFRA_LIVE: "."', "PIPELINES_AUDIT_INFRA_LIVE = '.'")
# What needs no quoting, in YAML between double quotes and in Groovy between single ones.
_PLAIN = re.compile(r"[A-Za-z0-9 \[\]{}@%+=:,./_~<>-]{1,300}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a workflow is told: where pipelines-audit is installed from, and the role in every account."""

    package: str = PACKAGE
    role_arn: str = ROLE


def policy_file(found: Survey) -> str:
    """Write pipelines-audit.toml: every value is the default, so that it changes nothing yet."""
    head = "".join(f"# {line}\n" for line in ("Found by pipelines-audit init:", *found.lines()))
    return f"{head}#\n{_template(FILE_NAME)}"


def waivers_file() -> str:
    """Write waivers.yaml: nothing is accepted yet."""
    return _template(WAIVERS)


def workflow(ci: str, found: Survey, wishes: Wishes) -> str:
    """Write the nightly workflow of a CI system; UsageError where a value can't stand in one."""
    for what, value in (("--package", wishes.package), ("--role-arn", wishes.role_arn), ("folder", found.scope)):
        if value and not _PLAIN.fullmatch(value):
            raise UsageError(f"{what} {one_line(value)!r}: cannot stand in a workflow; use letters, digits and @:/._-")
    text = _template(WORKFLOWS[ci][0]).replace(PACKAGE, wishes.package).replace(ROLE, wishes.role_arn)
    for line in _SCOPES if found.scope else ():
        text = text.replace(line, line.replace(".", found.scope))
    if found.hub and re.fullmatch(r"\d{12}", found.hub):
        text = text.replace(_HUB, _HUB.replace("111122223333", found.hub))
    if found.regions and re.fullmatch(r"[a-z0-9-]{5,30}", found.regions[0]):
        text = text.replace(_REGION, found.regions[0])
    return text


def _template(name: str) -> str:
    return files("audit.starter").joinpath("templates", name).read_text(encoding="utf-8")
