"""The command, as a user starts it: exit codes, checklist, JSON, fix list, reports, and AWS that does not answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.configuration.config import FILE_NAME
from tests.aws import DEV, ROLE_ARN
from tests.overlay.faults import DENIED, Fault, Reply, Rule, query_error
from tests.overlay.patches import simulation
from tests.overlay.proxy import overlaid
from tests.processes import ROOT, run
from tests.ready.conftest import SECRET
from tests.ready.world import World, git
from tests.workstation import stubs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

XML = (("Content-Type", "text/xml"),)
TOLD = {
    "lambda:InvokeFunction": "allowed",
    "lambda:UpdateFunctionCode": "implicitDeny",
    "lambda:UpdateFunctionConfiguration": "explicitDeny",
}


@pytest.fixture
def ready(aws: str, world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the arguments of the command in the world in which nothing is wrong; its environment is in force."""
    assert aws
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    # git itself is needed here, beside the stubs
    path = stubs.install(world.folder / "stubs", git=None)
    monkeypatch.setenv("PATH", f"{path}:/usr/local/bin:/usr/bin:/bin")
    settings = world.settings
    return [
        "ready",
        *("--infra-live", str(settings.infra_live)),
        *("--role-arn", ROLE_ARN),
        *("--releases-file", str(settings.releases_file)),
        *("--github-url", settings.github_url),
        *("--to", "v1.3.0"),
    ]


def test_go_is_0(ready: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is there, what is right is shown, and the last line says GO."""
    assert main(ready) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == "exit 0: GO for v1.3.0: 5 warnings"
    assert "terragrunt 0.55.1 (takes --terragrunt-source-update)" in shown
    assert "v0.57.3 → v1.3.0, built from inside" in shown
    assert SECRET not in shown


def test_no_go_is_1_and_says_the_mend(
    ready: list[str], world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A blocker is told with its mend and command; the list of fixes has nothing else in it."""
    path = stubs.install(world.folder / "few", git=None, terragrunt=None)
    monkeypatch.setenv("PATH", f"{path}:/usr/bin:/bin")
    assert main(ready) == 1
    shown = capsys.readouterr().out
    assert "terragrunt is not on PATH" in shown
    assert "$ mise use --global terragrunt@0.55.1" in shown
    assert shown.splitlines()[-1] == "exit 1: NO-GO for v1.3.0: 1 blocker, 5 warnings"
    assert main([*ready, "--fix-list"]) == 1
    fixes = capsys.readouterr().out.splitlines()
    assert fixes[:2] == [
        "1. install terragrunt and have it on PATH [no-go: tool-missing]",
        "   mise use --global terragrunt@0.55.1",
    ]
    assert not [line for line in fixes if "GO " in line]


def test_json_and_reports(
    ready: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document has the lines and routes; every format can be written of it, and no secret is in any."""
    monkeypatch.setenv("COLUMNS", "140")  # as wide as what is written to a file
    formats = ["csv", "github", "gitlab", "html", "json", "junit", "markdown", "ocsf", "sarif", "terminal"]
    written = {name: tmp_path / f"report.{name}" for name in formats}
    reports = [part for name, path in written.items() for part in ("--report", f"{name}={path}")]
    assert main([*ready, "--json", *reports]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["to"], found["verdict"], found["exit_code"]) == ("v1.3.0", "GO", 0)
    assert (found["blockers"], found["unread"]) == ([], [])
    assert {item["check"] for item in found["warnings"]} == {"upgrade-barrier", "pin-moves-along"}
    assert {line["state"] for line in found["lines"]} <= {"go", "warning", "not applicable"}
    assert found["routes"][0]["route"]["hops"][0]["build"] == "inside"
    assert all(path.stat().st_size for path in written.values())
    assert not [name for name, path in written.items() if SECRET in path.read_text(encoding="utf-8")]
    checklist = written["terminal"].read_text(encoding="utf-8")
    assert "WORKSTATION" in checklist
    page = written["markdown"].read_text(encoding="utf-8")
    assert "### Readiness for v1.3.0" in page
    assert "| workstation | tools on PATH | go | aws 2.15.30, " in page
    assert "- v0.57.3 → v1.3.0, built from inside" in page
    assert main(["report", str(written["json"])]) == 0
    assert capsys.readouterr().out == checklist
    again = ["report", str(written["json"]), "--report", f"markdown={tmp_path / 'again.md'}"]
    assert main(again) == 0


def struck(monkeypatch: pytest.MonkeyPatch, seeded: str, *rules: Rule) -> Iterator[None]:
    """Put another overlay with these rules before AWS."""
    with overlaid(seeded, *rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        yield


@pytest.mark.parametrize(
    ("fault", "call", "check"),
    [
        pytest.param(
            query_error("AccessDenied", 403),
            "iam:SimulatePrincipalPolicy",
            "identity-may-not-invoke",
            id="rights denied",
        ),
        pytest.param(DENIED, "ecr:BatchGetImage", "image-not-buildable", id="tags denied"),
        pytest.param(query_error("AccessDenied", 403), "sts:GetCallerIdentity", "identity-of-a-machine", id="nobody"),
    ],
)
def test_what_aws_does_not_answer_is_10(  # noqa: PLR0917 -- one row of the table and its fixtures
    ready: list[str],
    seeded: str,
    fault: Fault,
    call: str,
    check: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One call that fails: NO-GO (unknown), with the check that needs it."""
    for _ in struck(monkeypatch, seeded, Rule(fault=fault, call=call)):
        assert main([*ready, "--json"]) == 10
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "NO-GO (unknown)"
    assert found["blockers"] == []
    assert check in {item["check"] for item in found["unread"]}


def test_simulated_rights_block(
    ready: list[str], seeded: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What IAM would deny is a blocker, in the account where it would."""
    reply = Reply(body=simulation(TOLD), headers=XML)
    for _ in struck(monkeypatch, seeded, Rule(fault=reply, call="iam:SimulatePrincipalPolicy", account=DEV)):
        assert main([*ready, "--json"]) == 1
    (item,) = json.loads(capsys.readouterr().out)["blockers"]
    assert (item["check"], item["where"]) == ("identity-may-not-update", "dev us-west-2")
    assert item["message"].endswith("may not lambda:UpdateFunctionCode, lambda:UpdateFunctionConfiguration")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            ["--to", "banana"], "--to 'banana': give a release such as v1.3.0, or latest-allowed", id="no tag"
        ),
        pytest.param(["--json", "--fix-list"], "--json and --fix-list: give one of them", id="two outputs"),
        pytest.param(["--check", "tool-mising"], "did you mean 'tool-missing'?", id="a check that is none"),
        pytest.param(["--check", "image-tag-drift"], "image-tag-drift", id="a check of another command"),
    ],
)
def test_wrong_usage_is_4(ready: list[str], change: list[str], words: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Said in one line, and before AWS is asked for anything."""
    assert main([*ready, *change]) == 4
    said = capfd.readouterr().err
    assert words in said
    assert "--check" not in change or "looking at accounts" not in said


def test_without_a_target_is_4(ready: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Readiness is for a release."""
    assert main(ready[:-2]) == 4
    assert "--to latest-allowed" in capsys.readouterr().err


def test_the_policy_narrows_what_is_newest(
    ready: list[str], world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """latest-allowed keeps to what the repository's own policy allows."""
    live = world.clone()
    (live / FILE_NAME).write_text('[policy]\nallowed = "<1.2"\n', encoding="utf-8")
    git(live, "add", "--all")
    git(live, "commit", "--quiet", "--message=Hold back")
    arguments = ["--infra-live", str(live), "--to", "latest-allowed", "--json", "--config", str(tmp_path / "c.toml")]
    (tmp_path / "c.toml").write_text("", encoding="utf-8")
    assert main([*ready, *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["to"] == "v1.1.0"


def test_the_second_door_rules_alike(ready: list[str], world: World, tmp_path: Path) -> None:
    """By pytest in a checkout, with --to: the same ruling and exit code."""
    kept = tmp_path / "snapshot.json"
    snapshots.save(world.snapshot, kept)
    options = [f"{name}={value}" for name, value in zip(ready[1::2], ready[2::2], strict=True)]
    done = run("pytest", "-c", ROOT / "pyproject.toml", ROOT / "checks", f"--snapshot={kept}", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "exit 0: GO for v1.3.0: 5 warnings"


def test_check_leaves_readiness_out(ready: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The nightly check judges nothing that is only for an upgrade."""
    written = tmp_path / "r.json"
    main(["check", *ready[1:-2], "--report", f"json={written}"])
    capsys.readouterr()
    ran = {note["id"] for note in json.loads(written.read_text(encoding="utf-8"))["checks"]}
    assert "image-tag-drift" in ran
    assert not {"tool-missing", "kaniko-too-old", "fleet-not-read"} & ran
