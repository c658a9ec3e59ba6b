"""What a run tells of itself: its id, its lines on standard error, where its time went. Nothing of it is ever sent.

Standard error has one line an event. ``--log-format json`` makes a JSON object of each, whoever wrote it, ``-v`` puts
time and run id before it; without either the lines stay as they are.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO, TypeAlias

import click

from audit.cli.help import Option
from audit.configuration.options import FORMAT_VARIABLE, TIMINGS_VARIABLE
from audit.text import counted, neutral

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from audit.running.spent import Spent

Format: TypeAlias = Literal["text", "json"]

FORMATS: Final[tuple[Format, ...]] = ("text", "json")

_LEVEL = re.compile(r"(?P<level>warning|error|pipelines-audit|ERROR|Error|INCOMPLETE)\b")
_LEVELS: Final[Mapping[str, str]] = {"warning": "warning", "INCOMPLETE": "warning"}
_WORDS: Final[Mapping[str, str]] = {
    "declared": "repository",
    "released": "releases",
    "credentials": "AWS: credentials",
    "accounts": "AWS: accounts",
    "registries": "AWS: registries",
    "secrets": "AWS: secrets",
}


@dataclass(slots=True, eq=False)
class Run:
    """One run of the command: its ``id`` stands in every line, result and report; ``stages`` are seconds by stage."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    format: Format = "text"
    verbose: bool = False
    timings: bool = False
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)
    _stage: tuple[str, float] | None = None

    @property
    def shows_plain(self) -> bool:
        """Whether standard error is left as it is."""
        return self.format == "text" and not self.verbose

    def join(self, outer: Run) -> None:
        """Be part of another run: with its id, and without lines of one's own."""
        self.id, self.format, self.verbose = outer.id, outer.format, outer.verbose

    def enter(self, stage: str | None) -> None:
        """End the stage under way, and begin another, if any."""
        now = time.perf_counter()
        if self._stage is not None:
            name, since = self._stage
            self.stages[name] = self.stages.get(name, 0.0) + now - since
        self._stage = None if stage is None else (_WORDS.get(stage, stage), now)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block."""
        self.enter(name)
        try:
            yield
        finally:
            self.enter(None)

    def spend(self, spent: Spent) -> None:
        """Count what calls to AWS cost."""
        for service, cost in spent.items():
            self.calls[service] = self.calls.get(service, 0) + cost.calls
            self.waited[service] = self.waited.get(service, 0.0) + cost.seconds

    def line(self, text: str, **facts: object) -> str:
        """Make the line of an event, as the user wants it."""
        if self.shows_plain:
            return text
        now = datetime.now(UTC)
        found = _LEVEL.match(text)
        level = _LEVELS.get(found["level"], "error") if found else "info"
        if self.format == "text":
            return f"{now:%H:%M:%S}.{now.microsecond // 1000:03} {self.id[:8]} {level:<7} {text}"
        stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"time": stamp, "level": level, "run_id": self.id, "message": neutral(text), **facts}
        return json.dumps(record, ensure_ascii=False)


class Lines(io.TextIOBase):
    """Standard error whose lines are events: each goes out whole, in the form that the run's user wants."""

    def __init__(self, run: Run, out: TextIO) -> None:
        super().__init__()
        self.run, self._out, self._begun = run, out, ""
        self._is_shown = False  # the beginning of a line is out already
        self._is_finished = False

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has a plain attribute, TextIOWrapper a property
        """The encoding of what lies below: click looks at it."""
        return self._out.encoding or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]  # as above
        """What happens to characters that the encoding lacks."""
        return "backslashreplace"

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Say whether it is a terminal: for JSON there is none, so that nobody draws on it."""
        return self.run.format == "text" and self._out.isatty()

    def fileno(self) -> int:
        """Give the descriptor below."""
        return self._out.fileno()

    def write(self, text: str, /) -> int:
        """Write the lines that are whole; what follows waits for its end."""
        if not isinstance(text, str):
            raise TypeError("text is wanted")
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            if self._is_shown:
                self._out.write(f"{line}\n")
                self._is_shown = False
            elif line.strip():
                self.event(line)
        return len(text)

    def event(self, text: str, **facts: object) -> None:
        """Write one event, with what a program may want to know of it."""
        self._out.write(self.run.line(text, **facts) + "\n")

    def flush(self) -> None:
        """Let a question that has no end of line be seen; once finished, what lies below may be closed."""
        if self._is_finished:
            return
        if self._begun and self.run.format == "text":
            self._out.write(self._begun if self._is_shown else self.run.line(self._begun))
            self._begun, self._is_shown = "", True
        self._out.flush()

    def finish(self) -> None:
        """Write what has no end of line, as a line."""
        if self._begun or self._is_shown:
            self.write("\n")
        self.flush()
        self._is_finished = True


def current() -> Run:
    """Give the run under way; outside of the command line one that nobody looks at."""
    context = click.get_current_context(silent=True)
    run = context.find_object(Run) if context else None
    return run or Run()


def say(text: str, **facts: object) -> None:
    """Write an event to standard error; its facts are for those who read JSON."""
    if isinstance(sys.stderr, Lines):
        sys.stderr.event(text, **facts)
    else:
        sys.stderr.write(f"{text}\n")


def detail(text: str, **facts: object) -> None:
    """Write an event that only ``-v`` asks for."""
    if current().verbose:
        say(text, **facts)


@contextlib.contextmanager
def telling(run: Run) -> Iterator[None]:
    """Turn what is written to standard error into lines of the run, for as long as the block lasts."""
    before, lines = sys.stderr, Lines(run, sys.stderr)
    handler = logging.StreamHandler(lines)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("warning: %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    sys.stderr = lines
    try:
        yield
    finally:
        sys.stderr = before
        root.removeHandler(handler)
        lines.finish()


def asked_format(arguments: Sequence[str], environment: Mapping[str, str]) -> Format:
    """Find out how lines are wanted before anything is parsed: wrong usage is told in that form too."""
    given = environment.get(FORMAT_VARIABLE, "")
    for before, word in zip(["", *arguments], arguments, strict=False):
        if before == "--log-format" or word.startswith("--log-format="):
            given = word.rpartition("=")[2]
    return "json" if given == "json" else "text"


def options(command: click.Command) -> None:
    """Give a command the options by which a run tells of itself."""
    taken = {name for param in command.params for name in param.opts}
    for option in (_format(), _verbose(), _timings()):
        if not taken & {*option.opts}:
            command.params.append(option)


def _format() -> click.Option:
    return Option(
        ["--log-format"],
        type=click.Choice(FORMATS),
        envvar=FORMAT_VARIABLE,
        expose_value=False,
        help="lines on standard error as text, or each as a JSON object with time, level and run id",
    )


def _verbose() -> click.Option:
    return Option(
        ["-v", "--verbose"],
        count=True,
        is_eager=True,
        expose_value=False,
        callback=_loud,
        help="say more on standard error, each line with time and run id",
    )


def _timings() -> click.Option:
    return Option(
        ["--timings"],
        is_flag=True,
        envvar=TIMINGS_VARIABLE,
        expose_value=False,
        callback=_timed,
        help="say at the end where the time went: by stage, and AWS by service",
    )


def _loud(context: click.Context, _option: click.Parameter, value: int) -> None:
    run = context.find_object(Run)
    if value and run is not None and not run.verbose:
        run.verbose = True
        if run.format == "text":
            run.resources.enter_context(telling(run))


def _timed(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click's own order
    run = context.find_object(Run)
    if value and run is not None:
        run.timings = True


def tell_timings(run: Run) -> None:
    """Say where the time went, on standard error."""
    run.enter(None)
    whole = time.perf_counter() - run.began
    if run.format == "json":
        say("timings", timings=_document(run, whole))
        return
    for text in _table(run, whole):
        say(text)


def _document(run: Run, whole: float) -> dict[str, Any]:
    services = {name: {"calls": run.calls[name], "seconds": round(run.waited[name], 3)} for name in sorted(run.calls)}
    stages = {name: round(seconds, 3) for name, seconds in run.stages.items()}
    return {"seconds": round(whole, 3), "stages": stages, "services": services}


def _table(run: Run, whole: float) -> Iterator[str]:
    yield f"timings of run {run.id}"
    for name, seconds in run.stages.items():
        yield f"  {name:<28} {seconds:8.2f} s"
    rest = whole - sum(run.stages.values())
    yield f"  {'start and the rest':<28} {rest:8.2f} s"
    yield f"  {'altogether':<28} {whole:8.2f} s"
    if run.calls:
        yield "calls to AWS, side by side, so that their seconds add up to more than was waited"
    for name in sorted(run.calls, key=lambda one: -run.waited[one]):
        yield f"  {name:<16} {counted(run.calls[name], 'call'):>11} {run.waited[name]:8.2f} s"
