"""Reading a repository's files from disk: what is text is read, what leads out or could block is refused."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from audit.declared.tree import SourceTree, WorkTree, open_tree
from audit.errors import DeclarationError, LimitError, UsageError
from tests.declared.repository import commit, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = {
    "common.hcl": "# é\r\nlocals {}\r\n",
    "live/dev/terragrunt.hcl": "x = 1",
    "live/dev-2/terragrunt.hcl": "x = 2",
    "live/.terraform/cached.hcl": "x = 3",
    "node_modules/a.hcl": "x = 4",
}


@pytest.fixture(params=["disk", "revision"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], SourceTree]:
    """Give the same files from disk and from a commit, opened when the test has written them."""

    def open_it() -> SourceTree:
        commit(tmp_path, {})
        return open_tree(tmp_path, "HEAD" if request.param == "revision" else None)[0]

    write(tmp_path, FILES)
    return open_it


def refusal(tree: SourceTree, path: str) -> str:
    """Give the one line that a read ends in."""
    with pytest.raises(DeclarationError) as caught:
        tree.read(path)
    return str(caught.value)


def test_text_as_it_stands(opened: Callable[[], SourceTree]) -> None:
    """Line ends and characters beyond ASCII come as they are."""
    tree = opened()
    assert tree.read("common.hcl") == FILES["common.hcl"]
    assert tree.read("live/./dev/../../common.hcl") == FILES["common.hcl"]


def test_order_and_caches(opened: Callable[[], SourceTree]) -> None:
    """Files come ordered by component, without .git and the caches."""
    tree = opened()
    assert list(tree.files()) == ["common.hcl", "live/dev/terragrunt.hcl", "live/dev-2/terragrunt.hcl"]
    assert list(tree.files("live/dev")) == ["live/dev/terragrunt.hcl"]


def test_kinds(opened: Callable[[], SourceTree]) -> None:
    """A file is a file, a directory is a directory, nothing is neither."""
    tree = opened()
    kinds = {path: (tree.is_file(path), tree.is_dir(path)) for path in ("", "live", "common.hcl", "x", "common.hcl/x")}
    assert kinds == {
        "": (False, True),
        "live": (False, True),
        "common.hcl": (True, False),
        "x": (False, False),
        "common.hcl/x": (False, False),
    }


def test_links_inside(opened: Callable[[], SourceTree], tmp_path: Path) -> None:
    """A link that stays inside is followed, by reading and by listing below it, but not by a walk from above."""
    (tmp_path / "live/dev/up.hcl").symlink_to("../../common.hcl")
    (tmp_path / "alias").symlink_to("live")
    tree = opened()
    assert tree.read("live/dev/up.hcl") == tree.read("alias/dev/up.hcl") == FILES["common.hcl"]
    assert tree.is_file("alias/dev/up.hcl")
    assert tree.is_dir("alias")
    assert "alias/dev/terragrunt.hcl" not in list(tree.files())
    assert list(tree.files("alias/dev")) == ["alias/dev/terragrunt.hcl", "alias/dev/up.hcl"]


@pytest.mark.parametrize(
    ("target", "path", "reason"),
    [
        pytest.param("/etc/hostname", "link", "leads out of the repository", id="absolute"),
        pytest.param("../../../etc/hostname", "link", "leads out of the repository", id="relative"),
        pytest.param("/etc", "link/hostname", "leads out of the repository", id="directory"),
        pytest.param("link", "link", "loop of symbolic links", id="loop"),
        pytest.param("nowhere", "link", "no such file", id="broken"),
    ],
)
def test_links_that_cannot_be_read(
    opened: Callable[[], SourceTree], tmp_path: Path, target: str, path: str, reason: str
) -> None:
    """A link that leads out, turns in a circle or ends nowhere is listed, and reading it says why it can't be read."""
    (tmp_path / "link").symlink_to(target)
    tree = opened()
    assert reason in refusal(tree, path)
    if target != "/etc":
        assert "link" in list(tree.files())


def test_absolute_link_inside(tmp_path: Path) -> None:
    """On disk an absolute target inside the repository is inside."""
    write(tmp_path, FILES)
    (tmp_path / "live/dev/up.hcl").symlink_to(tmp_path / "common.hcl")
    (tmp_path / "live/dev/top").symlink_to(tmp_path)
    tree = WorkTree(tmp_path)
    assert tree.read("live/dev/up.hcl") == tree.read("live/dev/top/common.hcl") == FILES["common.hcl"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("../x", "leads out of the repository", id="up"),
        pytest.param("live/../../x/common.hcl", "leads out of the repository", id="up and back"),
        pytest.param("/etc/hostname", "absolute path", id="absolute"),
        pytest.param("nope.hcl", "no such file", id="missing"),
        pytest.param("live", "a directory, not a file", id="directory"),
        pytest.param("a\x00b", "no such file", id="nul"),
        pytest.param("a\n\x1b[31m\u202eb", "a\\n\\x1b[31m\\u202eb: no such file", id="control characters"),
    ],
)
def test_refusals(opened: Callable[[], SourceTree], path: str, reason: str) -> None:
    """What cannot be read ends in one line with its reason, control characters escaped."""
    assert reason in refusal(opened(), path)


def test_undecidable_is_no_absence(opened: Callable[[], SourceTree], tmp_path: Path) -> None:
    """A nearer file that is closed to us is not taken for missing."""
    (tmp_path / "live/common.hcl").symlink_to("/etc/hostname")
    with pytest.raises(DeclarationError, match="leads out"):
        opened().is_file("live/common.hcl")


@pytest.mark.parametrize("make", ["fifo", "socket"])
def test_special_files(tmp_path: Path, make: str) -> None:
    """A FIFO or a socket is refused at once, not waited for."""
    tree = WorkTree(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        if make == "fifo":
            os.mkfifo(tmp_path / "common.hcl")
        else:
            listener.bind(os.path.relpath(tmp_path / "common.hcl"))
        assert "not a regular file" in refusal(tree, "common.hcl")
        with pytest.raises(DeclarationError, match="not a regular file"):
            tree.is_file("common.hcl")
    assert list(tree.files()) == ["common.hcl"]


def test_device(tmp_path: Path) -> None:
    """A device node is refused."""
    try:
        os.mknod(tmp_path / "zero", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making a device node needs root")
    assert "not a regular file" in refusal(WorkTree(tmp_path), "zero")


def test_size(opened: Callable[[], SourceTree], tmp_path: Path) -> None:
    """A file above the limit is refused, and the next one is still read."""
    (tmp_path / "big.hcl").write_bytes(b"#" * (3 * 1024 * 1024))
    tree = opened()
    with pytest.raises(LimitError, match="larger than the limit of 2,097,152 bytes"):
        tree.read("big.hcl")
    assert tree.read("live/dev/terragrunt.hcl") == "x = 1"


def test_not_utf8(opened: Callable[[], SourceTree], tmp_path: Path) -> None:
    """Text in another encoding is refused with its line."""
    (tmp_path / "latin.hcl").write_bytes(b"a\nb\n\xe9")
    assert refusal(opened(), "latin.hcl") == "latin.hcl:3: not UTF-8 text"


def test_name_that_is_no_text(opened: Callable[[], SourceTree], tmp_path: Path) -> None:
    """A name that is not UTF-8 is a fault of its own; its neighbours are listed."""
    (tmp_path / os.fsdecode(b"live/caf\xe9")).write_text("x")
    tree = opened()
    faults: list[DeclarationError] = []
    assert "live/dev/terragrunt.hcl" in list(tree.files(faults=faults))
    assert [str(fault) for fault in faults] == ["live/caf\\udce9: name is not UTF-8, rename it"]
    with pytest.raises(DeclarationError):
        list(tree.files())


@contextmanager
def unprivileged() -> Iterator[None]:
    """Drop root's privileges for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_closed_to_us() -> None:
    """A directory that cannot be listed is a fault, a closed file says so, and neither counts as missing."""
    with TemporaryDirectory() as name:
        root = Path(name).resolve()
        root.chmod(0o755)
        write(root, FILES | {"shut/common.hcl": "x"})
        (root / "live/dev/terragrunt.hcl").chmod(0)
        (root / "shut").chmod(0)
        tree = WorkTree(root)
        faults: list[DeclarationError] = []
        with unprivileged():
            listed = list(tree.files(faults=faults))
            reasons = [refusal(tree, "live/dev/terragrunt.hcl"), refusal(tree, "shut/common.hcl")]
            with pytest.raises(DeclarationError, match="Permission denied"):
                list(tree.files())
            with pytest.raises(DeclarationError, match="Permission denied"):
                tree.is_file("shut/common.hcl")
            with pytest.raises(UsageError, match="Permission denied"):
                open_tree(root / "shut")
        (root / "shut").chmod(0o755)
    assert "live/dev-2/terragrunt.hcl" in listed
    assert [str(fault) for fault in faults] == ["shut: directory cannot be listed: Permission denied"]
    assert all(reason.endswith("cannot be read: Permission denied") for reason in reasons)


def test_entry_that_turns_into_a_fifo(tmp_path: Path) -> None:
    """A file exchanged for a FIFO between the looks neither blocks nor is read."""
    stop = threading.Event()
    plain, fifo, place = tmp_path / "plain", tmp_path / "fifo", tmp_path / "common.hcl"
    tree = WorkTree(tmp_path)

    def exchange() -> None:
        while not stop.is_set():
            plain.write_text("x")
            plain.replace(place)
            os.mkfifo(fifo)
            fifo.replace(place)

    exchanger = threading.Thread(target=exchange)
    exchanger.start()
    try:
        for _ in range(300):
            try:
                assert tree.read("common.hcl") in {"x", ""}
            except DeclarationError:
                continue
    finally:
        stop.set()
        exchanger.join()


@pytest.mark.parametrize(
    ("inner", "scope"),
    [pytest.param("", "", id="root"), pytest.param("live/dev", "live/dev", id="below")],
)
def test_scope(tmp_path: Path, inner: str, scope: str) -> None:
    """The root is git's top level; PATH below it is the scope."""
    last = commit(tmp_path, FILES)
    for rev in (None, "HEAD", "main", last[:10]):
        tree, found = open_tree(tmp_path / inner, rev)
        assert (found, tree.commit(), tree.is_file("common.hcl")) == (scope, last, True)


def test_outside_of_git(tmp_path: Path) -> None:
    """Without git PATH itself is the root, and there is no commit."""
    write(tmp_path, FILES)
    tree, scope = open_tree(tmp_path / "live")
    assert (scope, tree.commit()) == ("", None)
    with pytest.raises(DeclarationError):
        tree.read("../common.hcl")


@pytest.mark.parametrize(
    ("name", "rev", "reason"),
    [
        pytest.param("nope", None, "No such file or directory", id="missing"),
        pytest.param("common.hcl", None, "Not a directory", id="file"),
        pytest.param("loop", None, "[Ss]ym", id="loop"),
        pytest.param("a\nb", None, r"a\\nb: No such", id="control character"),
        pytest.param("", "nope", "nope: no such revision", id="unknown revision"),
        pytest.param("", "--all", "--all: no such revision", id="option as revision"),
        pytest.param("new", "HEAD", "new: no such directory at revision HEAD", id="not there yet"),
    ],
)
def test_wrong_path(tmp_path: Path, name: str, rev: str | None, reason: str) -> None:
    """A PATH or revision that isn't there is one clear line."""
    commit(tmp_path, FILES)
    (tmp_path / "new").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match=reason) as caught:
        open_tree(tmp_path / name, rev)
    assert "\n" not in str(caught.value)


def test_revision_outside_of_git(tmp_path: Path) -> None:
    """A revision of something that has none is a wrong use."""
    with pytest.raises(UsageError, match="not in a git repository"):
        open_tree(tmp_path, "HEAD")
