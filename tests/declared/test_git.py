"""Git is read, and nothing that a hostile repository brings along is executed by it."""

from __future__ import annotations

import gc
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audit.declared.git import GitTree, git_environment, head_commit, run_git
from audit.declared.tree import open_tree
from audit.errors import DeclarationError, UsageError
from tests.declared.repository import commit, git, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Give a place that any executed program of the hostile repository would write to."""
    return tmp_path / "canary"


@pytest.fixture
def hostile(tmp_path: Path, canary: Path) -> Path:
    """Give a repository whose configuration, attributes and hooks all start a program, where git lets them."""
    root = tmp_path / "repository"
    root.mkdir()
    commit(root, {"common.hcl": "a = 1\n", "gone.hcl": "b = 2\n", ".gitattributes": "*.hcl filter=evil diff=evil\n"})
    commit(root, {"common.hcl": "a = 2\n"})
    program = root / ".git" / "evil.sh"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{canary}'\ncat\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "reference-transaction", "fsmonitor-watchman"):
        (root / ".git/hooks" / hook).write_text(program.read_text())
        (root / ".git/hooks" / hook).chmod(0o755)
    settings = {
        "core.fsmonitor": str(program),
        "core.sshCommand": str(program),
        "core.pager": str(program),
        "core.alternateRefsCommand": str(program),
        "core.askPass": str(program),
        "core.worktree": "/",
        "alias.cat-file": f"!{program}",
        "diff.evil.textconv": str(program),
        "filter.evil.clean": str(program),
        "filter.evil.smudge": str(program),
        "log.showSignature": "true",
        "gpg.program": str(program),
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": str(program),
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
    }
    for name, value in settings.items():
        git(root, "config", name, value)
    return root


def test_hostile_repository(hostile: Path, canary: Path) -> None:
    """Reading blobs, a missing blob of a promisor, and HEAD execute nothing."""
    missing = run_git(hostile, "rev-parse", "HEAD:gone.hcl").decode().strip()
    (hostile / ".git/objects" / missing[:2] / missing[2:]).unlink()
    tree, scope = open_tree(hostile, "HEAD")
    assert (scope, list(tree.files())) == ("", [".gitattributes", "common.hcl", "gone.hcl"])
    assert tree.read("common.hcl") == "a = 2\n"
    with pytest.raises(DeclarationError, match=r"gone\.hcl: not in git's store here"):
        tree.read("gone.hcl")
    assert tree.commit() == head_commit(hostile)
    assert not canary.exists()


def test_the_trap_is_set(hostile: Path, canary: Path) -> None:
    """The same repository does execute its program for a git that nobody restrained."""
    subprocess.run(
        ["git", "--git-dir", str(hostile / ".git"), "--work-tree", str(hostile), "status"],
        cwd=hostile,
        capture_output=True,
        check=False,
    )
    assert canary.exists()


def test_git_in_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that lies in the audited repository is not used, even when PATH leads to it."""
    commit(tmp_path, {"git": f"#!/bin/sh\ntouch {tmp_path}/canary\n"})
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UsageError, match="git on PATH lies in the audited repository"):
        open_tree(tmp_path, "HEAD")
    assert not (tmp_path / "canary").exists()


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git the working tree is read, has no commit, and a revision is a wrong use."""
    commit(tmp_path, {"a": "1"})
    monkeypatch.setenv("PATH", "")
    tree, _ = open_tree(tmp_path)
    assert (tree.read("a"), tree.commit()) == ("1", None)
    with pytest.raises(UsageError, match="git is not installed"):
        open_tree(tmp_path, "HEAD")


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that would point git elsewhere do not reach it."""
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_TRACE", "/nowhere/trace")
    environment = git_environment()
    assert not {"GIT_DIR", "GIT_TRACE"} & environment.keys()
    assert environment["GIT_ALLOW_PROTOCOL"] == ""


def test_linked_worktree(tmp_path: Path) -> None:
    """A linked working tree, whose .git is a file, is a repository like any other."""
    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    commit(main, {"live/a.hcl": "1"})
    git(main, "worktree", "add", "-q", str(linked))
    last = commit(linked, {"live/a.hcl": "2"})
    assert [open_tree(linked / "live", rev)[0].read("live/a.hcl") for rev in (None, "HEAD")] == ["2", "2"]
    assert open_tree(linked)[0].commit() == last


def test_submodule(tmp_path: Path) -> None:
    """A submodule's content is not in a revision, and that is said."""
    module = commit(tmp_path, {"a.hcl": "1"})
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{module},live/module")
    git(tmp_path, "commit", "-q", "-m", "module")
    tree = GitTree(tmp_path, "HEAD")
    faults: list[DeclarationError] = []
    assert list(tree.files(faults=faults)) == ["a.hcl"]
    assert [str(fault) for fault in faults] == ["live/module: a submodule, its content is not in this repository"]
    assert not tree.is_file("live/module")
    with pytest.raises(DeclarationError, match="a submodule"):
        tree.read("live/module")


def test_before_the_first_commit(tmp_path: Path) -> None:
    """A repository without a commit has none, and no revision either."""
    git(tmp_path, "init", "-q")
    assert open_tree(tmp_path)[0].commit() is None
    with pytest.raises(UsageError, match="no such revision"):
        open_tree(tmp_path, "HEAD")


def test_threads(tmp_path: Path) -> None:
    """Several threads may read from one tree."""
    names = {f"f{number}.hcl": f"x = {number}\n" * number for number in range(40)}
    commit(tmp_path, names)
    tree = GitTree(tmp_path, "HEAD")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tree.read, names)) == list(names.values())


def test_no_process_stays(tmp_path: Path) -> None:
    """The process behind a tree ends with it."""
    commit(tmp_path, {"a": "1"})
    tree = GitTree(tmp_path, "HEAD")
    tree.read("a")
    process = tree.blobs.process
    assert process is not None
    del tree
    gc.collect()
    assert process.returncode == 0


def test_git_that_dies(tmp_path: Path) -> None:
    """When git's process is gone, each read says so."""
    commit(tmp_path, {"a": "1", "b": "2"})
    tree = GitTree(tmp_path, "HEAD")
    tree.read("a")
    process = tree.blobs.process
    assert process is not None
    process.kill()
    process.wait()
    for _ in range(2):
        with pytest.raises(DeclarationError, match="b: git stopped answering"):
            tree.read("b")


def test_failure_is_one_line(tmp_path: Path) -> None:
    """What git says when it fails is one line, without what it repeats."""
    write(tmp_path, {"a": "1"})
    with pytest.raises(DeclarationError, match=r"git ls-tree failed: not a git repository") as caught:
        run_git(tmp_path, "ls-tree", "HEAD")
    assert "\n" not in str(caught.value)
