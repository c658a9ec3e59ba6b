"""The command line: help, wrong usage, and how each error of the tree ends."""

from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.cli.commands import COMMANDS
from audit.configuration import config
from audit.verdict.results import from_json
from tests.nouns import fresh, snapshot
from tests.processes import BIN, run


def test_help_lists_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` needs nothing else: every command, and what each exit code means."""
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown and words in shown for name, (_, words) in COMMANDS.items())
    assert "10  incomplete" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says what it does and fits a terminal of 100 columns."""
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Usage: pipelines-audit" in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert "\\b" not in shown


def test_garbage_is_collected_as_before_once_a_command_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """What a command asks of the interpreter for itself alone is not left to whoever called it."""
    before = gc.get_threshold()
    assert main(["no-such-command"]) == 4
    assert gc.get_threshold() == before
    assert capsys.readouterr().err


def test_a_mistyped_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to look the name up."""
    assert main(["chek"]) == 4
    assert "No such command 'chek'. Did you mean 'check'?" in capsys.readouterr().err


def test_a_full_disk_is_no_fault_of_ours() -> None:
    """Output that the system does not take ends with 3 and one line that says so."""
    with Path("/dev/full").open("wb") as full:
        command = [str(BIN / "pipelines-audit"), "released", "--offline", "--json"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.returncode == 3
    assert "the output cannot be written: No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


HEAVY = ("alembic", "boto3", "botocore", "hcl2", "jinja2", "lark", "moto", "pydantic", "pytest", "requests", "rich")


@pytest.mark.parametrize("argument", ["--help", "--version", "chek"])
def test_start_up_loads_nothing_heavy(argument: str) -> None:
    """What needs no facts waits for no library that reads or judges them."""
    code = (
        "import sys; from audit.cli import main; main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.splitlines()[-1].split())
    assert "click" in loaded
    assert not loaded & {*HEAVY, "sqlalchemy", "yaml", "checks", "reports"}


def test_help_of_commands_loads_no_sdk_and_no_pytest() -> None:
    """The options come from a table, not from what carries them out."""
    code = (
        "import sys; from audit.cli import main; [main([name, '--help']) for name in sys.argv[1:]];"
        "print(*sorted(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code, *COMMANDS], capture_output=True, text=True, check=True)
    assert not set(ended.stdout.splitlines()[-1].split()) & {"boto3", "botocore", "moto", "pytest", "sqlalchemy"}


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version stands alone with the name."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("pipelines-audit, version ")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(["chekc"], "No such command", id="unknown command"),
        pytest.param(["check", "--nonsense"], "No such option", id="unknown option"),
        pytest.param(["check"], "--infra-live PATH", id="no repository"),
        pytest.param(["check", "--infra-live", "/nowhere/at/all"], "/nowhere/at/all", id="missing repository"),
        pytest.param(["check", "--fail-on", "worst"], "--fail-on", id="no level"),
        pytest.param(["check", "--report", "pdf=x"], "unknown format 'pdf'", id="unknown format"),
        pytest.param(["check", "--report", "html"], "FORMAT=PATH", id="no path"),
        pytest.param(["check", "--snapshot", "/nowhere.json"], "/nowhere.json: cannot be read", id="missing snapshot"),
        pytest.param(["check", "--config", "/nowhere.toml"], "/nowhere.toml: cannot be read", id="missing config"),
        pytest.param(["report", "/nowhere.json"], "/nowhere.json: cannot be read", id="missing results"),
        pytest.param(["released", "--releases-file", "/nowhere.json"], "/nowhere.json", id="missing releases"),
        pytest.param(["released", "--release-repo", "nonsense"], "nonsense", id="no repository name"),
        pytest.param(["snapshot", "--infra-live", "."], "'-o'", id="no output"),
        pytest.param(["running", "--infra-live", ".", "--workers", "0"], "--workers", id="no workers"),
    ],
)
def test_wrong_usage_is_4_and_one_line(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage ends with 4, says what and where, and shows no traceback."""
    assert main(argv) == 4
    shown = capsys.readouterr()
    assert words in shown.err
    assert "Traceback" not in shown.err
    assert not shown.out


def test_a_folder_without_units_is_5(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to look at is never green; the line says what a unit is."""
    assert main(["check", "--infra-live", str(tmp_path), "--offline"]) == 5
    assert "no ECS Deploy Runner unit found" in capsys.readouterr().err


def test_a_damaged_snapshot_is_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no snapshot, or of another version, is said to be so."""
    for text, words in (("{", "not a snapshot"), ("[]", "schema_version None"), ('{"schema_version": 1}', "damaged")):
        path = tmp_path / "s.json"
        path.write_text(text, encoding="utf-8")
        assert main(["check", "--snapshot", str(path)]) == 4
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_snapshot_round_trip(tmp_path: Path, name: str) -> None:
    """A snapshot reads back equal, has one hash, and the same bytes each time it is written."""
    one, two = tmp_path / name, tmp_path / f"again-{name}"
    facts = snapshot()
    snapshots.save(facts, one)
    snapshots.save(facts, two)
    assert snapshots.load(one) == facts
    assert one.read_bytes() == two.read_bytes()
    assert snapshots.sha256(snapshots.load(one)) == snapshots.sha256(facts)


def test_snapshot_that_cannot_be_written() -> None:
    """An output that can't be written is wrong usage, by name."""
    from audit.errors import UsageError

    with pytest.raises(UsageError, match="cannot be written"):
        snapshots.save(fresh(snapshot()), Path("/dev/null/folder.json"))


def test_reports_can_be_drawn_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``report`` draws from the results alone what ``check`` drew, byte for byte."""
    facts = tmp_path / "s.json"
    snapshots.save(fresh(snapshot()), facts)
    first, again = tmp_path / "one", tmp_path / "two"
    forms = ("html", "json", "junit")
    assert main(["check", "--snapshot", str(facts), *(a for f in forms for a in ("--report", f"{f}={first}.{f}"))]) == 0
    table = capsys.readouterr().out
    results = f"{first}.json"
    assert main(["report", results, *(a for f in forms for a in ("--report", f"{f}={again}.{f}"))]) == 0
    for form in forms:
        assert Path(f"{first}.{form}").read_bytes() == Path(f"{again}.{form}").read_bytes(), form
    capsys.readouterr()
    assert main(["report", results]) == 0
    assert capsys.readouterr().out == table
    assert from_json(Path(results).read_text(encoding="utf-8"), name="r").exit_code == 0


def test_a_report_on_stdout_stands_alone(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """With ``--report json=-`` standard output is the report, the table goes to standard error."""
    facts = tmp_path / "s.json"
    snapshots.save(fresh(snapshot()), facts)
    assert main(["check", "--snapshot", str(facts), "--report", "json=-"]) == 0
    shown = capsysbinary.readouterr()
    assert json.loads(shown.out)["exit_code"] == 0
    assert b"exit 0: in sync" in shown.err


def test_verbose_shows_pytest_on_stderr(tmp_path: Path) -> None:
    """``-v`` shows what pytest says, on standard error; without it nothing of pytest is seen."""
    facts = tmp_path / "s.json"
    snapshots.save(fresh(snapshot()), facts)
    loud = run("pipelines-audit", "check", "--snapshot", facts, "-v", cwd=tmp_path)
    quiet = run("pipelines-audit", "check", "--snapshot", facts, cwd=tmp_path)
    assert "test session starts" in loud.stderr
    assert "test session starts" not in loud.stdout
    assert "passed" not in quiet.stdout + quiet.stderr


def test_html_of_pytest(tmp_path: Path) -> None:
    """``--html`` writes pytest-html's own report of the same run."""
    facts, page = tmp_path / "s.json", tmp_path / "own.html"
    snapshots.save(fresh(snapshot()), facts)
    assert run("pipelines-audit", "check", "--snapshot", facts, "--html", page, cwd=tmp_path).returncode == 0
    assert "test_image_tag_drift" in page.read_text(encoding="utf-8")


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    """``| head`` closes standard output: no traceback, no success either."""
    facts = tmp_path / "s.json"
    snapshots.save(fresh(snapshot()), facts)
    command = f"{BIN / 'pipelines-audit'} check --snapshot {facts} | true"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in ended.stderr


def test_an_internal_error_is_3_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of our own names its type and place, never what it was working on."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("AKIAIOSFODNN7EXAMPLE")

    monkeypatch.setattr(config, "resolve", broken)
    assert main(["check"]) == 3
    shown = capsys.readouterr().err
    assert "internal error: ValueError at test_cli.py:" in shown
    assert "AKIA" not in shown
    assert "Traceback" not in shown


HOLE = """
import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_2(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end a look at once, with 2 and one line."""
    unit = tmp_path / "dev/us-west-2/mgmt/ecs-deploy-runner"
    unit.mkdir(parents=True)
    (tmp_path / "accounts.json").write_text('{"dev": "345678901234"}', encoding="utf-8")
    source = 'terraform { source = "../x//modules/mgmt/ecs-deploy-runner" }'
    (unit / "terragrunt.hcl").write_text(source, encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", HOLE], stdout=subprocess.PIPE, text=True) as hole:
        assert hole.stdout is not None
        port = hole.stdout.readline().strip()
        variables = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "x"}
        with subprocess.Popen(
            [str(BIN / "pipelines-audit"), "check", "--infra-live", str(tmp_path), "--offline"],
            env={**variables, "AWS_SECRET_ACCESS_KEY": "x", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            stderr=subprocess.PIPE,
            text=True,
        ) as audit:
            assert audit.stderr is not None
            while "looking at accounts" not in audit.stderr.readline():
                pass
            time.sleep(0.3)
            started = time.monotonic()
            audit.send_signal(number)
            said = audit.stderr.read()
            assert audit.wait(10) == 2, said
            assert time.monotonic() - started < 50  # the hole lasts for 60
            assert "INCOMPLETE: stopped by a signal" in said
        hole.kill()
