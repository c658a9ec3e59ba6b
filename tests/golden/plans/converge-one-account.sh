#!/usr/bin/env bash
# Runbook that applies what is declared and does not run: bash runbook.sh [--list] [--from STEP] [--until STEP]
# Plan …, of the snapshot …
# Order of the accounts: deploy_order of the accounts file
set -euo pipefail
unset CDPATH
umask 077
total=2 first=1 last=2 list=no current='' title='' scratch=''

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

# 1. Apply prod/us-west-2 (prod/us-west-2/mgmt/ecs-deploy-runner) (hop 1, wave 6)
# Why: image-tag-drift: terraform-applier runs v1.2.0, v1.3.0 is declared; image-tag-drift: terraform-planner runs v1.2.0, v1.3.0 is declared
# Needs: terragrunt is installed, and takes --source-update
# Needs: no task of the runner is in flight
# Needs: ECR has 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0
# Then: every family of the stack has a revision with the declared image
# Back: declare again what ran before (234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.2.0) and apply once more
if due 1 'Apply prod/us-west-2 (prod/us-west-2/mgmt/ecs-deploy-runner)'; then
  tools aws aws-vault infrastructure-deployer terragrunt
  ours 444455556666 aws-vault exec your-prod -- aws sts get-caller-identity --region us-west-2 --query Account --output text
  nothing aws-vault exec your-prod -- aws ecs list-tasks --cluster ecs-deploy-runner --region us-west-2 --query 'taskArns[]' --output text ||
    fail 'tasks of ecs-deploy-runner are in flight: wait until they have ended'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'
  (
    cd -- "$root"/prod/us-west-2/mgmt/ecs-deploy-runner
    aws-vault exec your-prod -- terragrunt apply --source-update
  )
  aws-vault exec your-prod -- infrastructure-deployer --aws-region us-west-2 --describe-containers ||
    fail 'the invoker of prod/us-west-2 does not answer: its runner may not be started any more'
  shows v1.3.0 aws-vault exec your-shared -- aws ecr batch-get-image --registry-id 234567890123 --repository-name ecs-deploy-runner --image-ids imageTag=v1.3.0 --region us-west-2 --query 'images[].imageId.imageTag' --output text ||
    fail 'ECR does not have 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0'
  shows True aws-vault exec your-shared -- aws ecr get-repository-policy --registry-id 234567890123 --repository-name ecs-deploy-runner --region us-west-2 --query "contains(policyText, '444455556666')" --output text ||
    fail 'the policy of ecs-deploy-runner no longer lets 444455556666 pull'
fi

# 2. Verify prod/us-west-2 (prod/us-west-2/mgmt/ecs-deploy-runner) (hop 1, wave 6)
# Why: an apply that ends well can still leave another image running
# Then: the newest revision of each family has the declared image
# Back: nothing to take back: it only looks
if due 2 'Verify prod/us-west-2 (prod/us-west-2/mgmt/ecs-deploy-runner)'; then
  tools aws aws-vault
  ours 444455556666 aws-vault exec your-prod -- aws sts get-caller-identity --region us-west-2 --query Account --output text
  shows 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 aws-vault exec your-prod -- aws ecs describe-task-definition --task-definition ecs-deploy-runner-terraform-applier --region us-west-2 --query 'taskDefinition.containerDefinitions[].image' --output text || fail '234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 does not run'
  shows 234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 aws-vault exec your-prod -- aws ecs describe-task-definition --task-definition ecs-deploy-runner-terraform-planner --region us-west-2 --query 'taskDefinition.containerDefinitions[].image' --output text || fail '234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v1.3.0 does not run'
fi

current=''
if [[ $list == no ]]; then say 'done'; fi
