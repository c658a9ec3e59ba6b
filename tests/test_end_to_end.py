"""The main job on real input: the sample repository, moto behind the overlay, exit codes and the lines of faults."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from audit.cli import main
from audit.demo.emulator import environment, settings
from audit.demo.sample import export
from audit.demo.scenario import IN_SYNC, seed
from tests.aws import ROLE_ARN, emulated_aws, emulator
from tests.overlay.faults import DENIED, Fault, Reply, Rule, Truncate, query_error
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAGE = "111122223333"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Seed a fleet in which nothing is wrong, once: an emulator and the repository that declares it."""
    with emulator() as endpoint:
        with environment(settings(endpoint)):
            seed(endpoint, IN_SYNC)
        yield endpoint, export(tmp_path_factory.mktemp("fleet") / "live", in_sync=True)


@pytest.fixture
def aws(fleet: tuple[str, Path]) -> Iterator[str]:
    """Point the environment at the fleet's emulator; gives its URL."""
    yield from emulated_aws(fleet[0])


@pytest.fixture
def repository(fleet: tuple[str, Path], tmp_path: Path) -> Path:
    """Give a copy of the repository that a test may change."""
    return shutil.copytree(fleet[1], tmp_path / "live")


@pytest.fixture
def live(aws: str, repository: Path, tmp_path: Path) -> list[str]:
    """Give the arguments of a check of the fleet, with a list of releases as if it had been fetched today."""
    assert aws
    releases = tmp_path / "releases.json"
    releases.write_text(files("audit.released").joinpath("catalog.json").read_text(encoding="utf-8"), encoding="utf-8")
    return ["check", "--infra-live", str(repository), "--role-arn", ROLE_ARN, "--releases-file", str(releases)]


def last(capsys: pytest.CaptureFixture[str]) -> str:
    """Give the last line of the table."""
    return capsys.readouterr().out.splitlines()[-1]


def report(path: Path) -> dict[str, Any]:
    """Read a results file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_in_sync_is_0(live: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything read, nothing wrong; who looked is who assumed the roles."""
    written = tmp_path / "results.json"
    assert main([*live, "--report", f"json={written}"]) == 0
    assert last(capsys) == "exit 0: in sync, 6 of 6 units read"
    assert report(written)["run"]["caller"] == "arn:aws:sts::123456789012:user/moto"


def test_an_old_list_cannot_prove_in_sync(live: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The bundled list knows v1.3.0 as the newest up to its date: whether it still is, is unknown."""
    assert main([*live[:-2], "--offline"]) == 10
    assert "judgements unknown" in last(capsys)


def denied(monkeypatch: pytest.MonkeyPatch, aws: str, *rules: Rule) -> Iterator[None]:
    """Put the overlay with these rules between the audit and the emulator."""
    with overlaid(aws, *rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        yield


@pytest.mark.parametrize("call", ["sts:AssumeRole", "sts:GetCallerIdentity"])
def test_one_account_denied_is_10(
    live: list[str], aws: str, call: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One account of an in-sync fleet cannot be read: exactly 10, and the last line counts."""
    for _ in denied(monkeypatch, aws, Rule(fault=query_error("AccessDenied", 403), call=call, account=STAGE)):
        assert main(live) == 10
        shown = capsys.readouterr().out
        assert "5 of 6 units read" in shown.splitlines()[-1]
        assert "stage" in shown


def test_drift_beats_incomplete(
    live: list[str], repository: Path, aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With drift too: exactly 1, and the unread unit is still said."""
    unit = repository / "dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"
    unit.write_text(unit.read_text(encoding="utf-8").replace('"v1.3.0"', '"v1.2.0"'), encoding="utf-8")
    rule = Rule(fault=query_error("AccessDenied", 403), call="sts:GetCallerIdentity", account=STAGE)
    for _ in denied(monkeypatch, aws, rule):
        assert main(live) == 1
        assert "1 of 6 units unread" in last(capsys)


@pytest.mark.parametrize(
    ("fault", "call", "unknown"),
    [
        pytest.param(DENIED, "ecs:ListTaskDefinitionFamilies", {"image-tag-drift", "family-missing"}, id="denied list"),
        pytest.param(
            DENIED, "ecs:DescribeTaskDefinition", {"image-tag-drift", "image-repository-drift"}, id="denied read"
        ),
        pytest.param(DENIED, "lambda:GetFunctionConfiguration", {"invoker-missing"}, id="denied invoker"),
        pytest.param(Truncate(keep=20), "ecs:ListTaskDefinitionFamilies", {"image-tag-drift"}, id="truncated"),
        pytest.param(
            Reply(body=b"<html>login</html>"), "ecs:ListTaskDefinitionFamilies", {"family-undeclared"}, id="HTML"
        ),
        pytest.param(Reply(body=b"{}"), "ecs:ListTaskDefinitionFamilies", {"family-missing"}, id="empty object"),
    ],
)
def test_one_fault_is_unknown_never_pass(  # noqa: PLR0917 -- one row of the table and its fixtures
    live: list[str],
    aws: str,
    tmp_path: Path,
    fault: Fault,
    call: str,
    unknown: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A denied call or a damaged reply in one account leaves the checks that need it unknown there, and no others."""
    written = tmp_path / "r.json"
    for _ in denied(monkeypatch, aws, Rule(fault=fault, call=call, account=STAGE)):
        assert main([*live, "--report", f"json={written}"]) == 10
    found = report(written)
    assert {one["account"] for one in found["findings"]} == {"stage"}
    assert {one["outcome"] for one in found["findings"]} == {"unknown"}
    assert unknown | {"not-covered"} <= {one["check"] for one in found["findings"]}
    assert found["coverage"]["partial"] == 1
    passed = {one["check"] for one in found["passes"] if one["unit"] == "stage/us-west-2"}
    assert not passed & unknown


def test_an_unread_registry_leaves_only_the_registry_unknown(
    live: list[str], aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ECR nothing is known about tags there, in any account; everything else is judged."""
    written = tmp_path / "r.json"
    for _ in denied(monkeypatch, aws, Rule(fault=DENIED, call="ecr:*")):
        assert main([*live, "--report", f"json={written}"]) == 10
    found = report(written)
    assert {one["outcome"] for one in found["findings"]} == {"unknown"}
    assert {one["check"] for one in found["findings"]} == {
        "declared-tag-not-in-registry",
        "image-architecture-differs",
        "image-digest-drift",
        "image-vulnerabilities",
        "lifecycle-expires-tag-in-use",
        "not-covered",
        "registry-no-scan-on-push",
        "registry-policy-lacks-account",
        "registry-tags-mutable",
        "registry-without-own-key",
        "registry-without-policy",
        "running-tag-not-in-registry",
    }
    assert found["coverage"]["read"] == 6


def test_no_credentials_is_10_with_each_reason(
    live: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No usable credentials for anything: 10, a line for each account, no traceback, no pass."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(live) == 10
    shown = capsys.readouterr()
    assert "0 of 6 units read" in shown.out.splitlines()[-1]
    assert "no credentials" in shown.out
    assert "Traceback" not in shown.out + shown.err


def test_environment_credentials_read_their_own_account_only(
    live: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a role or profile the credentials belong to one account, here to none of the fleet."""
    assert main([part for part in live if part not in ("--role-arn", ROLE_ARN)]) == 10
    shown = capsys.readouterr().out
    assert "--role-arn or --profile" in shown
    assert "0 of 6 units read" in shown.splitlines()[-1]


def test_an_unreachable_endpoint_is_10(
    live: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing listens: each account says so in one line."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(live) == 10
    assert "cannot connect" in capsys.readouterr().out


def test_broken_hcl_is_said_and_the_rest_is_judged(
    live: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A unit that does not parse is a gap with file, line and column; the other five are still judged."""
    unit = repository / "stage/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl"
    unit.write_text('include "root" {\n  path = find_in_parent_folders(\n}\n', encoding="utf-8")
    assert main(live) == 10
    shown = capsys.readouterr().out
    assert "stage/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl:3:" in shown
    assert "5 of 6 units read" in shown.splitlines()[-1]


def test_an_account_that_no_file_names(live: list[str], repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A unit whose account is in no accounts file can't be looked at, and says so."""
    accounts = repository / "accounts.json"
    known = json.loads(accounts.read_text(encoding="utf-8"))
    del known["stage"]
    accounts.write_text(json.dumps(known), encoding="utf-8")
    assert main(live) == 1  # that it is not listed is a finding, and findings beat incomplete
    shown = capsys.readouterr().out
    assert "unit-account-not-listed" in shown
    assert "1 of 6 units unread" in shown.splitlines()[-1]


def test_selection_looks_only_there(live: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A selected account is the whole fleet of the run, and the verdict says so."""
    assert main([*live, "--account", "prod*"]) == 0
    assert last(capsys) == "exit 0: in sync, 1 of 1 units read (selection: --account 'prod*')"
