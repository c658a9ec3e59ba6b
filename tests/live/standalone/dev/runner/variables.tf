variable "aws_region" {
  type    = string
  default = "us-west-2"
}

variable "aws_account_id" {
  type = string
}

variable "registry_account_id" {
  type    = string
  default = "234567890123"
}

variable "vpc_id" {
  type = string
}

variable "deploy_runner_tag" {
  type    = string
  default = "v0.50.0"
}

variable "kaniko_tag" {
  type    = string
  default = "v0.51.4"
}

variable "applier_tag" {
  type = string
}
