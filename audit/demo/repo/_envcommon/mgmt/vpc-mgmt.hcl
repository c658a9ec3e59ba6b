# The network that management tools run in, alike in every account.

terraform {
  source = "${local.source_base_url}?ref=v0.116.1"
}

locals {
  source_base_url = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/networking/vpc-mgmt"

  common_vars  = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_vars = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region_vars  = read_terragrunt_config(find_in_parent_folders("region.hcl"))
}

inputs = {
  vpc_name         = "${local.account_vars.locals.account_name}-mgmt"
  cidr_block       = local.account_vars.locals.mgmt_cidr_block
  num_nat_gateways = 1
  aws_region       = local.region_vars.locals.aws_region
  tags = {
    Owner = local.common_vars.locals.name_prefix
  }
}
