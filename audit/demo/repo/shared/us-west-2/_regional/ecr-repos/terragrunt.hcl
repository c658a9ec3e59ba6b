# The registry that every account pulls the pipeline's images from.

terraform {
  source = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/data-stores/ecr-repos?ref=v0.116.1"
}

include "root" {
  path = find_in_parent_folders()
}

locals {
  common_vars    = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  all_but_shared = [for name, id in local.common_vars.locals.account_ids : id if name != "shared"]

  read_from_all = {
    external_account_ids_with_read_access  = local.all_but_shared
    external_account_ids_with_write_access = []
    enable_automatic_image_scanning        = true
    tags                                   = {}
  }
}

inputs = {
  repositories = {
    ecs-deploy-runner = local.read_from_all
    kaniko            = local.read_from_all
    sample-app        = local.read_from_all
  }
}
