"""A root of plain Terraform, end to end: real terraform, and the AWS CLI itself where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.aws import REGION
from tests.remedy.carried.world import ACCOUNTS, LOOK, NEW, OLD, RUNNER

if TYPE_CHECKING:
    from tests.remedy.carried.world import Make, World

ROOT = f"""module "ecs_deploy_runner" {{
  source = "../modules/ecs-deploy-runner"
  name   = "ecs-deploy-runner"

  docker_image_builder_config = null
  ami_builder_config          = null

  terraform_planner_config = {{
    container_image = {{ docker_image = "{RUNNER}", docker_tag = "{NEW}" }}
  }}
  terraform_applier_config = {{
    container_image = {{ docker_image = "{RUNNER}", docker_tag = "{NEW}" }}
  }}
}}
"""
CONFIG = f"""[[root]]
path = "runner"
account = "dev"
region = "{REGION}"
"""
_EACH_ONCE = """#!/bin/bash
mkdir "$CARRIED/real.$1.$2" 2>"$CARRIED/again" && exec {real} "$@"
source "$CARRIED/programs/aws.sh"
"""


def use_the_real_cli(world: World) -> None:
    """Have the AWS CLI itself answer the first call of each sort, if it can be started here: it is slow to start."""
    found = shutil.which("aws")
    real = Path(found).resolve() if found else None
    if (
        real
        and subprocess.run([real, "--version"], capture_output=True, check=False, env=world.environment).returncode == 0
    ):
        program = world.folder / "bin" / "aws"
        program.write_text(_EACH_ONCE.format(real=real))


@pytest.mark.thorough
def test_a_root_of_plain_terraform(tmp_path: Path, make: Make) -> None:
    """Its plan is saved, shown and applied as it is, and gone then; drift before, none after."""
    world = make()
    shutil.rmtree(world.live)
    shutil.rmtree(tmp_path / "remote.git")
    (world.live / "runner").mkdir(parents=True)
    (world.live / "runner" / "main.tf").write_text(ROOT)
    (world.live / "accounts.json").write_text(json.dumps(ACCOUNTS))
    (world.live / "modules" / "ecs-deploy-runner").mkdir(parents=True)
    shutil.copy(world.carried / "programs" / "standalone.tf", world.live / "modules" / "ecs-deploy-runner" / "main.tf")
    world.commit()
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    use_the_real_cli(world)

    sha = world.plan("--config", str(config))
    assert {tag for tag, _ in world.running("dev").values()} == {OLD}
    done = world.apply(sha, *LOOK, "--config", str(config))
    assert done.code == 0, done.err
    assert world.running("dev") == {"terraform-planner": (NEW, 2), "terraform-applier": (NEW, 2)}
    assert "family ecs-deploy-runner-terraform-applier" in done.out
    assert world.states()[0] == {(OLD, 1)}
    assert list((world.folder / "tmp").iterdir()) == []
