# A runner from before Terragrunt came: a plain Terraform root, applied by hand like all the others.

terraform {
  required_version = ">= 1.1.0"

  backend "s3" {
    bucket = "example-dev-us-west-2-tf-state"
    key    = "standalone/ci-runner/terraform.tfstate"
    region = "us-west-2"
  }
}

provider "aws" {
  region              = var.aws_region
  allowed_account_ids = ["345678901234"]
}

module "ecs_deploy_runner" {
  source = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.116.1"

  name       = "sandbox-runner"
  vpc_id     = var.vpc_id
  subnet_ids = var.private_subnet_ids

  docker_image_builder_config = null
  ami_builder_config          = null

  terraform_planner_config = {
    container_image = local.deploy_runner
    iam_policy      = {}
  }

  terraform_applier_config = {
    container_image = local.deploy_runner
    iam_policy      = {}
  }
}

locals {
  deploy_runner = {
    docker_image = "234567890123.dkr.ecr.${var.aws_region}.amazonaws.com/ecs-deploy-runner"
    docker_tag   = var.deploy_runner_tag
  }
}
