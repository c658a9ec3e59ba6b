include {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "tfr://registry.example.com/example/ecs-deploy-runner/aws?version=3.2.1"
}

inputs = {
  docker_image_builder_config = null
  ami_builder_config          = null
  terraform_applier_config    = null
  terraform_planner_config = {
    container_image = {
      docker_image = "registry.example.com/runner"
      docker_tag   = include.locals.versions.locals.tags.runner
    }
  }
}
