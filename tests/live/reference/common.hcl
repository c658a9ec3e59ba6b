locals {
  accounts    = jsondecode(file("accounts.json"))
  account_ids = { for name, account in local.accounts : name => account.id }

  name_prefix    = "example"
  default_region = "us-west-2"

  # deploy_runner_container_image_tag = "v0.38.10" is what this said before
  deploy_runner_ecr_uri             = "${local.account_ids.shared}.dkr.ecr.${local.default_region}.amazonaws.com/ecs-deploy-runner"
  deploy_runner_container_image_tag = "v0.52.1"

  kaniko_ecr_uri             = "${local.account_ids["shared"]}.dkr.ecr.${local.default_region}.amazonaws.com/kaniko"
  kaniko_container_image_tag = "v0.51.4"
}
