"""The state of a checkout, from real repositories; nothing of them is executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.declared.git import head_commit, run_git
from audit.model import Seen, Unread, need
from audit.workstation.checkout import read_checkout
from tests.ready.world import git
from tests.workstation import stubs

if TYPE_CHECKING:
    from pathlib import Path

    from audit.workstation.model import Checkout


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """Clone a repository of one commit."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "--quiet", "--initial-branch=main")
    (origin / "common.hcl").write_text("locals {}\n", encoding="utf-8")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message=First")
    git(tmp_path, "clone", "--quiet", "--no-local", str(origin), "live")
    return tmp_path / "live"


def read(root: Path) -> Checkout:
    """Read what has to be there."""
    found = need(read_checkout(root, run_git))
    assert found is not None
    return found


def test_a_fresh_clone_is_clean_and_level(live: Path) -> None:
    """On the default branch, nothing changed, nothing behind."""
    found = read(live)
    assert (found.branch, found.default, found.changed) == ("main", Seen(value="main"), Seen(value=()))
    assert (found.behind, found.ahead, found.fetched_at) == (Seen(value=0), Seen(value=0), None)
    git(live, "fetch", "--quiet")
    assert read(live).fetched_at is not None


def test_changes_are_named(live: Path) -> None:
    """Changed, staged, deleted and new files; ignored ones are not."""
    (live / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (live / "x.log").write_text("", encoding="utf-8")
    (live / "a new\nfile").write_text("", encoding="utf-8")
    (live / "common.hcl").unlink()
    (live / "staged").write_text("", encoding="utf-8")
    git(live, "add", "staged")
    assert set(need(read(live).changed)) == {".gitignore", "a new\nfile", "common.hcl", "staged"}


def test_commits_are_counted_both_ways(live: Path) -> None:
    """Against the default branch as it was fetched."""
    git(live, "commit", "--quiet", "--allow-empty", "--message=Theirs")
    git(live, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(live, "reset", "--quiet", "--hard", "HEAD~1")
    git(live, "commit", "--quiet", "--allow-empty", "--message=Mine")
    git(live, "commit", "--quiet", "--allow-empty", "--message=Mine too")
    found = read(live)
    assert (found.behind, found.ahead) == (Seen(value=1), Seen(value=2))


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        pytest.param({"origin/HEAD": "origin/trunk", "origin/trunk": ""}, "trunk", id="what the remote says"),
        pytest.param({"origin/main": "", "origin/x": ""}, "main", id="the usual name"),
        pytest.param({"origin/master": ""}, "master", id="the older usual name"),
        pytest.param({"up/HEAD": "up/dev", "up/dev": ""}, "dev", id="another remote"),
        pytest.param({"origin/main": "", "origin/master": ""}, None, id="two usual names"),
        pytest.param({"origin/x": ""}, None, id="no usual name"),
        pytest.param({}, None, id="no remote"),
    ],
)
def test_the_default_branch(live: Path, refs: dict[str, str], expected: str | None) -> None:
    """By the remote's HEAD, else by the usual names; where there are two, nobody knows."""
    git(live, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    git(live, "update-ref", "-d", "refs/remotes/origin/main")
    for name, to in refs.items():
        if to:
            git(live, "symbolic-ref", f"refs/remotes/{name}", f"refs/remotes/{to}")
        else:
            git(live, "update-ref", f"refs/remotes/{name}", "HEAD")
    found = read(live)
    if expected is None:
        assert isinstance(found.default, Unread)
        assert isinstance(found.behind, Unread)
        assert "git remote set-head origin --auto" in found.default.gap.message
    else:
        assert found.default == Seen(value=expected)


def test_no_branch_is_none(live: Path) -> None:
    """A detached HEAD is on no branch."""
    git(live, "switch", "--quiet", "--detach")
    assert read(live).branch is None


def test_no_repository_is_absent_and_a_damaged_one_unread(tmp_path: Path) -> None:
    """Absent and unread are two values."""
    assert read_checkout(tmp_path, run_git) == Seen(value=None)
    (tmp_path / ".git").mkdir()
    found = read_checkout(tmp_path, run_git)
    assert isinstance(found, Unread)
    assert found.gap.call == "git"


@pytest.mark.parametrize("driver", ["clean", "process"])
def test_filters_of_the_repository_are_not_started(live: Path, tmp_path: Path, driver: str) -> None:
    """A filter that the repository configures would run at each status of a changed file."""
    canary = tmp_path / "canary"
    (live / ".gitattributes").write_text("*.hcl filter=evil\n", encoding="utf-8")
    git(live, "config", f"filter.evil.{driver}", f"touch {canary}; cat")
    git(live, "config", "core.fsmonitor", f"touch {canary}")
    git(live, "config", "core.hooksPath", str(live))
    (live / "common.hcl").write_text("locals {} \n", encoding="utf-8")
    assert "common.hcl" in need(read(live).changed)
    assert not canary.exists()


def test_a_filter_that_cannot_be_left_out_is_unread(live: Path) -> None:
    """Its name would be read as a setting: the status is not asked for."""
    git(live, "config", "filter.a=b.clean", "cat")
    found = read(live)
    assert isinstance(found.changed, Unread)
    assert "can't be left out" in found.changed.gap.message
    assert found.behind == Seen(value=0)


def test_nothing_is_written(live: Path) -> None:
    """Not even the index is refreshed."""
    before = (live / ".git/index").stat().st_mtime_ns
    (live / "common.hcl").touch()
    read(live)
    assert (live / ".git/index").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("command", "answer", "what"),
    [
        pytest.param("rev-parse", b"hello, not git", "checkout", id="head"),
        pytest.param("rev-parse", b"", "checkout", id="nothing at all"),
        pytest.param("for-each-ref", b"git version 2.39.5", "default", id="refs"),
        pytest.param("status", b"git version 2.39.5", "changed", id="changes"),
        pytest.param("rev-list", b"none", "behind", id="counts"),
        pytest.param("rev-list", b"\xff\xfe", "behind", id="bytes"),
    ],
)
def test_what_answers_as_git_does_not_is_unread(live: Path, command: str, answer: bytes, what: str) -> None:
    """Another program of that name says nothing about the checkout, and the reason is told."""

    def odd(root: Path, *arguments: str) -> bytes:
        return answer if command in arguments else run_git(root, *arguments)

    found = read_checkout(live, odd)
    fact = found if what == "checkout" else getattr(need(found), what)
    assert isinstance(fact, Unread)
    assert f"git {command} answers" in fact.gap.message
    assert fact.gap.message.endswith("put git itself first on PATH")


def test_a_git_that_is_none_is_unread(live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that prints anything, and a file that the system cannot start."""
    stubs.script(tmp_path / "bin" / "git", "echo git version 2.39.5")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = read_checkout(live, run_git)
    assert isinstance(found, Unread)
    assert head_commit(live) is None
    (tmp_path / "bin" / "git").write_bytes(b"\0\0no program")
    found = read_checkout(live, run_git)
    assert isinstance(found, Unread)
    assert "cannot be started" in found.gap.message
