include "runner" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_envcommon/runner.hcl"
}
