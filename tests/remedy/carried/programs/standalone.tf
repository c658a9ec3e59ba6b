# The runner's module, as far as a root of plain Terraform needs it.
variable "terraform_planner_config" { type = any }
variable "terraform_applier_config" { type = any }
variable "docker_image_builder_config" { default = null }
variable "ami_builder_config" { default = null }
variable "name" { type = string }

locals {
  images = {
    for container, config in {
      terraform-planner = var.terraform_planner_config
      terraform-applier = var.terraform_applier_config
    } : container => "${config.container_image.docker_image}:${config.container_image.docker_tag}"
  }
}

resource "terraform_data" "family" {
  for_each         = local.images
  triggers_replace = [each.value]

  provisioner "local-exec" {
    command = "aws ecs register-task-definition --family \"$FAMILY\" --container-definitions \"$CONTAINERS\" --region us-west-2 --query taskDefinition.revision --output text"
    environment = {
      FAMILY     = "${var.name}-${each.key}"
      CONTAINERS = jsonencode([{ name = "runner", image = each.value, memory = 128 }])
    }
  }
}
