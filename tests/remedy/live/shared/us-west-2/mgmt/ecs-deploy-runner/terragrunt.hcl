include "root" {
  path = find_in_parent_folders()
}

include "envcommon" {
  path           = "${dirname(find_in_parent_folders())}/_envcommon/mgmt/ecs-deploy-runner.hcl"
  merge_strategy = "deep"
  expose         = true
}

locals {
  common_vars = read_terragrunt_config(find_in_parent_folders("common.hcl"))
}

# The one account that builds images, for all others.
inputs = {
  docker_image_builder_config = {
    container_image = {
      docker_image = local.common_vars.locals.kaniko_ecr_uri
      docker_tag   = local.common_vars.locals.kaniko_container_image_tag
    }
    allowed_repos = [
      local.common_vars.locals.infra_live_repo_https,
      "https://github.com/gruntwork-io/terraform-aws-ci.git",
    ]
    allowed_repos_regex = []
    git_config = {
      username_secrets_manager_arn = include.envcommon.locals.github_pat_secrets_manager_arn
      password_secrets_manager_arn = null
    }
    secrets_manager_env_vars = {
      GITHUB_OAUTH_TOKEN = include.envcommon.locals.github_pat_secrets_manager_arn
    }
    environment_vars = {}
    iam_policy = {
      PushImages = {
        effect    = "Allow"
        actions   = ["ecr:*"]
        resources = ["*"]
      }
    }
  }

  ami_builder_config = {
    container_image = {
      docker_image = local.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = local.common_vars.locals.deploy_runner_container_image_tag
    }
    allowed_repos = [
      local.common_vars.locals.infra_live_repo_https,
      "https://github.com/gruntwork-io/terraform-aws-service-catalog.git",
    ]
    allowed_repos_regex = []
    repo_access_https_tokens = {
      github_token_secrets_manager_arn = include.envcommon.locals.github_pat_secrets_manager_arn
    }
    secrets_manager_env_vars = {
      GITHUB_OAUTH_TOKEN = include.envcommon.locals.github_pat_secrets_manager_arn
    }
    environment_vars = {}
    iam_policy = {
      BuildMachineImages = {
        effect    = "Allow"
        actions   = ["ec2:*", "kms:Decrypt", "kms:GenerateDataKey*"]
        resources = ["*"]
      }
    }
  }

  # Instances of our own keep the layers of the images between two builds.
  ec2_worker_pool_configuration = {
    ami_filters = {
      owners = [local.common_vars.locals.account_ids.shared]
      filters = [
        {
          name   = "name"
          values = ["ecs-deploy-runner-worker-v0.116.1-*"]
        },
      ]
    }
    instance_type = "m5.large"
  }
}
