include "common" {
  path = find_in_parent_folders("common.hcl")
}

inputs = {
  name = "second"
}
