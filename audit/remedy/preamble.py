"""What stands at the top of every runbook: its options, the root, the search path, the words its steps use."""

from __future__ import annotations

HEAD = r"""set -euo pipefail
unset CDPATH
umask 077
total={total} first=1 last={total} list=no current='' title='' scratch=''

say() {{ printf '%s\n' "$*" >&2; }}

fail() {{
  say "$*"
  exit 1
}}

stopped() {{
  local code=$?
  if [[ -n $scratch ]]; then rm -rf -- "$scratch"; fi
  if ((code)) && [[ -n $current ]]; then
    say "stopped at step $current ($title), exit code $code; mend that, then: bash $0 --from $current"
  fi
}}
trap stopped EXIT

number() {{
  [[ $1 =~ ^[1-9][0-9]{{0,5}}$ ]] || fail "$1 is no number of a step; see --list"
}}

while (($#)); do
  case $1 in
    --from) number "${{2:-}}" && first=$2 && shift 2 ;;
    --until) number "${{2:-}}" && last=$2 && shift 2 ;;
    --list) list=yes && shift ;;
    *) fail "usage: bash $0 [--list] [--from STEP] [--until STEP], anywhere in the repository" ;;
  esac
done

root=$(pwd -P)
until [[ -e $root/.git || $list == yes ]]; do
  [[ -n $root ]] || fail 'not in a git repository: start this in the infrastructure-live repository'
  root=${{root%/*}}
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
export PATH=${{outside#:}}

if (($(date -u +%s) > {expires})) && [[ $list == no ]]; then
  say 'this runbook expired at {expiry} UTC: make a new plan'
  exit 4
fi

# A folder for one step alone: what it writes there nobody else reads, and it is taken away again.
anew() {{
  if [[ -n $scratch ]]; then rm -rf -- "$scratch"; fi
  scratch=$(cd -- "$(mktemp -d)" && pwd -P)
  case $scratch/ in "$root"/*) fail 'TMPDIR lies in the repository: unset it' ;; esac
}}

due() {{
  (($1 >= first && $1 <= last)) || return 1
  if [[ $list == yes ]]; then
    printf '%4d  %s\n' "$1" "$2"
    return 1
  fi
  anew
  current=$1 title=$2
  say "== step $1 of $total: $2"
}}

tools() {{
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool: not found on PATH outside of the repository; install it"
  done
}}

ours() {{
  local wanted=$1 found
  shift
  found=$("$@") || fail "whose credentials these are cannot be told: $*"
  [[ $found == "$wanted" ]] || fail "credentials of account $found, not of $wanted: nothing was started"
}}

shows() {{
  local word=$1 seen
  shift
  seen=$("$@") || fail "cannot be read: $*"
  seen=${{seen//$'\t'/ }}
  [[ " ${{seen//$'\n'/ }} " == *" $word "* ]]
}}

nothing() {{
  local seen
  seen=$("$@") || fail "cannot be read: $*"
  [[ -z ${{seen//[[:space:]]/}} ]]
}}

holds() {{
  [[ $(sed -n "$2p" "$root/$1") == *"$3"* ]] || fail "$1, line $2: edit it by hand so that it says $3, then go on"
}}

waits() {{
  say "waits: $1"
  exit 10
}}

pause() {{
  say "$1"
  if ((current < last)); then
    say "then: bash $0 --from $((current + 1))"
  fi
  exit 0
}}

agreed() {{
  local answer=''
  say "$1 [yes/no]"
  read -r answer </dev/tty || fail 'there is no terminal to ask at'
  [[ $answer == yes ]] || fail 'not agreed: nothing was applied'
}}
"""
