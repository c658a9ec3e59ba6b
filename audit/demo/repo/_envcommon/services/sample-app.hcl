# A service of the product: its image has a tag too, and is no business of the pipeline.

terraform {
  source = "${local.source_base_url}?ref=v0.116.1"
}

locals {
  source_base_url = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/services/ecs-service"
  common_vars     = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_vars    = read_terragrunt_config(find_in_parent_folders("account.hcl"))
}

inputs = {
  service_name = "sample-app"
  ecs_cluster  = "${local.account_vars.locals.account_name}-apps"
  container_definitions = [
    {
      name  = "web"
      image = "${local.common_vars.locals.account_ids.shared}.dkr.ecr.${local.common_vars.locals.default_region}.amazonaws.com/sample-app:${local.account_vars.locals.sample_app_tag}"
    },
  ]
}
