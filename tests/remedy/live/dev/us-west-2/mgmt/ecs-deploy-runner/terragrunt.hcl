include "root" {
  path = find_in_parent_folders()
}

include "envcommon" {
  path           = "${dirname(find_in_parent_folders())}/_envcommon/mgmt/ecs-deploy-runner.hcl"
  merge_strategy = "deep"
  expose         = true
}

locals {
  # A trial image, built from a branch; it was meant to stay for a week. It hides what common.hcl says.
  deploy_runner_container_image_tag = "v0.57.4"
}

inputs = {
  terraform_planner_config = {
    container_image = {
      docker_tag = local.deploy_runner_container_image_tag
    }
  }

  terraform_applier_config = {
    container_image = {
      docker_tag = local.deploy_runner_container_image_tag
    }
  }
}
