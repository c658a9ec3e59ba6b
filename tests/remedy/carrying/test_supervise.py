"""The supervisor: exit codes, output, signals passed on once, and commands that outlive a run; on real processes."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audit.errors import RefusedError
from audit.remedy.carrying.masking import Masker
from audit.remedy.carrying.supervise import Asked, Ended, Job, Supervisor, appended, leftover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "A_TOKEN": "a-secret-of-ours"}
_SIGNALS = r"""
trap 'echo INT >>got' INT
trap 'echo TERM >>got' TERM
for name in {names}; do kill -$name $PPID; done
for ((i = 0; i < 1000; i++)); do [[ -s got ]] && break; sleep 0.01; done
sleep 0.3
exit 3
"""

_WAITING = r"""
trap 'echo x >>got' TERM
touch ready
for ((i = 0; i < 1000; i++)); do [[ -s got ]] && break; sleep 0.01; done
"""


def supervisor(tell: Callable[[str], None] = lambda _: None, grace: float = 60.0) -> Supervisor:
    """Make one without a terminal."""
    return Supervisor(asked=Asked(tell=tell), terminal=None, masker=partial(Masker, ENVIRONMENT), grace=grace)


def job(folder: Path, script: str, *, capture: bool = False, given: bytes | None = None) -> Job:
    """Give a job that runs a script."""
    argv = ("/bin/bash", "-c", script)
    return Job(argv=argv, cwd=folder, environment=ENVIRONMENT, raw=folder / "raw", capture=capture, given=given)


def run(folder: Path, script: str, *, capture: bool = False, given: bytes | None = None) -> tuple[Ended, str]:
    """Run a script; gives how it ended and what was shown."""
    shown: list[str] = []
    ended = supervisor().run(job(folder, script, capture=capture, given=given), shown.append)
    return ended, "".join(shown)


@pytest.mark.parametrize(("script", "code"), [("true", 0), ("exit 7", 7), ("kill -9 $$", -9)])
def test_exit_code_is_kept(tmp_path: Path, script: str, code: int) -> None:
    """How a command ended is told as it is."""
    ended, _ = run(tmp_path, script)
    assert ended.code == code
    assert not (tmp_path / "raw").exists()


def test_output_is_shown_masked(tmp_path: Path) -> None:
    """Both streams are shown in order, without secrets, and a question though its line has no end."""
    _, shown = run(tmp_path, "echo one; echo two $A_TOKEN >&2; printf 'Enter a value: '")
    assert shown == "one\ntwo ***\nEnter a value: "


def test_question_is_shown_before_its_answer(tmp_path: Path) -> None:
    """What has no end of line is shown while the command waits."""
    shown: list[str] = []
    script = (
        "printf 'Enter a value: '; for ((i = 0; i < 1000; i++)); do [[ -e seen ]] && break; sleep 0.01; done; ls seen"
    )

    def see(text: str) -> None:
        shown.append(text)
        if "value: " in text:
            (tmp_path / "seen").touch()

    assert supervisor().run(job(tmp_path, script), see).code == 0
    assert shown == ["Enter a value: ", "seen\n"]


def test_captured_output_is_not_shown(tmp_path: Path) -> None:
    """An answer is given whole; what is said beside it is shown."""
    ended, shown = run(tmp_path, "echo answer; echo trouble >&2", capture=True)
    assert (ended.output, shown) == (b"answer\n", "trouble\n")


def test_large_output(tmp_path: Path) -> None:
    """More than any buffer holds comes out whole."""
    _, shown = run(tmp_path, "for i in {1..40000}; do echo $i; done")
    assert shown.split() == [str(number) for number in range(1, 40001)]


@pytest.mark.parametrize(("given", "found"), [(None, "0"), (b"abc", "3")])
def test_input(tmp_path: Path, given: bytes | None, found: str) -> None:
    """Without a terminal a command reads nothing but what it is given: no question is ever answered with yes."""
    _, shown = run(tmp_path, "wc -c", given=given)
    assert shown.strip() == found


def test_group_of_its_own(tmp_path: Path) -> None:
    """A command is in a process group of its own, in the session of this process."""
    _, shown = run(tmp_path, "ps -o pid=,pgid=,sid= -p $$")
    pid, group, session = map(int, shown.split())
    assert (group, session) == (pid, os.getsid(0))


@pytest.mark.parametrize("names", [("TERM",), ("INT",), ("TERM", "INT", "TERM")], ids=" ".join)
def test_exactly_one_signal(tmp_path: Path, names: tuple[str, ...]) -> None:
    """However many signals reach the tool, the command gets one of them, once, and is waited for."""
    told: list[str] = []
    one = supervisor(told.append)
    before = signal.getsignal(signal.SIGTERM)
    ended = one.run(job(tmp_path, _SIGNALS.format(names=" ".join(names))), lambda _: None)
    (got,) = (tmp_path / "got").read_text().split()
    assert got in names  # of several at once the kernel tells no order
    assert (ended.code, one.asked.signal) == (3, getattr(signal, f"SIG{got}"))
    assert len(told) == 1
    assert signal.getsignal(signal.SIGTERM) is before


def test_closed_window(tmp_path: Path) -> None:
    """A hang-up kills no command, and asks it to end in a way that terragrunt knows."""
    # Again and again: in a process of many threads one that comes while the command starts may be lost.
    script = (
        "kill -HUP $$; trap 'echo TERM >>got' TERM; "
        "for ((i = 0; i < 1000; i++)); do kill -HUP $PPID; sleep 0.05; [[ -s got ]] && exit 3; done"
    )
    ended = supervisor().run(job(tmp_path, script), lambda _: None)
    assert (ended.code, (tmp_path / "got").read_text()) == (3, "TERM\n")


def test_is_never_killed(tmp_path: Path) -> None:
    """A command that does not end in time is left to itself, and goes on with its output."""
    script = (
        "trap '' TERM; kill -TERM $PPID; echo begun; while [[ ! -e go ]]; do sleep 0.05; done; echo end; touch ended"
    )
    shown: list[str] = []
    ended = supervisor(grace=0.3).run(job(tmp_path, script), shown.append)
    assert ended.code is None
    (tmp_path / "go").touch()
    os.waitpid(ended.process, 0)
    assert (tmp_path / "ended").exists()
    assert leftover(tmp_path / "raw", Masker({})) == "begun\nend\n"
    assert not (tmp_path / "raw").exists()
    assert leftover(tmp_path / "raw", Masker({})) == ""


def test_suspended_command_goes_on(tmp_path: Path) -> None:
    """Nobody could take a stopped command up again: it is woken."""
    told: list[str] = []
    ended = supervisor(told.append).run(job(tmp_path, "kill -STOP $$; exit 4"), lambda _: None)
    assert (ended.code, told) == (4, ["a step cannot be suspended: it goes on"])


@pytest.mark.parametrize("name", ["missing", "text"])
def test_what_cannot_be_started(tmp_path: Path, name: str) -> None:
    """A program that is none is refused by name."""
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(0o644)
    one = Job(argv=(str(tmp_path / name),), cwd=tmp_path, environment=ENVIRONMENT, raw=tmp_path / "raw")
    with pytest.raises(RefusedError, match="cannot be started"):
        supervisor().run(one, lambda _: None)


def test_no_room_for_output(tmp_path: Path) -> None:
    """Without a file for its output nothing is started."""
    one = Job(
        argv=("/bin/bash", "-c", "touch started"), cwd=tmp_path, environment=ENVIRONMENT, raw=tmp_path / "a" / "b"
    )
    with pytest.raises(RefusedError, match="the output of commands cannot be kept"):
        supervisor().run(one, lambda _: None)
    assert not (tmp_path / "started").exists()


def test_output_is_for_nobody_elses_eyes(tmp_path: Path) -> None:
    """A log is added to and read by its owner alone, closed again, and never written where a link leads."""
    file = tmp_path / "step-1.log"
    for text in (b"one\n", b"two\n"):
        with appended(file) as log:
            os.write(log, text)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(log)
    assert file.read_bytes() == b"one\ntwo\n"
    assert file.stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(file)
    with (
        pytest.raises(RefusedError, match="link: the output of commands cannot be kept: "),
        appended(tmp_path / "link"),
    ):
        pytest.fail("nothing can be written there")


def test_several_at_once(tmp_path: Path) -> None:
    """Beside each other each command gets the one signal that reached the tool."""
    one, codes = supervisor(), {}

    def work(number: int) -> None:
        folder = tmp_path / str(number)
        codes[number] = one.run(job(folder, _WAITING), lambda _: None).code

    with one.asked.listening():
        for number in (1, 2):
            (tmp_path / str(number)).mkdir()
        threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        while not all((tmp_path / str(number) / "ready").exists() for number in (1, 2)):
            threads[0].join(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        for thread in threads:
            thread.join()
    assert codes == {1: 0, 2: 0}
    assert [(tmp_path / str(number) / "got").read_text() for number in (1, 2)] == ["x\n", "x\n"]
