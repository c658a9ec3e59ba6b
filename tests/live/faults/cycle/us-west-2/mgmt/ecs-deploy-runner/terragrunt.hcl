include "runner" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/runner.hcl"
}

locals {
  first  = local.second
  second = "${local.first}-x"
}

inputs = {
  terraform_applier_config = {
    container_image = {
      docker_image = "registry.example.com/runner"
      docker_tag   = local.first
    }
  }
}
