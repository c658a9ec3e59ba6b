# terraform-aws-ci's modules: the standard configuration's output is the runner's input.
provider "aws" {
  region = var.aws_region

  assume_role {
    role_arn = "arn:aws:iam::${var.aws_account_id}:role/allow-full-access-from-other-accounts"
  }
}

locals {
  registry = "${var.registry_account_id}.dkr.ecr.${var.aws_region}.amazonaws.com"

  deploy_runner = {
    docker_image = "${local.registry}/ecs-deploy-runner"
    docker_tag   = var.deploy_runner_tag
  }
}

module "ecs_deploy_runner" {
  source = "git::git@github.com:gruntwork-io/terraform-aws-ci.git//modules/ecs-deploy-runner?ref=v0.52.1"

  container_images = merge(module.standard_config.container_images, {})
  vpc_id           = var.vpc_id
}

module "standard_config" {
  source = "git::git@github.com:gruntwork-io/terraform-aws-ci.git//modules/ecs-deploy-runner-standard-configuration?ref=v0.52.1"

  docker_image_builder = {
    container_image = {
      docker_image = "${local.registry}/kaniko"
      docker_tag   = var.kaniko_tag
    }
  }
  ami_builder       = null
  terraform_planner = { container_image = local.deploy_runner }
  terraform_applier = { container_image = merge(local.deploy_runner, { docker_tag = var.applier_tag }) }
}
