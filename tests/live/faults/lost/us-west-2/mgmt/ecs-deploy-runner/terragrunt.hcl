include "runner" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/gone.hcl"
}

terraform {
  source = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.104.2"
}

inputs = {
  terraform_planner_config = {
    container_image = {
      docker_image = "registry.example.com/runner"
      docker_tag   = "v0.52.0"
    }
  }
}
