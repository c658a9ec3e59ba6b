# The root configuration: it has no source, so it is no unit.
locals {
  common_vars  = read_terragrunt_config(find_in_parent_folders("common.hcl"))
  account_vars = read_terragrunt_config(find_in_parent_folders("account.hcl"))
}

remote_state {
  backend = "s3"
  config = {
    bucket = "${local.common_vars.locals.name_prefix}-${local.account_vars.locals.account_name}-state"
    key    = "${path_relative_to_include()}/terraform.tfstate"
  }
}

inputs = {
  name_prefix = local.common_vars.locals.name_prefix
}
