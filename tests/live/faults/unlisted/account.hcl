locals {
  account_name = "unlisted"
}
