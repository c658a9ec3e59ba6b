terraform {
  source = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.104.2"
}

inputs = {
  docker_image_builder_config = null
  ami_builder_config          = null
  terraform_applier_config    = null
  terraform_planner_config = {
    container_image = {
      docker_image = "registry.example.com/runner"
      docker_tag   = "v0.52.1"
    }
  }
}
