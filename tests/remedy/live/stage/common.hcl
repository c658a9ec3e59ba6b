# What all accounts share, as stage sees it: the nearest common.hcl counts, so this one hides the one at the root.

locals {
  root = read_terragrunt_config(find_in_parent_folders("common.hcl"))

  accounts       = local.root.locals.accounts
  account_ids    = local.root.locals.account_ids
  default_region = local.root.locals.default_region
  name_prefix    = local.root.locals.name_prefix

  # Stage tries the next release first.
  deploy_runner_ecr_uri             = local.root.locals.deploy_runner_ecr_uri
  deploy_runner_container_image_tag = "v0.59.9"
  kaniko_ecr_uri                    = local.root.locals.kaniko_ecr_uri
  kaniko_container_image_tag        = local.root.locals.kaniko_container_image_tag

  infra_live_repo_https           = local.root.locals.infra_live_repo_https
  infra_live_repo_ssh             = local.root.locals.infra_live_repo_ssh
  additional_plan_and_apply_repos = local.root.locals.additional_plan_and_apply_repos
}
