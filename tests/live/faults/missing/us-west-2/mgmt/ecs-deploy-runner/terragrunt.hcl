# A permissions file that is not there: no tag depends on it, and Terragrunt refuses all the same.
include "runner" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/runner.hcl"
}

locals {
  permissions = yamldecode(file("permissions.yml"))
}

inputs = {
  terraform_applier_config = {
    container_image = {
      docker_image = "registry.example.com/runner"
      docker_tag   = "v0.51.8"
    }
    iam_policy = local.permissions
  }
}
