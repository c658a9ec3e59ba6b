"""The preflight: every account's credentials, asked for first and by themselves."""

from __future__ import annotations

import json
import shutil
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.demo.emulator import environment, settings
from audit.demo.sample import export
from tests.aws import ROLE_ARN, emulator
from tests.look.test_rounds import started
from tests.overlay.faults import DENIED, Reply, Rule, Silence, query_error
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAGE = "111122223333"
EXCLUDED = """\
version: 1
exclusions:
  - accounts: [stage]
    reason: closed with the project
    owner: platform@example.com
    expires: {ends}
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the sample repository."""
    return export(tmp_path_factory.mktemp("preflight") / "live", in_sync=True)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run an emulator that is empty: nothing but the credentials is asked for."""
    with emulator() as url:
        yield url


@pytest.fixture
def overlay(endpoint: str) -> Iterator[Overlay]:
    """Put the overlay before the emulator, and point the environment at it."""
    with overlaid(endpoint) as made, environment(settings(made.url)):
        yield made


def run(command: str, live: Path, *more: str) -> int:
    """Run a command with ``--preflight`` on the sample."""
    return main([command, "--infra-live", str(live), "--role-arn", ROLE_ARN, "--preflight", *more])


@pytest.mark.parametrize("command", ["check", "running"])
def test_all_good_is_0(command: str, exported: Path, overlay: Overlay, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each account, in deploy order; two calls each and nothing more."""
    assert run(command, exported) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "6 of 6 accounts can be entered"
    assert [line.split()[0] for line in lines[2:8]] == ["logs", "shared", "security", "dev", "stage", "prod"]
    assert all(" ok " in line and "assumed-role/pipelines-audit" in line for line in lines[2:8])
    assert overlay.count() == 12 == overlay.count("sts:*")


def test_each_reason_is_said(exported: Path, overlay: Overlay, capsys: pytest.CaptureFixture[str]) -> None:
    """An account that can't be entered, and one that is another's, each with its reason; 10."""
    overlay.rules.append(Rule(fault=query_error("AccessDenied", 403), call="sts:AssumeRole", account=STAGE))
    assert run("check", exported, "--account", "stage") == 10
    shown = capsys.readouterr().out
    assert f"arn:aws:iam::{STAGE}:role/pipelines-audit can't be assumed" in shown
    assert shown.splitlines()[-1] == "1 of 2 accounts can be entered"
    assert "shared" in shown


def test_a_role_in_the_wrong_account_stops_there(
    exported: Path, overlay: Overlay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A role that leads elsewhere is named with where it leads; nothing is asked after GetCallerIdentity."""
    config = tmp_path / "c.toml"
    config.write_text('[accounts.dev]\nrole_arn = "arn:aws:iam::999999999999:role/audit"\n', encoding="utf-8")
    assert run("running", exported, "--config", str(config)) == 10
    shown = capsys.readouterr().out
    assert "leads to account 999999999999 and not to account dev" in shown
    assert "5 of 6 accounts can be entered" in shown
    assert main(["running", "--infra-live", str(exported), "--role-arn", ROLE_ARN, "--config", str(config)]) == 10
    assert {call for call, account in overlay.calls if account == "999999999999"} == {"sts:GetCallerIdentity"}


def test_json_comes_after_a_good_preflight_only(
    exported: Path, overlay: Overlay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where data is asked for, the look follows if all is well; the table is on standard error then."""
    assert run("running", exported, "--json", "--account", "dev") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["observations"]
    assert "2 of 2 accounts can be entered" in shown.err
    overlay.rules.append(Rule(fault=query_error("AccessDenied", 403), call="sts:AssumeRole"))
    assert run("running", exported, "--json", "--account", "dev") == 10
    shown = capsys.readouterr()
    assert not shown.out
    assert "0 of 2 accounts can be entered" in shown.err


def test_reports_come_after_a_good_preflight(exported: Path, overlay: Overlay, tmp_path: Path) -> None:
    """The nightly job can begin with it."""
    written = tmp_path / "r.json"
    assert overlay.url
    assert run("check", exported, "--offline", "--report", f"json={written}") in {1, 10}
    assert written.exists()


def test_a_unit_without_a_place_is_said(
    exported: Path, overlay: Overlay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose account nobody knows can't be entered: said, and 10; the configuration can mend it."""
    assert overlay.url
    live = shutil.copytree(exported, tmp_path / "live")
    accounts = live / "accounts.json"
    known = json.loads(accounts.read_text(encoding="utf-8"))
    del known["stage"]
    accounts.write_text(json.dumps(known), encoding="utf-8")
    assert run("running", live) == 10
    shown = capsys.readouterr().out
    assert "not looked at: stage/us-west-2/mgmt/ecs-deploy-runner" in shown
    assert "5 of 5 accounts can be entered" in shown
    config = tmp_path / "c.toml"
    config.write_text(f'[accounts.stage]\nid = "{STAGE}"\n', encoding="utf-8")
    assert run("running", live, "--config", str(config)) == 0
    assert "6 of 6 accounts can be entered" in capsys.readouterr().out


def test_chained_roles_and_external_ids(exported: Path, overlay: Overlay, capsys: pytest.CaptureFixture[str]) -> None:
    """The role on the way is assumed once for the fleet, and assumes the role of each account."""
    hub = "arn:aws:iam::444455556666:role/hub"
    assert run("running", exported, "--via", hub, "--external-id", "abc") == 0
    assert f"via {hub}" in capsys.readouterr().out
    # Prod is 444455556666 too: once the hub, once its own role by the hub.
    assert overlay.count("sts:AssumeRole", "123456789012") == 1
    assert overlay.count("sts:AssumeRole", "444455556666") == 6


def test_the_organization_is_asked_too(
    exported: Path, overlay: Overlay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it can't be listed the nightly job would not be whole; a closed account is not tried to be entered."""
    asked = Rule(fault=DENIED, call="organizations:ListAccounts", times=1)
    listed = _listed({"Id": STAGE, "Name": "stage", "State": "SUSPENDED"})
    overlay.rules += [asked, Rule(fault=listed, call="organizations:ListAccounts")]
    assert run("running", exported, "--organization") == 10
    assert "not looked at: accounts of the organization unread" in capsys.readouterr().out
    assert run("check", exported, "--organization") == 10
    shown = capsys.readouterr().out
    assert f"not looked at: account stage ({STAGE}) is SUSPENDED" in shown
    assert "5 of 5 accounts can be entered" in shown
    waivers = tmp_path / "w.yaml"
    ends = datetime.now(UTC).date() + timedelta(days=30)
    waivers.write_text(EXCLUDED.format(ends=ends), encoding="utf-8")
    assert run("check", exported, "--organization", "--waivers", str(waivers)) == 0


def _listed(*accounts: dict[str, str]) -> Reply:
    return Reply(body=json.dumps({"Accounts": accounts}).encode())


def test_a_stopped_preflight_is_2(exported: Path, overlay: Overlay) -> None:
    """Ctrl-C while credentials are checked is no fault of any account."""
    overlay.rules.append(Rule(fault=Silence(), call="sts:GetCallerIdentity"))
    with started("running", "--infra-live", str(exported), "--role-arn", ROLE_ARN, "--preflight") as process:
        ends = time.monotonic() + 60
        while not overlay.count("sts:GetCallerIdentity"):
            assert time.monotonic() < ends
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "0 of 6 accounts can be entered" in shown
