"""A report is written whole or not at all, whatever the disk and the pipe do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from reports.write import WriteError, check_target, write

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


def test_new_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    """A new report is readable for others where the umask allows it."""
    before = os.umask(0o022)
    try:
        write(str(tmp_path / "report.html"), "text ✓")
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "text ✓"
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o644


def test_old_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    """A report that was private stays private; no draft is left beside it."""
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o600)
    write(str(target), "new")
    assert target.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_pieces_that_stop_leave_the_old_report(tmp_path: Path) -> None:
    """A report that cannot be drawn to its end, however much of it is written, is not put in its place."""

    def drawn() -> Iterator[str]:
        yield from ("new " * 100_000, "✓" * 300_000)
        raise ValueError

    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^$"):
        write(str(target), drawn())
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_pieces_are_written_in_order(tmp_path: Path) -> None:
    """A report in pieces, small and large, is the text of all of them."""
    several = ["a", "✓" * 300_000, "", "b\n", "c" * 10]
    write(str(tmp_path / "report.txt"), iter(several))
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "".join(several)


def test_link_is_followed(tmp_path: Path) -> None:
    """A symbolic link stays one; what it points to is replaced."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "report.txt")
    write(str(tmp_path / "link.txt"), "text")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real" / "report.txt").read_text(encoding="utf-8") == "text"


def test_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A FIFO (or /dev/null, or a process substitution) stays what it is."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text(encoding="utf-8")))
    reader.start()
    write(str(fifo), "through the pipe")
    reader.join(timeout=10)
    assert read == ["through the pipe"]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_full_disk_is_one_clear_error() -> None:
    """No space left: said with the path."""
    with pytest.raises(WriteError, match=r"^/dev/full: cannot write the report: No space left on device"):
        write("/dev/full", "text")


def test_failure_leaves_the_old_report(tmp_path: Path) -> None:
    """A file system that fills up in the middle of it keeps the old report and no draft."""
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")
    # A limit on the size of files is a full disk that needs no root.
    code = (
        "import resource, signal, sys; from reports.write import WriteError, write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "before = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))\n"
        "try: write(sys.argv[1], 'x' * 5000)\n"
        "except WriteError as error: print(error)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True)
    assert "File too large; a report that stood there before is untouched" in done.stdout
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_folder_gone_since_the_start_is_made_again(tmp_path: Path) -> None:
    """A folder that was removed during the work is no reason to lose the report."""
    write(str(tmp_path / "gone" / "report.html"), "text")
    assert (tmp_path / "gone" / "report.html").exists()


@pytest.mark.parametrize("sink", ["closed pipe", "full device"])
def test_stdout_that_takes_nothing(sink: str) -> None:
    """A closed pipe or full device behind ``-`` is one error, without a traceback at the end of the process."""
    code = (
        "import sys; from reports.write import WriteError, write\n"
        "try: write('-', 'x' * 1_000_000)\n"
        "except WriteError as error: print(error, file=sys.stderr); raise SystemExit(3)"
    )
    if sink == "closed pipe":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open("/dev/full", os.O_WRONLY)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)
    assert done.returncode == 3
    assert done.stderr.startswith("standard output: cannot write the report: ")
    assert done.stderr.count("\n") == 1


def test_stdout_that_was_closed_before() -> None:
    """A process started without standard output says so."""
    code = (
        "import sys; from reports.write import WriteError, write\n"
        "try: write('-', 'text')\n"
        "except WriteError as error: print(error, file=sys.stderr)"
    )
    argv = ["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, code]
    done = subprocess.run(argv, stderr=subprocess.PIPE, text=True, check=False)
    assert "standard output: cannot write the report: it is closed" in done.stderr


def test_stdout_is_utf8_whatever_the_locale_says() -> None:
    """Under ``LC_ALL=C`` the report is still UTF-8."""
    code = "from reports.write import write; write('-', 'in sync \\u2713\\n')"
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
    assert done.stdout.decode() == "in sync ✓\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("", "it is a folder; name a file in it", id="folder"),
        pytest.param("file/report.html", "File exists", id="file-as-folder"),
        pytest.param("a\0b", "NUL", id="nul"),
        pytest.param("x" * 300 + "/report.html", "File name too long", id="long"),
    ],
)
def test_impossible_places_are_refused_early(tmp_path: Path, name: str, message: str) -> None:
    """What cannot become a report is wrong usage, before any work."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=message):
        check_target(f"{tmp_path}/{name}")


def test_missing_folder_is_made(tmp_path: Path) -> None:
    """A folder that is missing is made, which also proves that it can be."""
    check_target(str(tmp_path / "a" / "b" / "report.html"))
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("place", ["-", "/dev/null"])
def test_standard_output_and_devices_are_fine(place: str) -> None:
    """Neither needs a writable folder."""
    check_target(place)


def test_read_only_folder_is_refused_early() -> None:
    """A folder without write permission is wrong usage; tried as somebody who is not root."""
    code = (
        "import os, sys; from audit.errors import UsageError; from reports.write import check_target\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: check_target('report.html')\n"
        "except UsageError as error: print(error)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to everybody else
        Path(folder).chmod(0o555)
        argv = [sys.executable, "-c", code]
        done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert "report.html: cannot write a report there: the folder is not writable; choose another one" in done.stdout
