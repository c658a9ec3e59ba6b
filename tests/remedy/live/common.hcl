# What all accounts share.

locals {
  # JSON, so that scripts can read it too.
  accounts = jsondecode(file("accounts.json"))
  account_ids = {
    for name, account in local.accounts : name => account.id
  }

  # Used by what does not live in a region, and by the registry of the pipeline's images.
  default_region = "us-west-2"

  name_prefix = "example"

  # The pipeline's own images live in the shared account. Their versions are releases of terraform-aws-ci.
  #
  # Before the move to the release with Python 3.12, this was:
  # deploy_runner_container_image_tag = "v0.52.1"
  deploy_runner_ecr_uri             = "${local.account_ids.shared}.dkr.ecr.${local.default_region}.amazonaws.com/ecs-deploy-runner"
  deploy_runner_container_image_tag = "v0.57.3"

  # Kaniko builds the images.
  kaniko_ecr_uri             = "${local.account_ids.shared}.dkr.ecr.${local.default_region}.amazonaws.com/kaniko"
  kaniko_container_image_tag = "v0.52.1"

  # The repository that the pipeline plans and applies.
  infra_live_repo_https = "https://git.example.com/example-corp/infrastructure-live.git"
  infra_live_repo_ssh   = "git@git.example.com:example-corp/infrastructure-live.git"

  # More repositories that may ask for a plan or an apply.
  additional_plan_and_apply_repos = []
}
