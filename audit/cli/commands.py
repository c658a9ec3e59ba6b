"""The commands by name, each loaded when it is asked for: ``--help`` and ``--version`` wait for none of them."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

import click

from audit.cli import telemetry
from audit.cli.help import Group

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "apply": ("carrying", "Carry a plan out, wave by wave, and look again."),
    "check": ("judging", "Look, judge and report: the nightly job."),
    "checks": ("catalogue", "List the checks: what each finds, how to mend it."),
    "config": ("configuring", "Show the configuration in force, or its JSON Schema."),
    "declared": ("facts", "Show what the repository declares, and where."),
    "demo": ("tour", "Try it on a sample repository and an emulated AWS."),
    "diff": ("snapshots", "Show what moved between two snapshots."),
    "history": ("past", "Show what past runs found, and since when."),
    "init": ("starting", "Write policy, waivers and a nightly CI job."),
    "plan": ("remedy", "Plan what is to be done, as data and as scripts."),
    "policy": ("policies", "Write the least-privilege IAM policies."),
    "ready": ("readiness", "Tell whether an upgrade can begin: GO or NO-GO."),
    "released": ("facts", "Show the releases, and which is the newest."),
    "report": ("reporting", "Draw reports again from results; join those of shards."),
    "rollback": ("returning", "Plan the way back from a plan that was applied."),
    "running": ("facts", "Show what runs in AWS."),
    "snapshot": ("snapshots", "Look, and write what was seen as evidence."),
    "waivers": ("waivers", "Check, list and write what was accepted for a time."),
}
"""Each command's module in this package, where a function has the command's name; and what ``--help`` says of it."""


class Lazy(Group):
    """A group whose commands are those of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's own signature
        """Name all commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as above
        """Load a command, once."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            module = import_module(f"audit.cli.{COMMANDS[cmd_name][0]}")
            command = cast("click.Command", getattr(module, cmd_name))
            _tell(command)
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; a name that is none is answered with the nearest one."""
        near = difflib.get_close_matches(args[0], COMMANDS, n=1) if args[0] not in COMMANDS else []
        if near and not args[0].startswith("-"):
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {near[0]!r}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as above
        """List the commands by the words of the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in sorted(COMMANDS.items())])


def _tell(command: click.Command) -> None:
    """Let every command tell of itself in the same way."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        telemetry.options(command)
    for part in command.commands.values() if isinstance(command, click.Group) else ():
        _tell(part)
