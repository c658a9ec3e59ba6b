locals {
  versions = read_terragrunt_config("${get_parent_terragrunt_dir()}/versions.hcl")
  path     = split("/", path_relative_to_include())
}

inputs = {
  name       = "runner-${local.path[0]}"
  account    = local.path[0]
  tags       = ["root"]
  additional_container_images = {
    scanner = {
      docker_image = "registry.example.com/scanner"
      docker_tag   = local.versions.locals.tags["scanner"]
    }
  }
}
