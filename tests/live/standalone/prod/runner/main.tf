# The service catalog's module, everything written out.
terraform {
  required_version = ">= 1.0"
  backend "s3" {}
}

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["444455556666"]
}

provider "aws" {
  alias               = "other"
  region              = "us-east-1"
  allowed_account_ids = ["234567890123"]
}

module "ecs_deploy_runner" {
  # source = "../modules/ecs-deploy-runner"
  source = "git::https://x-access-token:ghp_abcdefghij@github.com/gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.107.5"

  name   = "prod-runner"
  vpc_id = data.aws_vpc.mgmt.id

  docker_image_builder_config = null
  ami_builder_config          = null

  terraform_planner_config = {
    container_image = {
      docker_image = "234567890123.dkr.ecr.eu-central-1.amazonaws.com/ecs-deploy-runner"
      docker_tag   = "v0.52.1"
    }
    secrets_manager_env_vars = { GITHUB_OAUTH_TOKEN = data.aws_secretsmanager_secret.pat.arn }
  }

  terraform_applier_config = {
    container_image = {
      docker_image = "234567890123.dkr.ecr.eu-central-1.amazonaws.com/ecs-deploy-runner"
      docker_tag   = "deploy-runner-v1"
    }
  }
}
