#!/usr/bin/env bash
# Builds the machine image of the pipeline's own instances, by the pipeline itself.

set -euo pipefail

readonly SERVICE_CATALOG_REPO="https://github.com/gruntwork-io/terraform-aws-service-catalog.git"
readonly SERVICE_CATALOG_REF="v0.116.1"
readonly PACKER_TEMPLATE_PATH="modules/mgmt/ecs-deploy-runner/ecs-deploy-runner-worker-al2.json"
readonly DEPLOY_RUNNER_REGION="us-west-2"

infrastructure-deployer --aws-region "$DEPLOY_RUNNER_REGION" -- ami-builder build-packer-artifact \
  --repo "$SERVICE_CATALOG_REPO" \
  --ref "$SERVICE_CATALOG_REF" \
  --packer-template-path "$PACKER_TEMPLATE_PATH" \
  --var "service_catalog_ref=$SERVICE_CATALOG_REF" \
  --var "version_tag=$SERVICE_CATALOG_REF"
