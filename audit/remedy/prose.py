"""The plan for people: a page that reads like the upgrade guide (also the body of a pull request), and plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.remedy.document import sha256
from audit.remedy.shell import broken, words
from audit.remedy.steps import CHECKOUT, PLAN_FILE, EditPin, VerifyUnit
from audit.text import counted, neutral, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.remedy.plan import Plan
    from audit.remedy.steps import Command, Step

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~!@])")
_HEADINGS = {
    "BuildImage": "Build and push the images",
    "BootstrapImage": "Build and push the images",
    "EditPin": "Say the new version everywhere",
    "Commit": "Hand it in",
    "OpenPullRequest": "Hand it in",
    "ApplyUnit": "Apply, account by account",
    "VerifyUnit": "Apply, account by account",
}


def markdown(plan: Plan) -> str:
    """Give the page."""
    lines = [f"# {title(plan)}", "", *_facts(plan), "", *_barriers(plan)]
    heading = ""
    for step in plan.steps:
        now = _HEADINGS[step.action.kind]
        if len(plan.hops) > 1:
            hop = plan.hops[step.hop - 1]
            now = f"{_md(hop.start)} to {_md(hop.to)}: {now[:1].lower()}{now[1:]}"
        if now != heading:
            lines += [f"## {now}", ""]
            heading = now
        lines += [*_step(step), ""]
    if not plan.steps:
        lines += ["Nothing to do: what could be read is as declared, or left as it is on purpose.", ""]
    if plan.notes:
        lines += ["## What stays, and what to mind", "", *(f"- {_md(note)}" for note in plan.notes), ""]
    return "\n".join(lines)


def text(plan: Plan) -> str:
    """Give the steps as plain lines."""
    lines = [title(plan), ""]
    if plan.waves:
        waves = ", then ".join(" and ".join(wave) for wave in plan.waves)
        lines += [f"order: {one_line(waves, 2000)} ({one_line(plan.order_source, 200)})", ""]
    for step in plan.steps:
        lines.append(f"{step.number:>3}. {one_line(step.title, 200)}")
        lines.append(f"     why: {one_line(step.why, 400)}")
        if step.waits:
            lines.append(f"     waits: {one_line(step.waits, 400)}")
        lines += [f"     $ {neutral(_line(command))}" for command in step.commands]
    lines += ["nothing to do"] if not plan.steps else []
    lines += [f"note: {one_line(note, 400)}" for note in plan.notes]
    waiting = sum(step.waits is not None for step in plan.steps)
    lines += ["", f"{counted(len(plan.steps), 'step')}, {waiting} waiting; plan {sha256(plan)}"]
    return "\n".join([*lines, ""])


def title(plan: Plan) -> str:
    """Say in a line what a plan is for."""
    if plan.to:
        return f"Upgrade the ECS Deploy Runner to {one_line(plan.to, 60)}"
    if plan.goal == "rollback":
        return "Take the ECS Deploy Runner back to what ran before"
    return "Apply what is declared and does not run"


def _facts(plan: Plan) -> Iterator[str]:
    waves = ", then ".join(" and ".join(_md(name) for name in wave) for wave in plan.waves)
    yield f"- Seen at {plan.snapshot_taken_at:%Y-%m-%d %H:%M} UTC, snapshot `{plan.snapshot_sha256}`"
    yield f"- Plan `{sha256(plan)}`, good until {plan.expires_at:%Y-%m-%d %H:%M} UTC"
    if waves:
        yield f"- Accounts in this order: {waves} ({_md(plan.order_source)})"
    if any(step.action.kind in ("BuildImage", "BootstrapImage") for step in plan.steps):
        yield "- **Images first:** do not merge the new version before ECR has its images, or the runner is broken"
    yield "- Each command starts in the folder that stands above it, counted from the repository's root"


def _barriers(plan: Plan) -> Iterator[str]:
    barriers = [barrier for hop in plan.hops for barrier in hop.barriers]
    if barriers:
        yield "## On the way"
        yield ""
        yield from (f"- **{_md(one.release)}** ({one.kind}): {_md(one.reason)}" for one in barriers)
        yield ""


def _step(step: Step) -> Iterator[str]:
    yield f"### {step.number}. {_md(step.title)}"
    yield ""
    yield f"{_md(step.why)}."
    if step.waits:
        yield ""
        yield f"**This waits:** {_md(step.waits)}"
    if step.preconditions:
        yield ""
        yield from (f"- Before: {_md(need)}" for need in step.preconditions)
    yield from (f"- Look first: {_look(command)}" for command in step.guards)
    yield ""
    if isinstance(step.action, EditPin):
        yield from _edits(step.action)
    elif step.commands:
        yield from _fenced(_commands(step), "sh")
        if isinstance(step.action, VerifyUnit):
            yield ""
            yield from (f"- `{_code(family)}` must show `{_code(image)}`" for family, image in step.action.images)
    yield ""
    yield from (f"- Then look: {_look(command)}" for command in step.evidence)
    yield from [""] if step.evidence else []
    yield f"After it, {_md(step.postcondition)}. To take it back: {_md(step.undo)}."


def _look(command: Command) -> str:
    must = "must show nothing" if command.empty else f"must show `{_code(command.expect)}`" if command.expect else ""
    return f"`{_code(_line(command), 1000)}` {must or 'must end well'}"


def _edits(action: EditPin) -> Iterator[str]:
    if action.patch:
        yield from _fenced(neutral(action.patch).rstrip("\n"), "diff")
    else:
        for edit in action.edits:
            yield f"- `{_code(str(edit.place))}`: `{_code(edit.old)}` becomes `{_code(edit.new)}`"


def _commands(step: Step) -> str:
    folder = step.commands[0].cwd
    lines = [] if folder == "." else [f"# in {folder}"]
    body = [broken(_line(command), command) for command in step.commands]
    if any(place in word for command in step.commands for word in command.argv for place in (PLAN_FILE, CHECKOUT)):
        # What lies there is for nobody else's eyes, and does not stay.
        body = ["scratch=$(umask 077 && mktemp -d)", *body, 'rm -rf -- "$scratch"']
    return neutral("\n".join([*lines, *body]))


def _line(command: Command) -> str:
    feed = f"{words(command.feed)} | " if command.feed else ""
    return f"{feed}{words(command.argv)}"


def _fenced(content: str, kind: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall("`{3,}", content)), default=2)
    fence = "`" * (longest + 1)
    yield f"{fence}{kind}"
    yield content
    yield fence


def _code(value: str, most: int = 300) -> str:
    return one_line(value, most).replace("`", "'")


def _md(value: str) -> str:
    return _MARKUP.sub(r"\\\1", one_line(value, 600))
