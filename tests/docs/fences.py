"""Fenced commands of the documentation: what each page tells a reader to type, and what it says comes then.

``console`` fences hold ``$ `` commands with their output, ``sh`` fences commands alone. In an output ``…`` stands for
any text of a line, and alone on a line for any lines. A command must end with 0, unless the next one is ``echo $?`` or
its output ends with the tool's own last line, ``exit N: …``. A comment before a fence says what a reader need not see:
``<!-- not run: why -->``, ``<!-- run: exit N -->``, or ``<!-- file: NAME -->`` above the text of a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(
    r"(?:^<!-- (?P<note>(?:not run|run|file): [^\n]*) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_VERDICT = re.compile(r"exit (\d+): ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """One command with what should come of it; ``output`` None: whatever it says. ``line`` is that of its page."""

    line: int
    command: str
    output: tuple[str, ...] | None
    code: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """A fence with its commands, or with the text of a file; ``left`` says why it is not run."""

    line: int
    typed: tuple[Typed, ...] = ()
    left: str | None = None
    file: str | None = None
    text: str = ""


def fences(page: Path) -> tuple[Fence, ...]:
    """Read the fenced commands of a page."""
    text = page.read_text("utf-8")
    found = (_fence(text, match) for match in _FENCE.finditer(text))
    return tuple(fence for fence in found if fence.typed or fence.file)


def _fence(text: str, found: re.Match[str]) -> Fence:
    line = text.count("\n", 0, found.start("text")) + 1
    kind, _, rest = (found["note"] or "").partition(": ")
    if kind == "file":
        return Fence(line=line, file=rest, text=found["text"])
    read = {"console": _console, "sh": _script}.get(found["language"])
    if read is None:
        return Fence(line=line)
    said = int(rest.removeprefix("exit ")) if kind == "run" else 0
    typed = tuple(read(found["text"].splitlines(), line, said))
    return Fence(line=line, typed=typed, left=rest if kind == "not run" else None)


def _script(lines: list[str], first: int, code: int) -> Iterator[Typed]:
    for line, command, _ in _commands([f"$ {text}" if text else "" for text in lines], first, is_joined=True):
        yield Typed(line=line, command=command, output=None, code=code)


def _console(lines: list[str], first: int, code: int) -> Iterator[Typed]:
    found = list(_commands(lines, first, is_joined=False))
    for index, (line, command, output) in enumerate(found):
        asked = index + 1 < len(found) and found[index + 1][1] == "echo $?"
        verdict = _VERDICT.match(output[-1]) if output else None
        wanted = None if asked else int(verdict[1]) if verdict else code
        yield Typed(line=line, command=command, output=tuple(output), code=wanted)


def _commands(lines: list[str], first: int, *, is_joined: bool) -> Iterator[tuple[int, str, list[str]]]:
    """Give each command with its continued lines, and the lines up to the next one."""
    command: list[str] = []
    output: list[str] = []
    start = first
    for number, text in enumerate(lines, first):
        goes_on = bool(command) and command[-1].endswith("\\") and not output
        if goes_on:
            command.append(text.removeprefix("$ ") if is_joined else text)
        elif text.startswith("$ "):
            if command:
                yield start, "\n".join(command), output
            start, command, output = number, [text[2:]], []
        else:
            output.append(text)
    if command:
        yield start, "\n".join(command), output


def fits(seen: str, output: tuple[str, ...]) -> bool:
    """Tell whether an output is the documented one, trailing white space aside."""
    lines = [line.rstrip() for line in seen.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    wanted = list(output)
    while wanted and not wanted[-1]:
        wanted.pop()
    pattern = "".join(r"(?:[^\n]*\n)*?" if line.strip() == "…" else f"{_line(line)}\n" for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _line(text: str) -> str:
    return r"[^\n]*".join(re.escape(part) for part in text.rstrip().split("…"))
