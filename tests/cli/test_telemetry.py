"""What a run tells of itself: lines as JSON or with time and run id, timings, one id in lines, results and reports."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.cli.telemetry import Lines, Run, asked_format, say, tell_timings, telling
from audit.configuration.config import unknown_variables
from audit.model import Account
from audit.running.model.targets import Target
from audit.running.session import Access, Session
from audit.running.spent import Cost, measured, spending
from tests.aws import DEV, REGION, ROLE_ARN, emulated_aws, emulator, seed_runner
from tests.nouns import fresh, snapshot
from tests.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAIN = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (?P<run>[0-9a-f]{8}) (?P<level>info|warning|error) +(?P<text>.+)")


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Write a snapshot to judge."""
    path = tmp_path / "s.json"
    snapshots.save(fresh(snapshot()), path)
    return path


def records(text: str) -> list[dict[str, Any]]:
    """Read lines, each of which has to be an object of its own."""
    return [json.loads(line) for line in text.splitlines()]


def test_every_line_is_an_object_with_the_id_of_the_results(
    facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One id for the run: in its lines, its results, and the reports that are drawn of them."""
    written = {name: tmp_path / name for name in ("json", "junit", "sarif", "html", "ocsf")}
    reports = [part for name, path in written.items() for part in ("--report", f"{name}={path}")]
    assert main(["check", "--snapshot", str(facts), "--log-format=json", "--timings", *reports]) == 0
    lines = records(capsys.readouterr().err)
    run = json.loads(written["json"].read_text(encoding="utf-8"))["run"]["id"]
    assert {line["run_id"] for line in lines} == {run}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    assert not [name for name, path in written.items() if run not in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check", "--log-format", "json"], id="option"),
        pytest.param(["chek", "--log-format=json"], id="before a command is found"),
        pytest.param(["check", "--nope", "--log-format", "json"], id="beside an option that is none"),
        pytest.param(["report", "merge", "--log-format", "json", "/nowhere", "-o", "/nowhere"], id="a command below"),
    ],
)
def test_wrong_usage_is_told_in_that_form_too(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is wrong, a program can read it."""
    assert main(arguments) == 4
    assert records(capsys.readouterr().err)[-1]["level"] == "error"


def test_the_environment_can_ask_for_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Once for all jobs of a pipeline; the option wins."""
    monkeypatch.setenv("PIPELINES_AUDIT_LOG_FORMAT", "json")
    monkeypatch.setenv("PIPELINES_AUDIT_TIMINGS", "1")
    assert main(["released", "--offline"]) == 0
    assert [line["message"] for line in records(capsys.readouterr().err)] == ["timings"]
    assert asked_format(["check", "--log-format", "text"], {"PIPELINES_AUDIT_LOG_FORMAT": "json"}) == "text"
    assert not unknown_variables({"PIPELINES_AUDIT_LOG_FORMAT": "json", "PIPELINES_AUDIT_TIMINGS": "1"})


def test_verbose_puts_time_and_run_before_each_line(
    facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And shows what pytest says."""
    written = tmp_path / "r.json"
    assert main(["check", "--snapshot", str(facts), "-v", "--report", f"json={written}"]) == 0
    shown = capsys.readouterr()
    lines = [PLAIN.fullmatch(line) for line in shown.err.splitlines()]
    assert all(lines), shown.err
    run = json.loads(written.read_text(encoding="utf-8"))["run"]["id"]
    assert {line["run"] for line in lines if line} == {run[:8]}
    assert any("test session starts" in line["text"] for line in lines if line)
    assert not PLAIN.search(shown.out)


def test_without_either_nothing_is_changed(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for people are short."""
    assert main(["check", "--snapshot", str(facts)]) == 0
    assert not capsys.readouterr().err


def test_timings_say_where_the_time_went(facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stage by stage, with what is left over."""
    report = ["--report", f"json={tmp_path / 'r.json'}"]
    assert main(["check", "--snapshot", str(facts), "--timings", *report]) == 0
    shown = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"timings of run [0-9a-f]{32}", shown[0])
    assert [line.rsplit(maxsplit=2)[0].strip() for line in shown[1:]] == [
        "judging",
        "reports",
        "start and the rest",
        "altogether",
    ]


@pytest.fixture
def runner() -> Iterator[str]:
    """Seed one account, and let the environment lead there."""
    with emulator() as endpoint:
        for _ in emulated_aws(endpoint):
            registry = "234567890123.dkr.ecr.us-west-2.amazonaws.com/ecs-deploy-runner:v0.52.1"
            seed_runner(endpoint, DEV, REGION, "ecs-deploy-runner", {"terraform-planner": registry})
            yield endpoint


def test_timings_tell_aws_by_service(runner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls and seconds of each service, those of assuming roles among them."""
    assert runner
    live = tmp_path / "dev" / REGION / "mgmt" / "ecs-deploy-runner"
    live.mkdir(parents=True)
    (tmp_path / "accounts.json").write_text(json.dumps({"dev": DEV}), encoding="utf-8")
    (live / "terragrunt.hcl").write_text('terraform {\n  source = "x//ecs-deploy-runner"\n}\n', encoding="utf-8")
    command = ["running", "--infra-live", str(tmp_path), "--role-arn", ROLE_ARN, "--timings"]
    main([*command, "--log-format", "json", "-v"])
    lines = records(capsys.readouterr().err)
    timings = lines[-1]["timings"]
    assert "AWS: accounts" in timings["stages"]
    assert {"ecs", "lambda", "sts"} <= set(timings["services"])
    assert timings["services"]["sts"]["calls"] == 2
    assert timings["seconds"] >= sum(timings["stages"].values()) - 0.01
    (place,) = [line for line in lines if line.get("what") == f"dev {REGION}"]
    assert place["calls"] == sum(one["calls"] for name, one in timings["services"].items()) - 1


def test_timings_for_people_name_the_services(capsys: pytest.CaptureFixture[str]) -> None:
    """What was waited for longest comes first; a stage that was entered twice counts once."""
    run = Run()
    for _ in range(2):
        with run.stage("accounts"):
            run.spend({"ecs": Cost(2, 0.5), "iam": Cost(1, 3.0)})
    tell_timings(run)
    shown = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in shown[-2:]] == ["iam", "ecs"]
    assert shown[-1].split() == ["ecs", "4", "calls", "1.00", "s"]
    assert sum(line.startswith("  AWS: accounts") for line in shown) == 1


def test_libraries_speak_in_lines_too_and_never_in_detail(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning of a library is a line; what botocore says at DEBUG, which holds secrets, is none."""
    with telling(Run(format="json", verbose=True)):
        logging.getLogger("urllib3.connectionpool").warning("retrying")
        logging.getLogger("botocore.parsers").debug("secret")
        logging.getLogger("botocore.credentials").info("found")
    (line,) = records(capsys.readouterr().err)
    assert (line["level"], line["message"]) == ("warning", "warning: urllib3.connectionpool: retrying")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(["one\ntwo\n"], ["one", "two"], id="whole lines"),
        pytest.param(["o", "ne\n", "\n", "tw", "o\n"], ["one", "two"], id="pieces, and an empty line"),
        pytest.param(["no end"], ["no end"], id="no end of line"),
        pytest.param(['{"time": "x", "level": "info"}\n'], ['{"time": "x", "level": "info"}'], id="a forged record"),
        pytest.param(["a\x1b[31mb\u202e\n"], ["a\\x1b[31mb\\u202e"], id="what would steer a terminal"),
    ],
)
def test_json_lines(pieces: list[str], expected: list[str]) -> None:
    """A line each, whole and harmless, whatever pieces it came in."""
    out = io.StringIO()
    lines = Lines(Run(format="json"), out)
    for piece in pieces:
        lines.write(piece)
        lines.flush()
    lines.finish()
    assert [record["message"] for record in records(out.getvalue())] == expected
    assert (lines.isatty(), lines.writable(), lines.errors, bool(lines.encoding)) == (
        False,
        True,
        "backslashreplace",
        True,
    )


def test_a_question_is_seen_before_its_end() -> None:
    """With ``-v`` too the beginning of a line goes out when it has to, with its time, and once."""
    out = io.StringIO()
    lines = Lines(Run(verbose=True), out)
    lines.write("go on? ")
    lines.flush()
    assert PLAIN.fullmatch(out.getvalue())
    lines.write("[y")
    lines.flush()
    lines.write("/n]\nnext\n")
    lines.finish()
    first, second = out.getvalue().splitlines()
    assert first.endswith("go on? [y/n]")
    assert second.endswith("next")


def test_what_is_finished_lets_go_of_what_lies_below() -> None:
    """The interpreter flushes it once more as it goes, when standard error may be closed already."""
    out = io.StringIO()
    lines = Lines(Run(format="json"), out)
    lines.write("last")
    lines.finish()
    assert len(records(out.getvalue())) == 1
    out.close()
    lines.close()


def test_bytes_are_refused() -> None:
    """Click finds out by that which kind of stream it has."""
    with pytest.raises(TypeError):
        Lines(Run(), io.StringIO()).write(b"x")  # type: ignore[arg-type]  # what is tried on purpose


@pytest.mark.parametrize(
    ("text", "level"),
    [
        pytest.param("reading the repository", "info", id="progress"),
        pytest.param("warning: waivers.yaml:3: old", "warning", id="warning"),
        pytest.param("INCOMPLETE: x", "warning", id="incomplete"),
        pytest.param("pipelines-audit: no credentials", "error", id="error"),
        pytest.param("Error: No such option", "error", id="wrong usage"),
    ],
)
def test_levels(text: str, level: str) -> None:
    """Told by how a line begins, as people tell it."""
    out = io.StringIO()
    Lines(Run(format="json"), out).write(f"{text}\n")
    assert records(out.getvalue())[0]["level"] == level


def test_a_command_within_a_command_is_part_of_its_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ``demo`` calls ``check``: its lines are not wrapped twice, and have the same id."""
    run = Run(format="json")
    monkeypatch.setenv("PIPELINES_AUDIT_LOG_FORMAT", "json")
    with telling(run):
        say("outside", fact=1)
        assert main(["chek"]) == 4
    lines = records(capsys.readouterr().err)
    assert {line["run_id"] for line in lines} == {run.id}
    assert lines[0]["fact"] == 1
    assert lines[-1]["message"].startswith("Error: No such command")


WATCHED = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        os.write(2, f"SENT {event} {arguments!r}\\n".encode())
sys.addaudithook(watch)
from audit.cli import main
code = main(sys.argv[1:])
print("code", code)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--version"], id="version"),
        pytest.param(["checks"], id="checks"),
        pytest.param(["policy"], id="policy"),
        pytest.param(["released", "--offline"], id="released offline"),
        pytest.param(["declared", "--infra-live", "REPO"], id="declared"),
        pytest.param(["check", "--snapshot", "FACTS", "--timings"], id="check of a snapshot"),
        pytest.param(["ready", "--snapshot", "FACTS", "--offline", "--to", "v1.3.0"], id="ready of a snapshot"),
        pytest.param(["plan", "--snapshot", "FACTS", "--offline"], id="plan of a snapshot"),
    ],
)
def test_nothing_is_sent_unasked(facts: Path, arguments: list[str]) -> None:
    """No connection, no look for a name: what needs neither AWS nor GitHub works without a network."""
    places = {"FACTS": str(facts), "REPO": str(ROOT / "audit/demo/repo")}
    given = [places.get(word, word) for word in arguments]
    # A token is there, so that it could be sent.
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(facts.parent), "GITHUB_OAUTH_TOKEN": "ghp_x"}
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED, *given], env=environment, capture_output=True, text=True, check=False
    )
    assert re.search(r"^code (0|1|10)$", ended.stdout, re.MULTILINE), ended.stderr
    assert "SENT" not in ended.stderr


def _work(_session: Session, _place: Target) -> int:
    """Make two calls, one of which fails."""
    with spending("ecs:ListTasks"):
        pass
    with pytest.raises(ValueError, match="lost"), spending("ecs:ListTasks"):
        raise ValueError("lost")
    return 7


def test_a_job_is_measured_by_itself() -> None:
    """Its calls count however they end; outside of a job nobody counts."""
    with spending("sts:AssumeRole"):
        pass
    place = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=())
    done = measured(_work, Session(Access()), place)
    assert done.result == 7
    assert done.spent["ecs"].calls == 2
    assert set(done.spent) == {"ecs"}
    assert Cost(1, 0.5) + Cost(2, 0.25) == Cost(3, 0.75)
