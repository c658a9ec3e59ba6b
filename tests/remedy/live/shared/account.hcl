# What the units of this account share.

locals {
  account_name    = "shared"
  mgmt_cidr_block = "172.31.20.0/24"
}
