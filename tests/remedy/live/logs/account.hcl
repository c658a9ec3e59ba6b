# What the units of this account share.

locals {
  account_name    = "logs"
  mgmt_cidr_block = "172.31.10.0/24"
}
