# A module of this repository: it is no root, whoever calls it is.
variable "tag" {
  type = string
}

module "runner" {
  source  = "registry.example.com/example/ecs-deploy-runner/aws"
  version = "0.107.5"

  name                        = "pipeline"
  docker_image_builder_config = null
  ami_builder_config          = null
  terraform_planner_config    = { container_image = { docker_image = "registry.example.com/runner", docker_tag = var.tag } }
  terraform_applier_config    = null

  additional_container_images = {
    scanner = { docker_image = "registry.example.com/scanner", docker_tag = "v7" }
  }
}
