# Evaluates as little as the test's repository needs, and has real terraform do the rest.
source "$CARRIED/programs/common.sh"
command=$1
shift
words=()
for word; do
    [[ $word == --source-update ]] || words+=("$word")
done
fail_if_asked "$command"
[[ $command != apply || ! -p $CARRIED/gate ]] || read -r _ <"$CARRIED/gate"
common=$PWD
until [[ -e $common/common.hcl ]]; do common=$(dirname -- "$common"); done
tag() { sed -n "s/^ *$1_container_image_tag *= \"\(.*\)\"/\1/p" "$common/common.hcl"; }
registry=234567890123.dkr.ecr.us-west-2.amazonaws.com
runner=$registry/ecs-deploy-runner:$(tag deploy_runner)
images='"terraform-planner":"'$runner'","terraform-applier":"'$runner'"'
if grep -q "^  ami_builder_config *= {" terragrunt.hcl; then
    images+=',"ami-builder":"'$runner'","docker-image-builder":"'$registry/kaniko:$(tag kaniko)'"'
fi
export TF_VAR_images="{$images}"
[[ ! -e $CARRIED/breaks.$AWS_VAULT ]] || export TF_VAR_breaks=true
mkdir -p "$CARRIED/units/$AWS_VAULT"
cp "$CARRIED/programs/runner.tf" "$CARRIED/units/$AWS_VAULT/"
cd "$CARRIED/units/$AWS_VAULT"
code=0
terraform "$command" "${words[@]}" || code=$?
if [[ $command == apply ]]; then
    kill_if_asked apply
    # What somebody else does at that time.
    [[ ! -e $CARRIED/meanwhile.$AWS_VAULT ]] || source "$CARRIED/meanwhile.$AWS_VAULT"
fi
exit "$code"
