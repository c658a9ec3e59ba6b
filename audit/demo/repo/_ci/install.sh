#!/usr/bin/env bash
# Installs what deploy.sh calls.

set -euo pipefail

for module in git-helpers infrastructure-deployer infrastructure-deploy-script; do
  gruntwork-install --repo https://github.com/gruntwork-io/terraform-aws-ci --tag "$MODULE_CI_VERSION" --module-name "$module"
done
