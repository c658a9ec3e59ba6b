"""What ``--help`` prints: options under the headings of their table, how a command may end, folded to the terminal."""

from __future__ import annotations

import shutil
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENERAL: Final = "General"
_LEAST: Final = 30  # columns that a page needs
_NARROW: Final = 60  # columns below which a description stands under its option
_HYPHEN: Final = "\ue000"  # for private use: what folds lines does not know it

ALWAYS: Final[Mapping[int, str]] = MappingProxyType(
    {2: "interrupted", 3: "internal error, or a check with a bug", 4: "wrong usage or configuration"}
)
DONE: Final[Mapping[int, str]] = MappingProxyType({0: "done"})
NOTHING: Final[Mapping[int, str]] = MappingProxyType({5: "nothing selected: no units, no accounts, no checks"})
UNREAD: Final[Mapping[int, str]] = MappingProxyType({10: "incomplete: something could not be read"})
REFUSED: Final[Mapping[int, str]] = MappingProxyType({13: "refused or not approved"})
JUDGED: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "in sync and fully covered",
        1: "findings at or above --fail-on",
        **NOTHING,
        10: "incomplete: no finding, but something could not be read",
    }
)
CARRIED_OUT: Final[Mapping[int, str]] = MappingProxyType(
    {11: "a remediation step failed", 12: "remediated, still drifting", **REFUSED}
)


class _Formatter(click.HelpFormatter):
    """Click's own, but for terminals that are narrower than it expects, and without an option torn at its hyphen."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        columns = min(shutil.get_terminal_size().columns, max_width or 80) - 2
        super().__init__(indent_increment, width or max(columns, _LEAST), max_width)

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        super().write_text(_whole(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names with descriptions; where there is little room, each description under its name."""
        narrow = self.width < _NARROW
        super().write_dl([(name, _whole(words)) for name, words in rows], 8 if narrow else col_max, col_spacing)

    def getvalue(self) -> str:
        """Give the page."""
        return super().getvalue().replace(_HYPHEN, "-")


def _whole(text: str) -> str:
    return text.replace("-", _HYPHEN)


class _Context(click.Context):
    formatter_class = _Formatter


class Option(click.Option):
    """An option that knows the heading it stands under."""

    def __init__(self, *args: Any, heading: str = GENERAL, **kwargs: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*args, **kwargs)
        self.heading = heading


class Command(click.Command):
    """A command that shows its own options first, then those of the table by heading, then how it may end."""

    context_class = _Context

    def __init__(self, *args: Any, ends: Mapping[int, str] = DONE, **kwargs: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*args, **kwargs)
        self.ends = ends
        # Raw docstrings write click's mark for examples, and the end of a line that goes on, in two letters each.
        self.help = (self.help or "").replace("\\b\n", "\b\n").replace("\\\\\n", "\\\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each heading, in the order in which the options were given."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                sections.setdefault(_heading(param), []).append(record)
        general = sections.pop(GENERAL, [])
        if not any(sections.values()):
            sections, general = {"Options": general}, []
        for heading, rows in [*sections.items(), (GENERAL, general)]:
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's own
        """Write what each exit code means."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), words) for code, words in sorted({**ALWAYS, **self.ends}.items())])


class Group(Command, click.Group):
    """A command with commands of its own, each told in a whole sentence."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        Command.format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's own
        """List the commands, each by the first line of its help."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (one.help or "").partition("\n")[0]) for name, one in sorted(self.commands.items())]
            )


def _heading(param: click.Parameter) -> str:
    if isinstance(param, Option):
        return param.heading
    return GENERAL if {"--help", "--version"} & {*param.opts} else "Options"
