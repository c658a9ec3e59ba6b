include "root" {
  path           = find_in_parent_folders("root.hcl")
  merge_strategy = "deep"
}

include "runner" {
  path           = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/runner.hcl"
  merge_strategy = "deep"
  expose         = true
}

include "unused" {
  path           = "${get_terragrunt_dir()}/../../../../versions.hcl"
  merge_strategy = "no_merge"
  expose         = true
}

inputs = {
  name = "ecs-deploy-runner-eu"

  docker_image_builder_config = {
    container_image = {
      docker_image = "registry.example.com/kaniko"
      docker_tag   = include.unused.locals.tags.kaniko
    }
  }

  terraform_planner_config = {
    container_image = {
      docker_tag = "v1.0.0"
    }
  }

  additional_container_images = {
    linter = {
      docker_image = "registry.example.com/linter"
      docker_tag   = get_env("LINTER_TAG", "v2")
    }
    poster = {
      docker_image = "registry.example.com/poster"
      docker_tag   = get_env("POSTER_TAG")
    }
  }
}
