source "$CARRIED/programs/common.sh"
if [[ -n ${AWS_VAULT:-} ]]; then
    echo "aws-vault sessions should be nested with care, unset AWS_VAULT to force" >&2
    exit 1
fi
[[ $1 == exec && $3 == -- ]] || exit 64
set -a
source "$CARRIED/profiles/$2"
AWS_VAULT=$2
set +a
shift 3
exec "$@"
