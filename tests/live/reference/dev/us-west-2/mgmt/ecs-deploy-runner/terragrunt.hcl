include "root" {
  path = find_in_parent_folders()
}

include "envcommon" {
  path   = "${dirname(find_in_parent_folders())}/_envcommon/mgmt/ecs-deploy-runner.hcl"
  expose = true
}

# This account tries a build of its own; a local shadows what common.hcl says.
locals {
  deploy_runner_container_image_tag = "v0.51.8"
}

terraform {
  source = "${include.envcommon.locals.source_base_url}?ref=v0.107.5"
}

inputs = {
  terraform_planner_config = {
    container_image = {
      docker_image = include.envcommon.locals.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.deploy_runner_container_image_tag
    }
  }
}
