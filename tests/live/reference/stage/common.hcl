# Nearer than the root's common.hcl, so the root's is dead for stage.
locals {
  root = read_terragrunt_config(find_in_parent_folders("common.hcl"))

  name_prefix                       = local.root.locals.name_prefix
  deploy_runner_ecr_uri             = local.root.locals.deploy_runner_ecr_uri
  deploy_runner_container_image_tag = "v0.53.0"
}
