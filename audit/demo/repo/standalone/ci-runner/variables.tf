variable "aws_region" {
  type    = string
  default = "us-west-2"
}

variable "deploy_runner_tag" {
  description = "Tag of the deploy-runner image, for planner and applier."
  type        = string
}

variable "vpc_id" {
  type = string
}

variable "private_subnet_ids" {
  type = list(string)
}
