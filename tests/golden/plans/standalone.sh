#!/usr/bin/env bash
# Runbook that upgrades to v1.3.0: bash runbook.sh [--list] [--from STEP] [--until STEP]
# Plan …, of the snapshot …
# Order of the accounts: the upgrade guide's order, by name
set -euo pipefail
unset CDPATH
umask 077
total=7 first=1 last=7 list=no current='' title='' scratch=''

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

stopped() {
  local code=$?
  if [[ -n $scratch ]]; then rm -rf -- "$scratch"; fi
  if ((code)) && [[ -n $current ]]; then
    say "stopped at step $current ($title), exit code $code; mend that, then: bash $0 --from $current"
  fi
}
trap stopped EXIT

number() {
  [[ $1 =~ ^[1-9][0-9]{0,5}$ ]] || fail "$1 is no number of a step; see --list"
}

while (($#)); do
  case $1 in
    --from) number "${2:-}" && first=$2 && shift 2 ;;
    --until) number "${2:-}" && last=$2 && shift 2 ;;
    --list) list=yes && shift ;;
    *) fail "usage: bash $0 [--list] [--from STEP] [--until STEP], anywhere in the repository" ;;
  esac
done

root=$(pwd -P)
until [[ -e $root/.git || $list == yes ]]; do
  [[ -n $root ]] || fail 'not in a git repository: start this in the infrastructure-live repository'
  root=${root%/*}
done

# No program of the repository, or of whichever folder is in use, is started.
outside=''
set -f
IFS=:
for entry in $PATH; do
  entry=$(case $entry in /*) cd -- "$entry" 2>/dev/null && pwd -P ;; esac) || continue
  case $entry/ in "$root"/* | /) ;; *) outside=$outside:$entry ;; esac
done
unset IFS
set +f
export PATH=${outside#:}

if (($(date -u +%s) > 1795590000)) && [[ $list == no ]]; then
  say 'this runbook expired at 2026-11-25 07:00 UTC: make a new plan'
  exit 4
fi

# A folder for one step alone: what it writes there nobody else reads, and it is taken away again.
anew() {
  if [[ -n $scratch ]]; then rm -rf -- "$scratch"; fi
  scratch=$(cd -- "$(mktemp -d)" && pwd -P)
  case $scratch/ in "$root"/*) fail 'TMPDIR lies in the repository: unset it' ;; esac
}

due() {
  (($1 >= first && $1 <= last)) || return 1
  if [[ $list == yes ]]; then
    printf '%4d  %s\n' "$1" "$2"
    return 1
  fi
  anew
  current=$1 title=$2
  say "== step $1 of $total: $2"
}

tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool: not found on PATH outside of the repository; install it"
  done
}

ours() {
  local wanted=$1 found
  shift
  found=$("$@") || fail "whose credentials these are cannot be told: $*"
  [[ $found == "$wanted" ]] || fail "credentials of account $found, not of $wanted: nothing was started"
}

shows() {
  local word=$1 seen
  shift
  seen=$("$@") || fail "cannot be read: $*"
  seen=${seen//$'\t'/ }
  [[ " ${seen//$'\n'/ } " == *" $word "* ]]
}

nothing() {
  local seen
  seen=$("$@") || fail "cannot be read: $*"
  [[ -z ${seen//[[:space:]]/} ]]
}

holds() {
  [[ $(sed -n "$2p" "$root/$1") == *"$3"* ]] || fail "$1, line $2: edit it by hand so that it says $3, then go on"
}

waits() {
  say "waits: $1"
  exit 10
}

pause() {
  say "$1"
  if ((current < last)); then
    say "then: bash $0 --from $((current + 1))"
  fi
  exit 0
}

agreed() {
  local answer=''
  say "$1 [yes/no]"
  read -r answer </dev/tty || fail 'there is no terminal to ask at'
  [[ $answer == yes ]] || fail 'not agreed: nothing was applied'
}

unset -v AWS_ACCESS_KEY_ID AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CREDENTIAL_EXPIRATION AWS_DEFAULT_PROFILE AWS_PROFILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME AWS_SECRET_ACCESS_KEY AWS_SECURITY_TOKEN AWS_SESSION_EXPIRATION AWS_SESSION_TOKEN AWS_VAULT AWS_WEB_IDENTITY_TOKEN_FILE TERRAGRUNT_NON_INTERACTIVE TG_NON_INTERACTIVE TERRAGRUNT_SOURCE TERRAGRUNT_WORKING_DIR TF_CLI_ARGS TF_CLI_ARGS_apply TF_CLI_ARGS_init TF_CLI_ARGS_plan TF_INPUT TG_SOURCE TG_WORKING_DIR

# 1. Build 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 (hop 1)
# Why: v1.3.0 is wanted and ECR does not have it
# Needs: the runner may build from https://github.com/gruntwork-io/terraform-aws-ci.git (allowed_repos), and v1.3.0 is a tag of it
# Then: ECR has 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0
# Back: nothing to take back: nobody runs a tag that is not declared
if due 1 'Build 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'; then
  tools aws aws-vault infrastructure-deployer
  ours 234567890123 aws-vault exec your-shared -- aws sts get-caller-identity --region us-west-2 --query Account --output text
  if shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text; then
    say 'is there already: not built again'
  else
    (
      cd -- "$root"
      aws-vault exec your-shared -- infrastructure-deployer \
      --aws-region us-west-2 -- docker-image-builder build-docker-image \
      --repo https://github.com/gruntwork-io/terraform-aws-ci.git \
      --ref v1.3.0 \
      --context-path modules/ecs-deploy-runner/docker/deploy-runner \
      --env-secret github-token=GITHUB_OAUTH_TOKEN \
      --docker-image-tag 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 \
      --build-arg module_ci_tag=v1.3.0
    )
    shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text || fail 'ECR does not have v1.3.0 after the build'
  fi
fi

# 2. Build 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0 (hop 1)
# Why: v1.3.0 is wanted and ECR does not have it
# Needs: the runner may build from https://github.com/gruntwork-io/terraform-aws-ci.git (allowed_repos), and v1.3.0 is a tag of it
# Then: ECR has 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0
# Back: nothing to take back: nobody runs a tag that is not declared
if due 2 'Build 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0'; then
  tools aws aws-vault infrastructure-deployer
  ours 234567890123 aws-vault exec your-shared -- aws sts get-caller-identity --region us-west-2 --query Account --output text
  if shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name kaniko --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text; then
    say 'is there already: not built again'
  else
    (
      cd -- "$root"
      aws-vault exec your-shared -- infrastructure-deployer \
      --aws-region us-west-2 -- docker-image-builder build-docker-image \
      --repo https://github.com/gruntwork-io/terraform-aws-ci.git \
      --ref v1.3.0 \
      --context-path modules/ecs-deploy-runner/docker/kaniko \
      --env-secret github-token=GITHUB_OAUTH_TOKEN \
      --docker-image-tag 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0 \
      --build-arg module_ci_tag=v1.3.0
    )
    shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name kaniko --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text || fail 'ECR does not have v1.3.0 after the build'
  fi
fi

# 3. Edit runner/main.tf: 4 literals to v1.3.0 (hop 1)
# Why: runner/main.tf decides what is declared or built: line 11 from v0.57.3 to v1.3.0, line 14 from v0.57.3 to v1.3.0, line 17 from v0.57.3 to v1.3.0, line 20 from v0.57.3 to v1.3.0
# Needs: runner/main.tf says what it said when the plan was made
# Then: only these literals of runner/main.tf have changed
# Back: git checkout -- runner/main.tf
if due 3 'Edit runner/main.tf: 4 literals to v1.3.0'; then
  tools aws aws-vault git
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name kaniko --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0'
  cat >"$scratch/3.patch" <<'END_OF_PATCH'
--- a/runner/main.tf
+++ b/runner/main.tf
@@ -8,15 +8,15 @@
   source = "git::git@github.com:example/terraform-aws-service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.107.5"
 
   ami_builder_config = {
-    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner", docker_tag = "v0.57.3" }
+    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner", docker_tag = "v1.3.0" }
   }
   docker_image_builder_config = {
-    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko", docker_tag = "v0.57.3" }
+    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko", docker_tag = "v1.3.0" }
   }
   terraform_applier_config = {
-    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner", docker_tag = "v0.57.3" }
+    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner", docker_tag = "v1.3.0" }
   }
   terraform_planner_config = {
-    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner", docker_tag = "v0.57.3" }
+    container_image = { docker_image = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner", docker_tag = "v1.3.0" }
   }
 }
END_OF_PATCH
  if git -C "$root" -c core.autocrlf=false apply --whitespace=nowarn --reverse --check "$scratch/3.patch" 2>/dev/null; then
    say 'made already'
  else
    git -C "$root" -c core.autocrlf=false apply --whitespace=nowarn "$scratch/3.patch"
  fi
fi

# 4. Commit on pipelines-audit/v1.3.0 (hop 1)
# Why: a change of versions is reviewed like any other
# Then: pipelines-audit/v1.3.0 holds the edits and nothing else
# Back: git switch - && git branch -D pipelines-audit/v1.3.0
if due 4 'Commit on pipelines-audit/v1.3.0'; then
  tools git
  if git -C "$root" diff --quiet HEAD -- runner/main.tf; then
    say 'nothing to commit'
  else
    (
      cd -- "$root"
      [[ $(git branch --show-current) == pipelines-audit/v1.3.0 ]] || git switch --create pipelines-audit/v1.3.0
      git commit --message 'Move the ECS Deploy Runner to v1.3.0' -- runner/main.tf
    )
  fi
fi

# 5. Push, open a pull request, and have it merged (hop 1)
# Why: the pipeline leaves its own runner out, so merging alone applies nothing
# Needs: the images are in ECR: a merged tag without an image breaks the runner
# Then: the edits are on the default branch, and in the checkout that is applied from
# Back: close the pull request, or revert its merge; git push origin --delete pipelines-audit/v1.3.0
if due 5 'Push, open a pull request, and have it merged'; then
  tools aws aws-vault git
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name kaniko --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0'
  if git -C "$root" merge-base --is-ancestor refs/heads/pipelines-audit/v1.3.0 HEAD 2>/dev/null &&
      [[ $(git -C "$root" branch --show-current) != pipelines-audit/v1.3.0 ]]; then
    say 'merged already: not pushed'
  elif git -C "$root" rev-parse --verify --quiet refs/heads/pipelines-audit/v1.3.0 >/dev/null; then
    (
      cd -- "$root"
      git push --set-upstream origin pipelines-audit/v1.3.0
    )
    pause 'now open the pull request, have it merged, and pull the default branch'
  else
    say 'nothing to hand in'
  fi
fi

# 6. Apply shared/us-west-2 (runner) (hop 1, wave 1)
# Why: image-tag-drift: ami-builder runs v0.57.3, v1.3.0 is declared; image-tag-drift: docker-image-builder runs v0.57.3, v1.3.0 is declared; image-tag-drift: terraform-applier runs v0.57.3, v1.3.0 is declared; image-tag-drift: terraform-planner runs v0.57.3, v1.3.0 is declared
# Needs: terraform is installed
# Needs: no task of the runner is in flight
# Needs: ECR has 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0
# Needs: ECR has 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0
# Then: every family of the stack has a revision with the declared image
# Back: declare again what ran before (234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v0.57.3, 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v0.57.3) and apply once more
if due 6 'Apply shared/us-west-2 (runner)'; then
  tools aws aws-vault infrastructure-deployer terraform
  ours 234567890123 aws-vault exec your-shared -- aws sts get-caller-identity --region us-west-2 --query Account --output text
  nothing aws-vault exec your-shared -- aws ecs list-tasks --cluster ecs-deploy-runner --region us-west-2 --query 'taskArns[]' --output text ||
    fail 'tasks of ecs-deploy-runner are in flight: wait until they have ended'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name kaniko --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0'
  (
    cd -- "$root"/runner
    aws-vault exec your-shared -- terraform init -input=false
    aws-vault exec your-shared -- terraform plan -out="$scratch"/plan
    agreed 'apply this plan to shared/us-west-2?'
    aws-vault exec your-shared -- terraform apply "$scratch"/plan
  )
  aws-vault exec your-shared -- infrastructure-deployer --aws-region us-west-2 --describe-containers ||
    fail 'the invoker of shared/us-west-2 does not answer: its runner may not be started any more'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name kaniko --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0'
fi

# 7. Verify shared/us-west-2 (runner) (hop 1, wave 1)
# Why: an apply that ends well can still leave another image running
# Then: the newest revision of each family has the declared image
# Back: nothing to take back: it only looks
if due 7 'Verify shared/us-west-2 (runner)'; then
  tools aws aws-vault
  ours 234567890123 aws-vault exec your-shared -- aws sts get-caller-identity --region us-west-2 --query Account --output text
  shows 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 aws-vault exec your-shared -- aws ecs describe-task-definition --task-definition ecs-deploy-runner-ami-builder --region us-west-2 --query 'taskDefinition.containerDefinitions[].image' --output text || fail '234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 does not run'
  shows 234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0 aws-vault exec your-shared -- aws ecs describe-task-definition --task-definition ecs-deploy-runner-docker-image-builder --region us-west-2 --query 'taskDefinition.containerDefinitions[].image' --output text || fail '234567890123.dkr.ecr.us-west-2.amazonaws.com/kaniko:v1.3.0 does not run'
  shows 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 aws-vault exec your-shared -- aws ecs describe-task-definition --task-definition ecs-deploy-runner-terraform-applier --region us-west-2 --query 'taskDefinition.containerDefinitions[].image' --output text || fail '234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 does not run'
  shows 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 aws-vault exec your-shared -- aws ecs describe-task-definition --task-definition ecs-deploy-runner-terraform-planner --region us-west-2 --query 'taskDefinition.containerDefinitions[].image' --output text || fail '234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 does not run'
fi

current=''
if [[ $list == no ]]; then say 'done'; fi
