# Units below _global live in no region; their provider still wants one.

locals {
  aws_region = "us-west-2"
}
