"""The plan as a shell script that people can read, stop, and start again from any step; for a bash as old as 3.2.

It changes into folders from the repository's root and in subshells, stops at the first failure and says where, makes
sure whose credentials it has and looks at what must hold before each step, looks whether the runner can still be
reached after it, and uses no program of the repository. Every word is quoted by ``shlex``, and went through its
grammar before.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from audit.remedy.document import sha256
from audit.remedy.preamble import HEAD
from audit.remedy.shell import broken, words, written
from audit.remedy.steps import (
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


def runbook(plan: Plan) -> str:
    """Give the script."""
    head = HEAD.format(
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
    goal = "goes back to what ran before" if plan.goal == "rollback" else goal
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
        case OpenPullRequest() as action:
            yield from _push(action, step)
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
    yield written(action.patch, file)
    yield f"if {git} --reverse --check {file} 2>/dev/null; then"
    yield "  say 'made already'"
    yield "else"
    yield f"  {git} {file}"
    yield "fi"


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


def _push(action: OpenPullRequest, step: Step) -> Iterator[str]:
    """Push the branch; where it is gone, or holds no more than what is in use, it was merged."""
    branch = shlex.quote(f"refs/heads/{action.branch}")
    yield f'if git -C "$root" merge-base --is-ancestor {branch} HEAD 2>/dev/null &&'
    yield f'    [[ $(git -C "$root" branch --show-current) != {shlex.quote(action.branch)} ]]; then'
    yield "  say 'merged already: not pushed'"
    yield f'elif git -C "$root" rev-parse --verify --quiet {branch} >/dev/null; then'
    for line in _subshell(step.commands):
        yield f"  {line}"
    yield "  pause 'now open the pull request, have it merged, and pull the default branch'"
    yield "else"
    yield "  say 'nothing to hand in'"
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
