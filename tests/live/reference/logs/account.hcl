locals {
  account_name = "logs"
}
