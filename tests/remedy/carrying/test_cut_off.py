"""Runs that are cut off by signals, kills, a full disk, or a person; and what the next run makes of it."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.remedy.carrying.carrier import Carrier, applied, carrier
from tests.remedy.carrying.talk import talk
from tests.remedy.fleet import plan, seen
from tests.remedy.scenarios import fleet

if TYPE_CHECKING:
    import subprocess

_WAIT = 'touch "$here/begun"; for ((i = 0; i < 3000; i++)); do [[ -e $here/go ]] && break; sleep 0.02; done'


def until(path: Path) -> None:
    """Wait until a file is there."""
    for _ in range(3000):
        if path.exists():
            return
        time.sleep(0.02)
    raise AssertionError(path)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a run's end; gives its exit code and what it told."""
    with process:
        _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_second_run_is_refused(tmp_path: Path) -> None:
    """While one run is at work the next one starts nothing, and names owner, host and process."""
    one = carrier(tmp_path, "converge-one-account")
    one.then("terragrunt.apply", _WAIT)
    first = one.start()
    until(one.stubs.folder / "begun")
    calls = len(one.stubs.calls("aws-vault"))
    second = one.do()
    assert second.returncode == 13
    assert f"process {first.pid}, carries out plan {one.digest}" in second.stderr
    assert len(one.stubs.calls("aws-vault")) == calls
    (one.stubs.folder / "go").touch()
    assert finish(first)[0] == 0
    assert one.effects("prod") == 1


def test_signal_is_passed_on_once(tmp_path: Path) -> None:
    """Asked to end, the tool passes that on once, waits, ends with 2; the next run looks before it does anything."""
    one = carrier(tmp_path, "converge-one-account")
    trap = 'trap \'echo x >>"$here/signals"; touch "$here/go"\' TERM INT\n'
    one.then("terragrunt.apply", trap + _WAIT + '\nsleep 0.3; rm "$here/applied/$profile"; exit 1')
    process = one.start()
    until(one.stubs.folder / "begun")
    process.send_signal(signal.SIGTERM)
    code, err = finish(process)
    assert (code, (one.stubs.folder / "signals").read_text()) == (2, "x\n"), err
    assert "SIGTERM: passed on; waiting up to 90 s" in err
    assert "stopped in step 1: apply again to go on" in err
    one.then("terragrunt.apply", "")
    again = one.do()
    assert again.returncode == 0, again.stderr
    assert "step 1 was cut off: looking at what it has done" in again.stderr
    assert applied(one) == ["prod", "prod"]


def test_killed_tool_leaves_its_command_at_work(tmp_path: Path) -> None:
    """Killed between an effect and its line: the command keeps the lock to its end, and is not repeated after it."""
    one = carrier(tmp_path, "converge-one-account")
    one.then("terragrunt.apply", 'kill -9 $PPID\necho "still here"\n' + _WAIT + '\ntouch "$here/over"')
    code, _ = finish(one.start("--max-parallel", "1"))
    assert code == -signal.SIGKILL
    until(one.stubs.folder / "begun")
    refused = one.do()
    assert refused.returncode == 13
    assert "that process has ended, but a command that it started is still at work" in refused.stderr
    (one.stubs.folder / "go").touch()
    until(one.stubs.folder / "over")
    one.then("terragrunt.apply", "")
    for _ in range(100):
        again = one.do()
        if "still at work" not in again.stderr:
            break
    assert again.returncode == 0, again.stderr
    assert "its effect is there; not done again" in again.stderr
    assert one.effects("prod") == 1
    assert "(written after the run was stopped)\nstill here\n" in (one.home / one.digest / "step-1.log").read_text()
    scratch = {event["scratch"] for event in one.events() if event["event"] == "command"}
    assert not any(Path(folder).exists() for folder in scratch)


@pytest.mark.parametrize("has_worked", [False, True])
def test_killed_command(tmp_path: Path, *, has_worked: bool) -> None:
    """Whether killed before or after its work: the run stops with 11, the next one looks, and does what is left."""
    one = carrier(tmp_path, "converge-one-account")
    undo = "" if has_worked else 'rm "$here/applied/$profile" "$here/effects.$profile"; '
    one.then("terragrunt.apply", f"{undo}kill -9 $$")
    done = one.do()
    assert done.returncode == 11, done.stderr
    assert "was killed by SIGKILL: whether it has done its work is looked at when you apply again" in done.stderr
    one.then("terragrunt.apply", "")
    assert one.do().returncode == 0
    assert one.effects("prod") == 1


def bare(folder: Path) -> Carrier:
    """Plan an apply of an account that lacks its invoker alone: its images tell nothing of whether it was applied."""
    fleet(folder / "live", "v1.3.0")
    one = Carrier.of(folder, plan(folder / "live", seen(folder / "live", bare=("prod",))))
    (one.stubs.folder / "applied" / "your-prod").touch()
    return one


def test_what_cannot_be_proved_is_not_repeated(tmp_path: Path) -> None:
    """In doubt, and nothing tells: 13, and again 13; a person at the terminal decides."""
    one = bare(tmp_path)
    one.then("terragrunt.apply", "kill -9 $$")
    assert one.do().returncode == 11
    one.then("terragrunt.apply", "")
    for _ in range(2):
        done = one.do()
        assert done.returncode == 13, done.stderr
        assert "was cut off, and whether it has done its work cannot be told" in done.stderr
    assert one.effects("prod") == 1
    question = "should it be started once more (again), or neither (stop)?"
    code, shown = person(one, [(question, "stop\n")], approve=True)
    assert (code, one.effects("prod")) == (13, 1), shown
    code, shown = person(one, [(question, "again\n")], approve=True)
    assert (code, one.effects("prod")) == (0, 2), shown


_FILL = 'prlimit --pid $PPID --fsize=$(stat -c %s "$here"/../live/.git/pipelines-audit/*.jsonl)'


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit")
@pytest.mark.parametrize(("when", "effects"), [("plan", 0), ("apply", 1)])
def test_full_disk_while_journalling(tmp_path: Path, when: str, effects: int) -> None:
    """Where an event cannot be written nothing more is started; with room the run goes on, and repeats nothing."""
    one = carrier(tmp_path, "converge-one-account")
    one.then(f"terragrunt.{when}", _FILL)
    done = one.run()
    assert (done.returncode, one.effects("prod")) == (3, effects), done.stderr
    assert "cannot be written: File too large; make room, then apply again" in done.stderr
    assert all(one.events())
    one.then(f"terragrunt.{when}", "")
    again = one.do()
    assert again.returncode == 0, again.stderr
    assert one.effects("prod") == 1


# A person at the terminal.


def person(one: Carrier, answers: list[tuple[str, str]], *arguments: str, approve: bool = False) -> tuple[int, str]:
    """Carry a plan out at a terminal, at which somebody answers."""
    argv = [sys.executable, "-m", "audit", *one.argv(*arguments, approve=approve)]
    return talk(argv, {**one.environment, "TERM": "dumb"}, answers)


WAVE, PLAN = "carry out 2 steps of wave 1 of 1 (prod)? [yes/no]", "apply this plan to prod/us-west-2? [yes/no]"


def test_asks_for_each_wave_and_each_plan(tmp_path: Path) -> None:
    """The wave is agreed to, then terragrunt's plan once it was shown; commands have the terminal for their own."""
    one = carrier(tmp_path, "converge-one-account")
    one.then(
        "aws.sts",
        'read -r -p "MFA code: " code </dev/tty 2>/dev/tty; echo "$code" >>"$here/codes"; stty -echo </dev/tty',
    )
    one.then("terragrunt.apply", 'read -r -p "Enter a value: " value; echo "$value" >"$here/value"; kill -9 $$')
    answers = [(WAVE, "yes\n"), ("MFA code: ", "123456\n"), (PLAN, "yes\n"), ("Enter a value: ", "seven\n")]
    code, shown = person(one, answers)
    assert code == 11, shown
    assert (one.stubs.folder / "codes").read_text() == "123456\n"
    assert (one.stubs.folder / "value").read_text() == "seven\n"
    assert shown.index("Plan: 1 to add for your-prod") < shown.index(PLAN)
    # what was typed is seen: a command that turns the echo off does not leave it so
    assert f"{PLAN} yes" in shown


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(WAVE, "no\n")], "wave 1 of 1 (prod): not approved; nothing of it was started"),
        ([(WAVE, "\x04")], "wave 1 of 1 (prod): not approved; nothing of it was started"),
        ([(WAVE, "yes\n"), (PLAN, "no\n")], "step 1: not agreed: nothing was applied there"),
    ],
    ids=["no", "end of input", "no to terragrunt's plan"],
)
def test_what_is_not_agreed_to_is_not_applied(tmp_path: Path, answers: list[tuple[str, str]], said: str) -> None:
    """Without a yes nothing is applied, and the run ends with 13."""
    one = carrier(tmp_path, "converge-one-account")
    code, shown = person(one, answers)
    assert (code, said in shown) == (13, True), shown
    assert one.effects("prod") == 0


def test_interrupt_from_the_keyboard(tmp_path: Path) -> None:
    """Ctrl-C reaches the command alone, once, and the run ends with 2."""
    one = carrier(tmp_path, "converge-one-account")
    trap = 'trap \'echo x >>"$here/signals"; touch "$here/go"\' INT TERM\necho "now: "\n'
    one.then("terragrunt.apply", trap + _WAIT + "\nsleep 0.3; exit 130")
    code, shown = person(one, [(WAVE, "yes\n"), (PLAN, "yes\n"), ("now: ", "\x03")])
    assert (code, (one.stubs.folder / "signals").read_text()) == (2, "x\n"), shown
    assert "stopped in step 1: apply again to go on" in shown


def test_interrupt_at_a_question(tmp_path: Path) -> None:
    """Ctrl-C at a question starts nothing."""
    one = carrier(tmp_path, "converge-one-account")
    code, shown = person(one, [(WAVE, "\x03")])
    assert (code, "interrupted" in shown) == (2, True), shown
    assert one.stubs.calls("aws-vault") == []
