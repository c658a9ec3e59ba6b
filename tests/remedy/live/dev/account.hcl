# What the units of this account share.

locals {
  account_name    = "dev"
  mgmt_cidr_block = "172.31.40.0/24"

  # The product's own version.
  sample_app_tag = "v2.4.2"
}
