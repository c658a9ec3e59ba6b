# What the units of this account share.

locals {
  account_name    = "security"
  mgmt_cidr_block = "172.31.30.0/24"
}
