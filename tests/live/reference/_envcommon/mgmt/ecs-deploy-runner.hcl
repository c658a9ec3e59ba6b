terraform {
  source = "${local.source_base_url}?ref=v0.104.2"
}

dependency "vpc_mgmt" {
  config_path = "${get_terragrunt_dir()}/../vpc-mgmt"

  mock_outputs = {
    vpc_id = "vpc-mock"
  }
}

locals {
  source_base_url = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"

  common_vars = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  region_vars = read_terragrunt_config(find_in_parent_folders("region.hcl"))

  permissions = yamldecode(templatefile("permissions.yml", { region = local.region_vars.locals.aws_region }))
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
    vpc_id     = dependency.vpc_mgmt.outputs.vpc_id
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
