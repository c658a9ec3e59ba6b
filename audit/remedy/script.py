"""The plan as a shell script that people can read, stop, and start again from any step; for a bash as old as 3.2.

It changes into folders from the repository's root and in subshells, stops at the first failure and says where, makes
sure whose credentials it has and looks at what must hold before each step, looks whether the runner can still be
reached after it, and uses no program of the repository. Every word is quoted by ``shlex``, and went through its
grammar before.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from audit.remedy.document import sha256
from audit.remedy.steps import (
    CHECKOUT,
    PLAN_FILE,
    ApplyUnit,
    BootstrapImage,
    BuildImage,
    Command,
    Commit,
    EditPin,
    OpenPullRequest,
    VerifyUnit,
)
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.remedy.plan import Plan
    from audit.remedy.steps import Step

TOOLS = frozenset({"aws", "docker", "git", "infrastructure-deployer", "terraform", "terragrunt"})
_WIDTH = 110
_PLACES = {PLAN_FILE: '"$scratch"/plan', CHECKOUT: '"$scratch"/checkout'}
_PLACE = re.compile("|".join(map(re.escape, _PLACES)))

_HEAD = r"""set -euo pipefail
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
until [[ -e $root/.git ]]; do
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


def runbook(plan: Plan) -> str:
    """Give the script."""
    head = _HEAD.format(
        total=len(plan.steps),
        expires=int(plan.expires_at.timestamp()),
        expiry=f"{plan.expires_at:%Y-%m-%d %H:%M}",
    )
    blocks = ["#!/usr/bin/env bash", *_about(plan), head, f"unset -v {' '.join(plan.scrubbed)}", ""]
    for step in plan.steps:
        blocks += [*_comments(step), f"if due {step.number} {_quoted(step.title)}; then"]
        blocks += [f"  {line}" if line else "" for line in _body(step)]
        blocks += ["fi", ""]
    return "\n".join([*blocks, "current=''", "if [[ $list == no ]]; then say 'done'; fi", ""])


def _about(plan: Plan) -> Iterator[str]:
    goal = f"upgrades to {plan.to}" if plan.to else "applies what is declared and does not run"
    yield f"# Runbook that {goal}: bash runbook.sh [--list] [--from STEP] [--until STEP]"
    yield f"# Plan {sha256(plan)}, of the snapshot {plan.snapshot_sha256}"
    yield f"# Order of the accounts: {_comment(plan.order_source)}"


def _comments(step: Step) -> Iterator[str]:
    where = f"hop {step.hop}" + (f", wave {step.wave}" if step.wave else "")
    yield f"# {step.number}. {_comment(step.title)} ({where})"
    yield f"# Why: {_comment(step.why)}"
    for need in step.preconditions:
        yield f"# Needs: {_comment(need)}"
    yield f"# Then: {_comment(step.postcondition)}"
    yield f"# Back: {_comment(step.undo)}"


def _comment(text: str) -> str:
    return one_line(text, 1000)


def _quoted(text: str) -> str:
    return shlex.quote(one_line(text, 500))


def _body(step: Step) -> Iterator[str]:
    if step.waits is not None:
        yield f"waits {_quoted(step.waits)}"
        return
    yield from _before(step)
    match step.action:
        case BuildImage(check=check) | BootstrapImage(check=check):
            yield from _build(step, check)
        case EditPin() as action:
            yield from _edit(action, f'"$scratch/{step.number}.patch"')
        case Commit() as action:
            yield from _commit(action, step)
        case OpenPullRequest():
            yield from _subshell(step.commands)
            yield "pause 'now open the pull request, have it merged, and pull the default branch'"
        case ApplyUnit():
            yield from _subshell(step.commands)
            yield from map(_look, step.evidence)
        case VerifyUnit():
            for command in step.commands:
                message = f"{command.expect} does not run"
                yield f"{_shows(command)} || fail {_quoted(message)}"


def _before(step: Step) -> Iterator[str]:
    """Make sure of tools, variables and credentials."""
    tools = sorted({tool for command in _all(step) for tool in _tools(command)})
    if tools:
        yield f"tools {words(tuple(tools))}"
    for name in sorted({name for command in step.commands for name in command.environment}):
        yield f"[[ -n ${{{name}:-}} ]] || fail '{name} is not set: export it'"
    if step.identity is not None:
        yield f"ours {shlex.quote(step.identity.expect or '')} {words(step.identity.argv)}"
    yield from map(_look, step.guards)


def _look(command: Command) -> str:
    """Look, and stop where it does not show what it must."""
    said = command.otherwise or f"{command.expect or 'what is looked at'} is not there"
    start = "nothing " if command.empty else ""
    line = _shows(command) if command.expect is not None else f"{start}{words(command.argv)}"
    return f"{line} ||\n    fail {_quoted(said)}"


def _all(step: Step) -> tuple[Command, ...]:
    checks = (step.action.check,) if isinstance(step.action, BuildImage | BootstrapImage) else ()
    return (*step.commands, *checks, *step.guards, *step.evidence, *((step.identity,) if step.identity else ()))


def _tools(command: Command) -> set[str]:
    given = (*command.argv, *command.feed)
    starts = {argv[0] for argv in (command.argv, command.feed) if argv}
    return {*(TOOLS & set(given)), *starts}


def _build(step: Step, check: Command) -> Iterator[str]:
    yield f"if {_shows(check)}; then"
    yield "  say 'is there already: not built again'"
    yield "else"
    for line in _subshell(step.commands):
        yield f"  {line}"
    message = f"ECR does not have {check.expect} after the build"
    yield f"  {_shows(check)} || fail {_quoted(message)}"
    yield "fi"


def _edit(action: EditPin, file: str) -> Iterator[str]:
    if action.patch is None:
        for edit in action.edits:
            place = edit.place
            yield f"holds {shlex.quote(place.file)} {place.line} {shlex.quote(edit.new)}"
        return
    git = 'git -C "$root" -c core.autocrlf=false apply --whitespace=nowarn'
    yield _written(action.patch, file)
    yield f"if {git} --reverse --check {file} 2>/dev/null; then"
    yield "  say 'made already'"
    yield "else"
    yield f"  {git} {file}"
    yield "fi"


def _written(patch: str, file: str) -> str:
    """Write a patch to a file: as it is, or line by line where it holds what a script should not (a CR, say)."""
    lines = patch.split("\n")[:-1]
    if all(line.isprintable() or line.replace("\t", "").isprintable() for line in lines):
        return "\n".join([f"cat >{file} <<'END_OF_PATCH'", *lines, "END_OF_PATCH"])
    quoted = (shlex.quote(line) if line.isprintable() else _escaped(line) for line in lines)
    return " \\\n    ".join(["printf '%s\\n'", *quoted, f">{file}"])


def _escaped(line: str) -> str:
    """Quote a line with control characters in it, as bash's ``$'…'``."""
    plain = (char if char.isprintable() and char not in "\\'" else f"\\x{byte:02x}" for char, byte in _bytes(line))
    return f"$'{''.join(plain)}'"


def _bytes(line: str) -> Iterator[tuple[str, int]]:
    for char in line:
        if char.isprintable() and char not in "\\'":
            yield char, 0
        else:
            for byte in char.encode():
                yield "\0", byte


def _commit(action: Commit, step: Step) -> Iterator[str]:
    switch, commit = step.commands
    files = words(action.files)
    yield f'if git -C "$root" diff --quiet HEAD -- {files}; then'
    yield "  say 'nothing to commit'"
    yield "else"
    yield "  ("
    yield '    cd -- "$root"'
    yield f"    [[ $(git branch --show-current) == {shlex.quote(action.branch)} ]] || {words(switch.argv)}"
    yield f"    {words(commit.argv)}"
    yield "  )"
    yield "fi"


def _subshell(commands: tuple[Command, ...]) -> Iterator[str]:
    """Give commands as one subshell that goes to their folder first."""
    yield "("
    folder = commands[0].cwd
    yield '  cd -- "$root"' + ("" if folder == "." else f"/{shlex.quote(folder)}")
    for command in commands:
        if command.confirm:
            yield f"  agreed {_quoted(command.confirm)}"
        feed = f"{words(command.feed)} | " if command.feed else ""
        yield "  " + broken(f"{feed}{words(command.argv)}", command)
    yield ")"


def _shows(command: Command) -> str:
    return f"shows {shlex.quote(command.expect or '')} {words(command.argv)}"


def words(argv: tuple[str, ...]) -> str:
    """Give the words of a command for a shell; placeholders become places in the scratch folder."""
    return " ".join(_word(word) for word in argv)


def _word(word: str) -> str:
    parts = _PLACE.split(word)
    places = [_PLACES[place] for place in _PLACE.findall(word)]
    quoted = [shlex.quote(part) if part else "" for part in parts]
    if not places:
        return shlex.quote(word)
    return "".join(one for pair in zip(quoted, [*places, ""], strict=True) for one in pair)


def broken(line: str, command: Command) -> str:
    """Break the line of a long command before its options, as the guide does."""
    if len(line) <= _WIDTH or command.feed:
        return line
    pieces: list[str] = []
    for word in map(_word, command.argv):
        if word.startswith("--") and len(word) > 2 and pieces:
            pieces.append(word)
        else:
            pieces[-1:] = [f"{pieces[-1]} {word}" if pieces else word]
    return " \\\n      ".join(pieces)
