# What the units of this region share.

locals {
  aws_region = "us-west-2"
}
