"""The journal: what it says of each step, torn lines, full disks, and where it lies."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from audit.errors import UsageError
from audit.remedy.carrying.journal import Journal, home, private

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.carrying.journal import Fate, Kind


@pytest.mark.parametrize(
    ("events", "fate"),
    [
        ([], "not started"),
        ([("caller", {}), ("command", {})], "not started"),
        ([("refused", {})], "not started"),
        ([("started", {})], "in doubt"),
        ([("started", {}), ("ended", {"code": 0})], "in doubt"),
        ([("started", {}), ("ended", {"code": 0}), ("done", {})], "done"),
        ([("started", {}), ("ended", {"code": 1}), ("failed", {})], "failed"),
        ([("started", {}), ("interrupted", {})], "in doubt"),
        ([("failed", {}), ("started", {})], "in doubt"),
        ([("started", {}), ("effect", {"found": "seen"})], "in doubt"),
        ([("started", {}), ("effect", {"found": "seen"}), ("done", {"by": "a look"})], "done"),
        ([("started", {}), ("effect", {"found": "not seen"})], "in doubt"),
        ([("started", {}), ("effect", {"found": "cannot be told"})], "in doubt"),
        ([("started", {}), ("waiting", {})], "not started"),
        ([("interrupted", {})], "not started"),
        ([("started", {}), ("ended", {"code": 0}), ("evidence", {}), ("unproved", {})], "unproved"),
        ([("unproved", {}), ("done", {})], "done"),
    ],
)
def test_fate(tmp_path: Path, events: list[tuple[Kind, dict[str, Any]]], fate: Fate) -> None:
    """What became of a step is what its events say, also when they are read back."""
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.add("run")
        for kind, details in events:
            journal.add(kind, 3, **details)
        journal.add("started", 4)
        assert journal.fate(3) == fate
    with Journal(path) as again:
        assert again.fate(3) == fate
        assert [event.kind for event in again.of(3)] == [kind for kind, _ in events]
        assert not again.torn
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("end", [b'{"at": "x", "eve', b'{"at": "x", "eve\n'], ids=["cut", "cut, and its end of line"])
def test_line_that_was_cut_off(tmp_path: Path, end: bytes) -> None:
    """A torn last line says nothing; what is written after it is read ever after."""
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.add("started", 1)
    with path.open("ab") as file:
        file.write(end)
    for torn in (True, False):
        with Journal(path) as journal:
            assert (journal.torn, journal.fate(1)) == (torn, "in doubt")
    with Journal(path) as journal:
        journal.add("done", 1)
    with Journal(path) as journal:
        assert [event.kind for event in journal.events] == ["started", "torn", "done"]


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"at": 1}', b"null"])
def test_damage_in_the_middle_is_refused(tmp_path: Path, line: bytes) -> None:
    """A journal that was changed is not guessed at."""
    path = tmp_path / "journal"
    path.write_bytes(b'{"at": "x", "event": "run"}\n' + line + b'\n{"at": "x", "event": "done", "step": 1}\n')
    with pytest.raises(UsageError, match=r"journal:2: damaged journal"):
        Journal(path)


_FULL = """
import resource, signal, sys
from pathlib import Path
from audit.errors import AuditError
from audit.remedy.carrying.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal(Path(sys.argv[1])) as journal:
    journal.add("started", 1)
    size = Path(sys.argv[1]).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
    try:
        journal.add("done", 1)
    except AuditError as error:
        print(error)
    print(Path(sys.argv[1]).stat().st_size == size, journal.fate(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.add("done", 1)
"""


def test_full_disk(tmp_path: Path) -> None:
    """An event that has no room is not half there, the run is told, and with room the journal goes on."""
    path = tmp_path / "journal"
    done = subprocess.run([sys.executable, "-c", _FULL, path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        f"{path}: cannot be written: File too large; make room, then apply again",
        "True in doubt",
    ]
    with Journal(path) as journal:
        assert (journal.fate(1), journal.torn) == ("done", False)


def test_link_is_refused(tmp_path: Path) -> None:
    """What a link leads to is not written to."""
    (tmp_path / "journal").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="no journal can be kept"):
        Journal(tmp_path / "journal")


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


def test_home_is_shared_by_all_checkouts(tmp_path: Path) -> None:
    """Two work trees of one repository have one lock and one journal."""
    git(tmp_path, "init", "--quiet", "--template=", "live")
    git(tmp_path / "live", "commit", "--quiet", "--allow-empty", "-mx")
    git(tmp_path / "live", "worktree", "add", "--quiet", str(tmp_path / "other"))
    found = home(tmp_path / "live")
    assert home(tmp_path / "other") == found == tmp_path / "live" / ".git" / "pipelines-audit"
    assert found.stat().st_mode & 0o777 == 0o700


def test_home_needs_a_repository(tmp_path: Path) -> None:
    """Outside git nothing is carried out."""
    with pytest.raises(UsageError, match="a plan is carried out in a git repository only"):
        home(tmp_path)


def test_private_folder(tmp_path: Path) -> None:
    """A folder that others could read is closed, a link or a file in its place is refused."""
    (tmp_path / "open").mkdir(mode=0o755)
    assert private(tmp_path / "open").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "open")
    (tmp_path / "file").touch()
    for name in ("link", "file", "missing/below"):
        with pytest.raises(UsageError):
            private(tmp_path / name)
