#!/usr/bin/env bash
# Builds and pushes the pipeline's ecs-deploy-runner image, by the pipeline itself; for CI with credentials of the shared account.
# The Dockerfile: https://github.com/gruntwork-io/terraform-aws-ci/blob/v0.36.0/modules/ecs-deploy-runner/docker/deploy-runner

set -euo pipefail

readonly DOCKERFILE_REPO="https://github.com/gruntwork-io/terraform-aws-ci.git"
readonly DOCKERFILE_REPO_REF="v0.57.3"
readonly DOCKERFILE_CONTEXT_PATH="modules/ecs-deploy-runner/docker/deploy-runner"
readonly DEPLOY_RUNNER_REGION="us-west-2"
readonly ECR_REPO_REGION="us-west-2"
readonly ECR_REPO_NAME="ecs-deploy-runner"

repo_root="$(git rev-parse --show-toplevel)"
shared_account_id="$(jq -r '.shared.id' "$repo_root/accounts.json")"
account_id="$(aws sts get-caller-identity --query Account --output text)"
if [[ "$account_id" != "$shared_account_id" ]]; then
  echo "credentials are for account $account_id, not for shared ($shared_account_id)" >&2
  exit 1
fi

infrastructure-deployer --aws-region "$DEPLOY_RUNNER_REGION" -- docker-image-builder build-docker-image \
  --repo "$DOCKERFILE_REPO" \
  --ref "$DOCKERFILE_REPO_REF" \
  --context-path "$DOCKERFILE_CONTEXT_PATH" \
  --env-secret 'github-token=GITHUB_OAUTH_TOKEN' \
  --docker-image-tag "$shared_account_id.dkr.ecr.$ECR_REPO_REGION.amazonaws.com/$ECR_REPO_NAME:$DOCKERFILE_REPO_REF" \
  --build-arg "module_ci_tag=$DOCKERFILE_REPO_REF" \
  --build-arg 'terraform_version=1.5.7' \
  --build-arg 'terragrunt_version=v0.55.1' \
  --build-arg 'kubergrunt_version=v0.15.0'
