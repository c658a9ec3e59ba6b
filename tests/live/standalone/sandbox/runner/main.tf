provider "aws" {
  region              = "us-west-2"
  allowed_account_ids = ["123456789012"]
}

module "this" {
  source = "../../modules//ecs-deploy-runner"

  terraform_planner_config = { container_image = { docker_image = "registry.example.com/runner"  docker_tag = "v1" } }
}
