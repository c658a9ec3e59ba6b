locals {
  versions = read_terragrunt_config(find_in_parent_folders("versions.hcl"))
  module   = "${get_repo_root()}/modules//mgmt/ecs-deploy-runner"
}

terraform {
  source = local.module
}

dependency "ecr" {
  config_path = "../ecr"
  enabled     = false

  mock_outputs = {
    url = "234567890123.dkr.ecr.eu-west-1.amazonaws.com"
  }
}

inputs = {
  docker_image_builder_config = null
  ami_builder_config          = null

  terraform_planner_config = {
    container_image = {
      docker_image = "${dependency.ecr.outputs.url}/ecs-deploy-runner"
      docker_tag   = local.versions.locals.tags.runner
    }
    iam_policy = { a = 1 }
  }

  terraform_applier_config = {
    container_image = {
      docker_image = "registry.example.com/${basename(get_terragrunt_dir())}"
      docker_tag = chomp(<<-EOT
        ${lower("V1")}
      EOT
      )
    }
  }
}
