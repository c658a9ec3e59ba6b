include "runner" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/runner.hcl"
}

terraform {
  source = "${get_env("MODULES")}//modules/mgmt/ecs-deploy-runner?ref=${local.ref}"
}

locals {
  ref = "v0.107.5"
}
