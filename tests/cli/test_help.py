"""Help that stands alone: every option under its heading, what it takes, how the command ends, at any width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from audit.cli import cli, main
from audit.cli.commands import COMMANDS
from audit.cli.help import Command
from audit.configuration import options as table
from reports import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator


def _all(group: click.Group, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from _all(command, *words, name)


PAGES = [
    pytest.param((), cli, id="top"),
    *(pytest.param(words, command, id=" ".join(words)) for words, command in _all(cli)),
]


def _page(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    assert main([*words, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [100, 80, 50, 40])
@pytest.mark.parametrize(("words", "command"), PAGES)
def test_fits_the_terminal(
    words: tuple[str, ...],
    command: click.Command,
    columns: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No line is longer than the terminal: but for examples, which are there to be copied, and what has no space."""
    monkeypatch.setenv("COLUMNS", str(columns))
    example, _, _ = (command.help or "").partition("\b")[2].partition("\n\n")
    kept = {line.strip() for line in example.splitlines()}
    shown = _page(words, capsys)
    longer = [line for line in shown.splitlines() if len(line) > columns and line.strip() not in kept]
    assert not [line for line in longer if " " in line.strip() and not line.lstrip().startswith("-")]
    assert columns < 80 or not longer
    assert all(len(line) <= 78 for line in kept)


@pytest.mark.parametrize(("words", "command"), PAGES)
def test_says_how_it_ends(words: tuple[str, ...], command: click.Command, capsys: pytest.CaptureFixture[str]) -> None:
    """Each page has its own exit codes, an example, and no option without a word about it."""
    shown = _page(words, capsys)
    assert ("Example" in shown) is (not isinstance(command, click.Group) or command.invoke_without_command)
    assert isinstance(command, Command)
    assert "Exit codes:\n  0 " in shown
    assert all(f"\n  {code} " in shown for code in {2, 3, 4, *command.ends})
    assert [param.opts for param in command.params if isinstance(param, click.Option) and not param.help] == []


@pytest.mark.parametrize(("words", "command"), PAGES)
def test_every_command_tells_of_itself(
    words: tuple[str, ...], command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever does something has -v, --timings and --log-format: groups that are commands too."""
    only_lists = isinstance(command, click.Group) and not command.invoke_without_command
    shown = _page(words, capsys)
    assert all((name in shown) is not only_lists for name in ("--verbose", "--timings", "--log-format"))


def test_options_stand_under_headings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The headings are those of the page of keys; what a list, a level, a format may be is said."""
    monkeypatch.setenv("COLUMNS", "100")
    shown = _page(("check",), capsys)
    for heading in ("Options", "The repository", "Getting in", "Scale", "Selection", "Judging", "General"):
        assert f"\n{heading}:\n  -" in shown
    text = " ".join(shown.split())
    assert ", ".join(FORMATS) in text
    assert text.count(", ".join(table.LEVELS)) == 2
    repeatable = [one for one in table.OPTIONS.values() if one.kind == "words" and f"  {one.flag} " in shown]
    assert len(repeatable) > 5
    assert all("repeatable" in text.partition(f" {one.flag} ")[2].partition(" --")[0] for one in repeatable)


def test_commands_of_groups_are_told_in_whole_sentences(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing ends in three dots, and no option is torn at its hyphens."""
    monkeypatch.setenv("COLUMNS", "60")
    for name in COMMANDS:
        shown = _page((name,), capsys)
        assert "..." not in shown.replace("]...", "").replace("[ARGS]...", "").replace("FILES...", "")
        assert "-\n" not in shown.replace("--\n", "-\n")
