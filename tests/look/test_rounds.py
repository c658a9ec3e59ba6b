"""A look that is stopped or killed: what was seen is kept and marked, and going on asks only for the rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.demo.emulator import environment, settings
from audit.demo.sample import export
from audit.demo.scenario import DRIFTED, seed
from tests.aws import DEV, PROD, ROLE_ARN, emulated_aws, emulator
from tests.overlay.faults import Rule, Silence
from tests.overlay.proxy import BASE_ACCOUNT, Overlay, overlaid
from tests.processes import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SILENT = Rule(fault=Silence(), account=PROD, call="sts:GetCallerIdentity")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Seed the sample's fleet, once: an emulator and the repository that declares it."""
    with emulator() as endpoint:
        with environment(settings(endpoint)):
            seed(endpoint, DRIFTED)
        yield endpoint, export(tmp_path_factory.mktemp("fleet") / "live")


@pytest.fixture
def overlay(fleet: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Overlay]:
    """Put the overlay before the fleet's emulator, and point the environment at it."""
    for endpoint in emulated_aws(fleet[0]):
        with overlaid(endpoint) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            yield proxy


@pytest.fixture
def arguments(fleet: tuple[str, Path]) -> list[str]:
    """Say where to look."""
    return ["--infra-live", str(fleet[1]), "--role-arn", ROLE_ARN]


@pytest.fixture(scope="module")
def whole(fleet: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the hash of the facts that an undisturbed look sees."""
    path = tmp_path_factory.mktemp("whole") / "whole.json"
    with overlaid(fleet[0]) as proxy, environment(settings(proxy.url)):
        argv = ["snapshot", "--infra-live", str(fleet[1]), "--role-arn", ROLE_ARN, "--offline", "-o", str(path)]
        assert main(argv) == 0
    return facts(path)


def facts(path: Path) -> str:
    """Hash what a snapshot file says, but for times and numbers of calls."""
    return snapshots.sha256(snapshots.timeless(snapshots.load(path)))


@contextmanager
def started(*argv: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a process of its own until the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COVERAGE"))}
    command = [str(BIN / "pipelines-audit"), *argv]
    process = subprocess.Popen(
        command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(state: Path, lines: int) -> None:
    """Wait until that many places stand in the state of a look."""
    ends = time.monotonic() + 30
    while not state.exists() or state.read_bytes().count(b"\n") <= lines:
        assert time.monotonic() < ends, "nothing was seen"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_writes_what_was_seen_and_resuming_the_rest(
    overlay: Overlay, arguments: list[str], tmp_path: Path, whole: str, number: signal.Signals
) -> None:
    """A snapshot marked incomplete, exit 2; then --resume asks for what is missing alone."""
    out, state = tmp_path / "s.json.gz", tmp_path / "s.json.gz.state"
    overlay.rules.append(SILENT)
    with started("snapshot", *arguments, "--offline", "-o", str(out)) as process:
        wait_for(state, 5)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "INCOMPLETE" in said
    assert "Traceback" not in said
    seen = snapshots.load(out)
    assert seen.incomplete == "stopped by a signal, 5 of 6 units looked at"
    gaps = [one.identity.gap.code for one in seen.running.observations if one.identity.kind == "unread"]
    assert gaps == ["Stopped"]
    assert overlay.count(account=BASE_ACCOUNT) == overlay.count("sts:AssumeRole"), "something was asked after the stop"
    resumed(overlay, arguments, out, whole)


def test_killed_and_resumed(overlay: Overlay, arguments: list[str], tmp_path: Path, whole: str) -> None:
    """SIGKILL leaves no snapshot, and the state of the look; a line cut short in it is asked for again."""
    out, state = tmp_path / "s.json", tmp_path / "s.json.state"
    overlay.rules.append(SILENT)
    with started("snapshot", *arguments, "--offline", "-o", str(out)) as process:
        wait_for(state, 5)
        process.kill()
    assert not out.exists()
    with state.open("ab") as file:
        file.write(b'{"observation": {"acc')
    resumed(overlay, arguments, out, whole)


def resumed(overlay: Overlay, arguments: list[str], out: Path, whole: str) -> None:
    """Go on without the fault: the same facts as an undisturbed look, and no finished account is asked again."""
    overlay.rules.clear()
    overlay.calls.clear()
    assert main(["snapshot", *arguments, "--offline", "--resume", "-o", str(out)]) == 0
    assert facts(out) == whole
    assert overlay.count("ecs:*", PROD) > 0
    assert overlay.count("ecs:*") == overlay.count("ecs:*", PROD)
    assert not out.with_name(f"{out.name}.state").exists()


def test_a_stopped_check_judges_what_there_is(overlay: Overlay, arguments: list[str], tmp_path: Path) -> None:
    """The findings of what was seen are reported, INCOMPLETE is said, the exit code is 2, and a state is kept."""
    state, report = tmp_path / "state", tmp_path / "r.json"
    overlay.rules.append(SILENT)
    argv = ["check", *arguments, "--offline", "--state", str(state), "--report", f"json={report}"]
    with started(*argv) as process:
        wait_for(state, 5)
        process.send_signal(signal.SIGTERM)
        shown, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert shown.startswith("INCOMPLETE: stopped by a signal, 5 of 6 units looked at")
    assert shown.splitlines()[-1].startswith("exit 2: interrupted")
    results = json.loads(report.read_text(encoding="utf-8"))
    assert results["run"]["incomplete"]
    assert {found["account_id"] for found in results["findings"] if found["outcome"] == "fail"} >= {DEV}
    assert state.exists()


@pytest.mark.parametrize("how", ["processes", "shards"])
def test_another_way_sees_the_same(
    overlay: Overlay, arguments: list[str], tmp_path: Path, whole: str, how: str
) -> None:
    """Several processes, or shards put together, give the snapshot of one process, and assume each role once."""
    out = tmp_path / "out.json"
    if how == "processes":
        assert main(["snapshot", *arguments, "--offline", "--processes", "2", "-o", str(out)]) == 0
        assert overlay.count("sts:AssumeRole") == 6
        assert (snapshots.load(out).caller or "").endswith(":user/moto")
    else:
        parts = [str(tmp_path / f"{number}.json.gz") for number in (1, 2, 3)]
        for number, part in enumerate(parts, start=1):
            assert main(["snapshot", *arguments, "--offline", "--shard", f"{number}/3", "-o", part]) == 0
        assert main(["snapshot", "merge", *parts, "-o", str(out)]) == 0
    assert facts(out) == whole


def test_a_scheduler_is_refused_before_anything_is_asked(
    overlay: Overlay, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An address that would show tasks on the way is wrong usage."""
    assert main(["running", *arguments, "--scheduler", "tcp://192.0.2.1:8786"]) == 4
    assert "plain tcp only to this machine" in capsys.readouterr().err
    assert overlay.count() == 0


def test_resuming_needs_a_state(
    overlay: Overlay, arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without a state there is nothing to go on with; nothing is asked."""
    assert main(["running", *arguments, "--resume"]) == 4
    assert "--state FILE" in capsys.readouterr().err
    assert main(["snapshot", *arguments, "--offline", "--resume", "-o", str(tmp_path / "s.json")]) == 4
    assert "nothing to resume" in capsys.readouterr().err
    assert overlay.count() == 0
