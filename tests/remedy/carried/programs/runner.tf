# The runner's module, as far as the test needs it: a revision of each family, by the AWS CLI.
variable "images" { type = map(string) }

variable "breaks" {
  type    = bool
  default = false
}

resource "terraform_data" "family" {
  for_each         = var.images
  triggers_replace = [each.value]

  provisioner "local-exec" {
    command = "aws ecs register-task-definition --family \"$FAMILY\" --container-definitions \"$CONTAINERS\" --query taskDefinition.revision --output text"
    environment = {
      FAMILY     = "ecs-deploy-runner-${each.key}"
      CONTAINERS = jsonencode([{ name = "runner", image = each.value, memory = 128 }])
    }
  }
}

# A mistake in a change of the invoker: it is gone.
resource "terraform_data" "invoker" {
  count = var.breaks ? 1 : 0

  provisioner "local-exec" {
    command = "aws lambda delete-function --function-name ecs-deploy-runner-invoker"
  }
}
