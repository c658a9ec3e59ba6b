"""The situations that plans are proved by, each a real repository beside what AWS is said to show."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audit.released.model import Release, Released
from audit.remedy.plan import Plan
from audit.remedy.way import Way
from tests.remedy.fleet import APPLIER, BUILDER, KANIKO, NEWEST, PACKER, PLANNER, REGION, RUNNER, plan, seen

OLD = "v0.38.10"
STANDALONE = f"""# One account, everything in one root.
provider "aws" {{
  region              = "{REGION}"
  allowed_account_ids = ["234567890123"]
}}

module "ecs_deploy_runner" {{
  source = "git::git@github.com:example/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.107.5"

  ami_builder_config = {{
    container_image = {{ docker_image = "{RUNNER}", docker_tag = "v0.57.3" }}
  }}
  docker_image_builder_config = {{
    container_image = {{ docker_image = "{KANIKO}", docker_tag = "v0.57.3" }}
  }}
  terraform_applier_config = {{
    container_image = {{ docker_image = "{RUNNER}", docker_tag = "v0.57.3" }}
  }}
  terraform_planner_config = {{
    container_image = {{ docker_image = "{RUNNER}", docker_tag = "v0.57.3" }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One situation: how its repository is made, and how its plan."""

    name: str
    make: Callable[[Path], Plan]


LIVE = Path(__file__).resolve().parent / "live"
_TAG = re.compile(
    r"(?P<before>(?:deploy_runner|kaniko)_container_image_tag = |DOCKERFILE_REPO_REF=|\n  MODULE_CI_VERSION: )"
    r"(?P<quote>\"?)v[0-9][0-9.]*"
)


def fleet(repository: Path, tag: str | None = None, *, repo: str = "gruntwork-io/terraform-aws-ci") -> Path:
    """Copy the sample fleet, as it drifted or with every version at ``tag``."""
    for source in sorted(path for path in LIVE.rglob("*") if path.is_file()):
        target = repository / source.relative_to(LIVE)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text().replace("github.com/gruntwork-io/terraform-aws-ci", f"github.com/{repo}")
        target.write_text(_TAG.sub(rf"\g<before>\g<quote>{tag}", text) if tag else text)
    return repository


def committed(repository: Path) -> Path:
    """Make a git repository of a folder, with one commit."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "--template=", "--initial-branch=main"), ("add", "--all"), (*who, "commit", "-mx")):
        subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True)
    return repository


def _in_sync(repository: Path) -> Plan:
    return plan(fleet(repository, NEWEST), seen(repository))


def _one_account(repository: Path) -> Plan:
    fleet(repository, NEWEST)
    running = {"prod": {PLANNER: f"{RUNNER}:v1.2.0", APPLIER: f"{RUNNER}:v1.2.0"}}
    return plan(repository, seen(repository, running=running))


def _no_barrier(repository: Path) -> Plan:
    fleet(repository, "v0.57.3")
    return plan(repository, seen(repository, asked=("v0.60.0",)), "v0.60.0")


def _barrier(repository: Path) -> Plan:
    fleet(repository, OLD)
    return plan(repository, seen(repository, asked=(NEWEST,)), NEWEST)


def _shadowed(repository: Path) -> Plan:
    fleet(repository)
    return plan(repository, seen(repository, asked=(NEWEST,)), NEWEST)


def _fork(repository: Path) -> Plan:
    fleet(repository, "v0.107.4-gwrc", repo="example/terraform-aws-ci")
    tags = ("v0.107.4-gwrc", "v0.107.5-gwrc")
    snapshot = seen(repository, asked=tags)
    releases = tuple(
        Release(tag=tag, published=date(2026, 1, day), backward_incompatible=False, modules_affected=())
        for day, tag in enumerate(tags, 1)
    )
    source = Released(
        kind="file", where="x", release_repo="example/terraform-aws-ci", as_of=date(2026, 1, 9), releases=releases
    )
    object.__setattr__(snapshot, "released", source)
    return plan(repository, snapshot, "v0.107.5-gwrc")


def standalone(repository: Path) -> None:
    """Write a root of plain Terraform in one account."""
    (repository / "runner").mkdir(parents=True)
    (repository / "accounts.json").write_text('{"shared": "234567890123"}\n')
    (repository / "runner" / "main.tf").write_text(STANDALONE)


def _standalone(repository: Path) -> Plan:
    standalone(repository)
    return plan(repository, seen(repository, asked=(NEWEST,)), NEWEST)


def _one_unread(repository: Path) -> Plan:
    fleet(repository, "v1.2.0")
    held = {"ecs-deploy-runner": ("v1.2.0", NEWEST), "kaniko": ("v1.2.0", NEWEST)}
    return plan(repository, seen(repository, pushed=held, unread=("dev",)), NEWEST, way=Way.parse("AWS_PROFILE"))


def _drifted(repository: Path) -> Plan:
    fleet(repository)
    running = {
        "security": {APPLIER: f"{RUNNER[:-18]}/deploy-runner:v0.57.3", PACKER: f"{RUNNER}:v0.52.1"},
        "shared": {BUILDER: f"{KANIKO}:v0.50.0"},
    }
    held = {"ecs-deploy-runner": ("v0.57.3", "v0.57.4"), "kaniko": ()}
    snapshot = seen(repository, running=running, pushed=held, asked=("v0.59.9", "v0.52.1"), bare=("stage",))
    return plan(repository, snapshot)


SCENARIOS = (
    Scenario(name="nothing-to-do", make=_in_sync),
    Scenario(name="converge-one-account", make=_one_account),
    Scenario(name="converge-drifted", make=_drifted),
    Scenario(name="upgrade", make=_no_barrier),
    Scenario(name="upgrade-across-barrier", make=_barrier),
    Scenario(name="shadowed-literal", make=_shadowed),
    Scenario(name="fork", make=_fork),
    Scenario(name="standalone", make=_standalone),
    Scenario(name="one-unread-account", make=_one_unread),
)
