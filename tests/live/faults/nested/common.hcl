include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"
}

inputs = {
  docker_image_builder_config = null
  ami_builder_config          = null
  terraform_applier_config    = null
  terraform_planner_config    = null
}
