"""A fleet for benchmarks: an infrastructure-live repository of any number of accounts and regions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = ("eu-west-1", "us-east-1", "us-west-2")

_ROOT = """\
locals {
  common_vars  = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_vars = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region_vars  = read_terragrunt_config(find_in_parent_folders("region.hcl"))

  account_name = local.account_vars.locals.account_name
  account_id   = local.common_vars.locals.account_ids[local.account_name]
  aws_region   = local.region_vars.locals.aws_region
}

remote_state {
  backend = "s3"
  config = {
    bucket = "${local.common_vars.locals.name_prefix}-${local.account_name}-state"
    key    = "${path_relative_to_include()}/terraform.tfstate"
    region = local.aws_region
  }
}

inputs = {
  aws_account_id = local.account_id
  aws_region     = local.aws_region
}
"""
_COMMON = """\
locals {
  accounts    = jsondecode(file("accounts.json"))
  account_ids = { for name, account in local.accounts : name => account.id }

  default_region = "us-west-2"
  name_prefix    = "example"

  registry = "${local.account_ids.shared}.dkr.ecr.${local.default_region}.amazonaws.com"

  deploy_runner_ecr_uri             = "${local.registry}/ecs-deploy-runner"
  deploy_runner_container_image_tag = "v0.52.1"
  kaniko_ecr_uri                    = "${local.registry}/kaniko"
  kaniko_container_image_tag        = "v0.52.1"
}
"""
_ENVCOMMON = """\
terraform {
  source = "${local.source_base_url}?ref=v0.104.2"
}

dependency "vpc_mgmt" {
  config_path  = "${get_terragrunt_dir()}/../vpc-mgmt"
  mock_outputs = { vpc_id = "vpc-mock" }
}

locals {
  source_base_url = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"

  common_vars  = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_vars = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region_vars  = read_terragrunt_config(find_in_parent_folders("region.hcl"))
  account_name = local.account_vars.locals.account_name
  aws_region   = local.region_vars.locals.aws_region
  state_bucket = lower("${local.common_vars.locals.name_prefix}-${local.account_name}-${local.aws_region}-state")

  permissions = yamldecode(templatefile("permissions.yml", { state_bucket = local.state_bucket }))
}

inputs = {
  name   = "ecs-deploy-runner"
  vpc_id = dependency.vpc_mgmt.outputs.vpc_id

  docker_image_builder_config = null
  ami_builder_config          = null

  terraform_planner_config = {
    container_image = {
      docker_image = local.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.common_vars.locals.deploy_runner_container_image_tag
    }
    iam_policy = local.permissions
  }

  terraform_applier_config = {
    container_image = {
      docker_image = local.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.common_vars.locals.deploy_runner_container_image_tag
    }
    iam_policy = local.permissions
  }
}
"""
_PERMISSIONS = """\
StateBucket:
  effect: Allow
  actions: ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
  resources:
    - arn:aws:s3:::${state_bucket}
    - arn:aws:s3:::${state_bucket}/*
Describe:
  effect: Allow
  actions: ["ec2:Describe*", "ecs:Describe*", "ecs:List*", "iam:Get*", "iam:List*", "kms:Describe*"]
  resources: ["*"]
"""
_UNIT = """\
include "root" {
  path = find_in_parent_folders()
}

include "envcommon" {
  path = "${dirname(find_in_parent_folders())}/_envcommon/mgmt/ecs-deploy-runner.hcl"
}
"""
_SHADOWING = (
    _UNIT
    + """\

locals {
  common_vars                       = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  deploy_runner_container_image_tag = "v0.51.8"
}

inputs = {
  terraform_planner_config = {
    container_image = {
      docker_image = local.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.deploy_runner_container_image_tag
    }
  }
}
"""
)


def write_fleet(root: Path, units: int, regions: tuple[str, ...] = REGIONS) -> None:
    """Write a repository with that many units, each account in all regions, every tenth account with a shadow."""
    accounts_needed = -(-units // len(regions))
    names = ["shared", *(f"account{number:04}" for number in range(1, accounts_needed))]
    accounts = {name: {"id": f"{number:012}", "deploy_order": number} for number, name in enumerate(names, start=1)}
    _write(root / "accounts.json", json.dumps(accounts, indent=2))
    _write(root / "terragrunt.hcl", _ROOT)
    _write(root / "common.hcl", _COMMON)
    _write(root / "_envcommon/mgmt/ecs-deploy-runner.hcl", _ENVCOMMON)
    _write(root / "_envcommon/mgmt/permissions.yml", _PERMISSIONS)
    for number, name in enumerate(names):
        _write(root / name / "account.hcl", f'locals {{\n  account_name = "{name}"\n}}\n')
        for region in regions:
            _write(root / name / region / "region.hcl", f'locals {{\n  aws_region = "{region}"\n}}\n')
            unit = root / name / region / "mgmt/ecs-deploy-runner/terragrunt.hcl"
            _write(unit, _SHADOWING if number % 10 == 9 else _UNIT)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
