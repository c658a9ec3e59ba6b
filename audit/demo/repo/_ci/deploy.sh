#!/usr/bin/env bash
# Asks the pipeline to plan or apply each unit that changed. The pipeline's own units are left out on purpose, so that
# no change can lock everybody out: somebody applies them by hand.

set -euo pipefail

container=terraform-planner command=plan
if [[ "${GITHUB_REF_NAME:-}" == main ]]; then
  container=terraform-applier command=apply
fi

git diff --name-only HEAD~1 -- '*/terragrunt.hcl' | while read -r unit; do
  case "$unit" in
    */ecs-deploy-runner/*) echo "$unit: apply it by hand" ;;
    *) infrastructure-deployer --aws-region "$AWS_REGION" -- "$container" infrastructure-deploy-script \
      --ref "$GITHUB_SHA" --binary terragrunt --command "$command" --deploy-path "$(dirname "$unit")" ;;
  esac
done
