"""When a literal was set: by which commit of the main line, and what is said where git doesn't know."""

from __future__ import annotations

import subprocess
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.declared.history import Change, read_history
from audit.declared.tree import open_tree
from audit.model import Location
from tests.declared.repository import commit, git, write

if TYPE_CHECKING:
    from pathlib import Path

COMMON = 'locals {\n  deploy_runner = "v1"\n  kaniko = "v1"\n}\n'


def place(line: int, file: str = "common.hcl") -> Location:
    """Give a place in a file."""
    return Location(file=file, line=line, column=3)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository whose tags were set in January and, one of them, by a merge in March."""
    commit(tmp_path, {"common.hcl": COMMON, "live/dev/terragrunt.hcl": "x = 1\n"}, date="2026-01-10T12:00:00Z")
    git(tmp_path, "checkout", "-q", "-b", "bump")
    commit(tmp_path, {"common.hcl": COMMON.replace('kaniko = "v1"', 'kaniko = "v2"')}, date="2026-02-10T12:00:00Z")
    git(tmp_path, "checkout", "-q", "main")
    git(tmp_path, "merge", "-q", "--no-ff", "-m", "merge", "bump", date="2026-03-10T23:30:00-03:00")
    return tmp_path


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_merged(repository: Path, rev: str | None) -> None:
    """A line counts from the merge that brought it to the main line."""
    found, notes = read_history(*open_tree(repository, rev), [place(2), place(3)])
    first, merge = git(repository, "rev-list", "--first-parent", "--reverse", "HEAD").split()
    assert notes == ()
    assert found == {
        place(2): Change(commit=first, day=date(2026, 1, 10)),
        place(3): Change(commit=merge, day=date(2026, 3, 11)),
    }


def test_revision(repository: Path) -> None:
    """At an older revision the line has that revision's history."""
    found, _ = read_history(*open_tree(repository, "HEAD^1"), [place(3)])
    assert found[place(3)].day == date(2026, 1, 10)


def test_scope_and_links(repository: Path) -> None:
    """Places are relative to the scope, may lie above it, and are looked up where a link leads to."""
    (repository / "live/common.hcl").symlink_to("../common.hcl")
    commit(repository, {})
    places = [place(3, "../../common.hcl"), place(3, "../common.hcl"), place(1, "terragrunt.hcl")]
    found, notes = read_history(*open_tree(repository / "live/dev"), places)
    assert notes == ()
    assert [found[one].day for one in places] == [date(2026, 3, 11), date(2026, 3, 11), date(2026, 1, 10)]


def test_uncommitted(repository: Path) -> None:
    """Changed and new lines aren't committed; those that only moved, or changed their line ends, keep their commit."""
    changed = "# new\n" + COMMON.replace('deploy_runner = "v1"', 'deploy_runner = "v3"').replace(
        'kaniko = "v1"', 'kaniko = "v2"'
    )
    write(repository, {"common.hcl": changed.replace("\n", "\r\n"), "new.hcl": "x = 1\n"})
    found, notes = read_history(*open_tree(repository), [place(1), place(3), place(4), place(1, "new.hcl")])
    assert notes == ()
    assert [found[one].day for one in (place(1), place(3), place(4), place(1, "new.hcl"))] == [
        None,
        None,
        date(2026, 3, 11),
        None,
    ]
    assert found[place(1)].commit is None


def test_white_space(repository: Path) -> None:
    """A line that was only moved to the right keeps its commit."""
    commit(repository, {"common.hcl": COMMON.replace("  kaniko", "      kaniko").replace('"v1"\n}', '"v2"\n}')})
    found, _ = read_history(*open_tree(repository), [place(3)])
    assert found[place(3)].day == date(2026, 3, 11)


def test_shallow_clone(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A shallow clone says that a line is at least as old as its oldest commit."""
    clone = tmp_path_factory.mktemp("clone")
    commit(
        repository,
        {"common.hcl": COMMON.replace('deploy_runner = "v1"', 'deploy_runner = "v9"').replace('"v1"', '"v2"')},
    )
    git(clone, "clone", "-q", "--depth", "2", f"file://{repository}", ".")
    found, notes = read_history(*open_tree(clone), [place(2), place(3)])
    assert (found[place(2)].at_least, found[place(3)].at_least) == (False, True)
    assert notes == ("shallow clone: values older than it have the date of its oldest commit, fetch the full history",)


def test_outside_of_git(tmp_path: Path) -> None:
    """Without git there is a note."""
    write(tmp_path, {"common.hcl": COMMON})
    assert read_history(*open_tree(tmp_path), [place(1)]) == (
        {},
        ("no git history here, so nothing is known of when a value was set",),
    )


def test_what_has_no_answer(repository: Path) -> None:
    """A place that isn't there or leads out is a note; the others have their answer."""
    places = [place(99), place(1, "nope.hcl"), place(1, "../x.hcl"), place(1, "live/dev/terragrunt.hcl")]
    found, notes = read_history(*open_tree(repository), places)
    assert found[places[0]] == Change(commit=None, day=None)
    assert found[places[3]].day == date(2026, 1, 10)
    assert notes == ("../x.hcl: leads out of the repository, not followed", "nope.hcl: no such file")
    _, notes = read_history(*open_tree(repository, "HEAD"), [place(99)])
    assert notes == ("common.hcl: git blame failed, so its values have no date",)


def test_time_limit(repository: Path) -> None:
    """After the time limit the rest has no history, and that is said."""
    found, notes = read_history(*open_tree(repository), [place(1), place(1, "live/dev/terragrunt.hcl")], seconds=-1)
    assert (found, notes) == ({}, ("git took longer than -1 s, 2 files have no history",))


def test_rewritten_file(tmp_path: Path) -> None:
    """A large file that was rewritten costs no comparison: its lines aren't committed, save those at its start."""
    commit(tmp_path, {"common.hcl": "\n".join(f"a{number}" for number in range(6000))})
    write(tmp_path, {"common.hcl": "a0\n" + "\n".join(f"b{number}" for number in range(6000))})
    found, _ = read_history(*open_tree(tmp_path), [place(1), place(3)])
    assert (found[place(1)].commit is None, found[place(3)].commit is None) == (False, True)


def test_nothing_is_executed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Blame runs neither text conversion nor filters nor anything else of a hostile configuration."""
    folder = tmp_path_factory.mktemp("canary")
    program = folder / "evil.sh"
    program.write_text(f'#!/bin/sh\ntouch {folder}/canary\ncat "$@"\n')
    program.chmod(0o755)
    commit(repository, {".gitattributes": "*.hcl diff=evil filter=evil\n"})
    for name, value in {
        "diff.evil.textconv": str(program),
        "diff.external": str(program),
        "filter.evil.clean": str(program),
        "core.fsmonitor": str(program),
        "core.pager": str(program),
        "core.worktree": "/",
        "mailmap.file": "/nowhere",
    }.items():
        git(repository, "config", name, value)
    found, notes = read_history(*open_tree(repository), [place(3)])
    assert (found[place(3)].day, notes) == (date(2026, 3, 11), ())
    assert not (folder / "canary").exists()
    trap = ["git", f"--git-dir={repository}/.git", f"--work-tree={repository}"]
    subprocess.run([*trap, "blame", "common.hcl"], cwd=repository, capture_output=True, check=False)
    assert (folder / "canary").exists()


def test_configuration_that_leads_out(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What stands in a file outside, to which the configuration leads, is not repeated."""
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("planted\n")
    git(repository, "config", "blame.ignoreRevsFile", str(secret))
    found, notes = read_history(*open_tree(repository), [place(3)])
    assert (found, notes) == ({}, ("common.hcl: git blame failed, so its values have no date",))
