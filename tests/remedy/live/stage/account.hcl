# What the units of this account share.

locals {
  account_name    = "stage"
  mgmt_cidr_block = "172.31.50.0/24"

  # The product's own version.
  sample_app_tag = "v2.4.1"
}
