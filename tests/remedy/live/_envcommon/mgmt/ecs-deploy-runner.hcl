# The pipeline's ECS Deploy Runner, as most accounts have it: plan and apply, but no image builds.

terraform {
  source = "${local.source_base_url}?ref=v0.116.1"
}

dependency "vpc_mgmt" {
  config_path = "${get_terragrunt_dir()}/../vpc-mgmt"

  mock_outputs = {
    vpc_id             = "vpc-mock"
    private_subnet_ids = ["subnet-mock-a", "subnet-mock-b"]
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "destroy"]
}

locals {
  source_base_url = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner"

  common_vars  = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_vars = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region_vars  = read_terragrunt_config(find_in_parent_folders("region.hcl"))

  account_name = local.account_vars.locals.account_name
  account_id   = local.common_vars.locals.account_ids[local.account_name]
  aws_region   = local.region_vars.locals.aws_region
  state_bucket = lower("${local.common_vars.locals.name_prefix}-${local.account_name}-${local.aws_region}-tf-state")

  # The secret lives in the shared account; others read it through its key's policy.
  github_pat_secrets_manager_arn = "arn:aws:secretsmanager:${local.aws_region}:${local.common_vars.locals.account_ids.shared}:secret:MachineUserGitHubPAT-EXAMPLE"

  infrastructure_live_repositories = concat(
    [local.common_vars.locals.infra_live_repo_https, local.common_vars.locals.infra_live_repo_ssh],
    local.common_vars.locals.additional_plan_and_apply_repos,
  )

  read_only_permissions = yamldecode(templatefile("read_only_permissions.yml", { state_bucket = local.state_bucket }))
  deploy_permissions    = yamldecode(templatefile("deploy_permissions.yml", { state_bucket = local.state_bucket }))
}

inputs = {
  name               = "ecs-deploy-runner"
  vpc_id             = dependency.vpc_mgmt.outputs.vpc_id
  private_subnet_ids = dependency.vpc_mgmt.outputs.private_subnet_ids

  shared_secrets_enabled     = true
  shared_secrets_kms_cmk_arn = "arn:aws:kms:${local.aws_region}:${local.common_vars.locals.account_ids.shared}:alias/shared-secrets"

  # Only the shared account builds images.
  docker_image_builder_config = null
  ami_builder_config          = null

  terraform_planner_config = {
    container_image = {
      docker_image = local.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.common_vars.locals.deploy_runner_container_image_tag
    }
    infrastructure_live_repositories       = local.infrastructure_live_repositories
    infrastructure_live_repositories_regex = []
    repo_access_https_tokens = {
      github_token_secrets_manager_arn = local.github_pat_secrets_manager_arn
    }
    secrets_manager_env_vars = {
      GITHUB_OAUTH_TOKEN = local.github_pat_secrets_manager_arn
    }
    environment_vars = {}
    iam_policy       = local.read_only_permissions
  }

  terraform_applier_config = {
    container_image = {
      docker_image = local.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.common_vars.locals.deploy_runner_container_image_tag
    }
    infrastructure_live_repositories       = local.infrastructure_live_repositories
    infrastructure_live_repositories_regex = []
    allowed_apply_git_refs                 = ["main", "origin/main"]
    allowed_update_variable_names          = ["tag", "image_version", "ami_version_tag"]
    repo_access_https_tokens = {
      github_token_secrets_manager_arn = local.github_pat_secrets_manager_arn
    }
    secrets_manager_env_vars = {
      GITHUB_OAUTH_TOKEN = local.github_pat_secrets_manager_arn
    }
    environment_vars = {}
    iam_policy       = local.deploy_permissions
  }
}
