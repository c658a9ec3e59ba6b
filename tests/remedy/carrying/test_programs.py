"""Programs: found outside of the repository alone, by absolute path, and started with a scrubbed environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.errors import RefusedError
from audit.remedy.carrying.programs import Programs
from audit.remedy.way import GUIDE, Way

if TYPE_CHECKING:
    from pathlib import Path

SCRUBBED = Way.parse(GUIDE).scrubbed


def program(folder: Path, name: str) -> Path:
    """Write a program."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)
    return folder / name


def programs(root: Path, *path: object, **environment: str) -> Programs:
    """Give what can be started with folders on PATH."""
    return Programs.of(root, {"PATH": ":".join(map(str, path)), **environment}, SCRUBBED)


def test_by_absolute_path_outside_of_the_repository(tmp_path: Path) -> None:
    """A program of the repository, or of a folder that depends on the one in use, is passed over."""
    live, good = tmp_path / "live", tmp_path / "bin"
    for folder in (live, live / "bin", good):
        program(folder, "terragrunt")
    found = programs(live, ".", "bin", live, live / "bin", good)
    assert found.argv(("terragrunt", "apply")) == (str(good / "terragrunt"), "apply")
    assert found.environment["PATH"] == str(good)


def test_tool_behind_another_program(tmp_path: Path) -> None:
    """What aws-vault will start is looked for too, before anything is started."""
    live, good = tmp_path / "live", tmp_path / "bin"
    vault = program(good, "aws-vault")
    words = ("aws-vault", "exec", "your-dev", "--", "terragrunt", "apply")
    with pytest.raises(RefusedError, match=r"^terragrunt: not found on PATH outside of the repository; install it$"):
        programs(live, good).argv(words)
    program(good, "terragrunt")
    assert programs(live, good).argv(words) == (str(vault), *words[1:])


def test_link_into_the_repository(tmp_path: Path) -> None:
    """A link on PATH that leads into the repository is not taken, and what would take it is not started."""
    live, linked, good = tmp_path / "live", tmp_path / "linked", tmp_path / "bin"
    program(live, "terragrunt")
    linked.mkdir()
    (linked / "terragrunt").symlink_to(live / "terragrunt")
    program(good, "terragrunt")
    program(good, "aws-vault")
    found = programs(live, linked, good)
    assert found.argv(("terragrunt",)) == (str(good / "terragrunt"),)
    with pytest.raises(RefusedError, match="leads into the audited repository"):
        found.argv(("aws-vault", "exec", "x", "--", "terragrunt"))


def test_environment_is_scrubbed(tmp_path: Path) -> None:
    """Credentials of another way in, the mark of aws-vault, and what would steer terragrunt are taken away."""
    given = {
        "AWS_VAULT": "x",
        "AWS_SESSION_TOKEN": "x",
        "TG_NON_INTERACTIVE": "true",
        "TF_CLI_ARGS": "-x",
        "HOME": "/h",
    }
    assert dict(programs(tmp_path, "/usr/bin", **given).environment) == {"HOME": "/h", "PATH": "/usr/bin"}
