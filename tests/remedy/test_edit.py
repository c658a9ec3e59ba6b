"""Edits are all or nothing, atomic, and never follow a link."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audit.errors import RefusedError
from audit.model import Location
from audit.remedy.edit import Edit, apply, changes, demand_unchanged, fingerprint, patch
from tests.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '# "v0.52.1"\nlocals {\n  tag = "v0.52.1"\n  b = "v0.52.1"\n}'


def one(file: str = "common.hcl", line: int = 3, column: int = 9, new: str = "v1.3.0", old: str = "v0.52.1") -> Edit:
    """Make the edit of the sample's tag."""
    return Edit(place=Location(file=file, line=line, column=column), old=old, new=new)


OTHER = Edit(place=Location(file="common.hcl", line=4, column=7), old="v0.52.1", new="v1.2.0")


def test_edits_two_literals(tmp_path: Path) -> None:
    """Two literals of one file change together; mode and all else stay."""
    path = tmp_path / "common.hcl"
    path.write_text(TEXT)
    path.chmod(0o640)
    (change,) = apply(tmp_path, [one(), OTHER, one()])
    assert path.read_text() == '# "v0.52.1"\nlocals {\n  tag = "v1.3.0"\n  b = "v1.2.0"\n}' == change.after
    assert path.stat().st_mode & 0o777 == 0o640
    assert [line for line in change.diff.splitlines() if line[0] in "+-"][2:] == [
        '-  tag = "v0.52.1"',
        '-  b = "v0.52.1"',
        '+  tag = "v1.3.0"',
        '+  b = "v1.2.0"',
    ]
    assert os.listdir(tmp_path) == ["common.hcl"]  # noqa: PTH208 -- no draft is left


@pytest.mark.parametrize("text", [TEXT, TEXT + "\n", TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT])
def test_patch_is_taken_by_git(tmp_path: Path, text: str) -> None:
    """The patch of a change gives the same bytes by git, there and back."""
    (tmp_path / "common.hcl").write_bytes(text.encode())
    (change,) = changes(lambda _: text, [one()])
    for arguments, content in ((["apply", "-"], change.after), (["apply", "--reverse", "-"], change.before)):
        subprocess.run(["git", *arguments], cwd=tmp_path, input=patch(change).encode(), check=True)
        assert (tmp_path / "common.hcl").read_bytes() == content.encode()


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([one(line=2)], "computed, or the file has changed"),
        ([one(), one(new="v1.2.0")], "disagree"),
        ([one(file="../common.hcl")], "refused"),
        ([one(file="missing.hcl")], "No such file"),
        ([one(file="link.hcl")], "symbolic link"),
        ([one(file="folder/common.hcl")], "symbolic link"),
        ([one(file="pipe.hcl")], "no regular file"),
        ([one(file="latin.hcl")], "not UTF-8"),
        ([one(file="large.hcl")], "larger than"),
        ([one(new="v1 $(x)")], "refused"),
        ([one(new="-v1")], "refused"),
    ],
)
def test_refusals_write_nothing(tmp_path: Path, edits: list[Edit], reason: str) -> None:
    """Whatever is refused, no file is written, not even the ones that could be."""
    (tmp_path / "common.hcl").write_text(TEXT)
    (tmp_path / "a.hcl").write_text(TEXT)
    (tmp_path / "link.hcl").symlink_to("common.hcl")
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "common.hcl").write_text(TEXT)
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "latin.hcl").write_bytes(b'a = "\xe9"')
    (tmp_path / "large.hcl").write_bytes(b"#" * 2_100_000)
    os.mkfifo(tmp_path / "pipe.hcl")
    with pytest.raises(RefusedError, match=reason):
        apply(tmp_path, [one(file="a.hcl"), *edits])
    assert (tmp_path / "a.hcl").read_text() == TEXT == (tmp_path / "common.hcl").read_text()


@pytest.mark.parametrize("fault", ["full", "damaged", "interrupt"])
def test_failed_write_gives_the_old_files_back(tmp_path: Path, fault: str) -> None:
    """A write that fails or does not hold restores that file and those before it."""
    for name in ("a.hcl", "common.hcl"):
        (tmp_path / name).write_text(TEXT)

    def write(path: Path, data: bytes) -> None:
        if path.name == "common.hcl" and fault == "full":
            raise OSError(28, "No space left on device")
        if path.name == "common.hcl" and fault == "interrupt":
            raise KeyboardInterrupt
        path.write_bytes(data if path.name == "a.hcl" else data[:-1])

    with pytest.raises(KeyboardInterrupt if fault == "interrupt" else RefusedError):
        apply(tmp_path, [one(file="a.hcl"), one()], write=write)
    assert (tmp_path / "a.hcl").read_text() == TEXT == (tmp_path / "common.hcl").read_text()


def test_changed_meanwhile(tmp_path: Path) -> None:
    """A file that somebody else writes between reading and writing is left to them."""
    for name in ("a.hcl", "common.hcl"):
        (tmp_path / name).write_text(TEXT)

    def write(path: Path, data: bytes) -> None:
        path.write_bytes(data)
        (tmp_path / "common.hcl").write_text("theirs")

    with pytest.raises(RefusedError, match="changed while"):
        apply(tmp_path, [one(file="a.hcl"), one()], write=write)
    assert (tmp_path / "a.hcl").read_text() == TEXT
    assert (tmp_path / "common.hcl").read_text() == "theirs"


def test_fingerprints(tmp_path: Path) -> None:
    """A file that is not as it was planned is named, and nothing is written."""
    (tmp_path / "common.hcl").write_text(TEXT)
    demand_unchanged(tmp_path, {"common.hcl": fingerprint(TEXT)})
    (tmp_path / "common.hcl").write_text(TEXT + "\n# more")
    with pytest.raises(RefusedError, match=r"common\.hcl: changed since"):
        demand_unchanged(tmp_path, {"common.hcl": fingerprint(TEXT)})


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from audit.model import Location
from audit.remedy.edit import Edit, apply
root, seed = Path(sys.argv[1]), random.Random(7)
texts = {(root / "common.hcl").read_bytes()}
texts.add(next(iter(texts)).replace(b'tag = "v0.52.1"', b'tag = "v1.3.0"'))
there = [Edit(place=Location(file="common.hcl", line=3, column=9), old=a, new=b)
         for a, b in (("v0.52.1", "v1.3.0"), ("v1.3.0", "v0.52.1"))]
seen = set()
for edit in there:  # the parser is made before the children are
    apply(root, [edit])
for _ in range(100):
    now = b'tag = "v1.3.0"' in (root / "common.hcl").read_bytes()
    child = os.fork()
    if not child:
        while True:
            apply(root, [there[now]])
            now = not now
    time.sleep(seed.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = (root / "common.hcl").read_bytes()
    assert found in texts, found
    seen.add(found)
print(len(seen))
"""


@pytest.mark.thorough
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """A hundred kills of the editing process leave the file old or new, never half."""
    (tmp_path / "common.hcl").write_text(TEXT + "\n" + "# padding\n" * 20)
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "2", "")
