terraform {
  source = "git::git@github.com:gruntwork-io/terraform-aws-service-catalog.git//modules/landingzone/account-baseline-app?ref=v0.116.1"
}

include "root" {
  path = find_in_parent_folders()
}

inputs = {
  cloudtrail_enabled = true
}
