"""The operations manual against the tool: every permission, every way in, commands that are wrong nowhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from audit.cli import cli
from audit.configuration.config import resolve
from audit.fleet import access
from audit.model import Account
from audit.running.permissions import TABLE

TEXT = (Path(__file__).parent.parent / "docs/operations.md").read_text(encoding="utf-8")
COMMANDS = re.findall(
    r"^pipelines-audit (.+?)(?: *#.*| > .*)?$", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)), re.MULTILINE
)


def test_every_permission_is_named() -> None:
    """The table of the manual has each action of the table of calls, and no action that is not there."""
    actions = {call.action for call in TABLE if call.action}
    known = "|".join(sorted({action.partition(":")[0] for action in actions}))
    named = set(re.findall(rf"`((?:{known}):[A-Z]\w+)`", TEXT))
    assert named - {"sts:GetCallerIdentity"} == actions


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_right(line: str) -> None:
    """Each command of the manual has the options that it is given."""
    name, *arguments = shlex.split(line)
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    command.make_context(name, arguments, resilient_parsing=False).close()


def test_configuration_is_right(tmp_path: Path) -> None:
    """The example of the configuration file can be used, and does what the manual says."""
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "c.toml").write_text(example, encoding="utf-8")
    settings, _ = resolve({}, {}, config=tmp_path / "c.toml")
    ways = access(settings)
    assert str(ways.way(Account(name="legacy", id="999999999999"))) == "profile legacy-readonly"
    assert [link.external_id for link in ways.way(Account(name="prod", id="444455556666")).links] == [None, "prod-2026"]
