"""Real git repositories in a temporary folder, for the tests of this room."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(root: Path, *arguments: str, date: str = "2026-01-01T00:00:00Z") -> str:
    """Run git in ``root`` as an ordinary user would, at a fixed date; give what it wrote."""
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env=environment | _ENVIRONMENT | dates,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return done.stdout.decode().strip()


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below ``root``, byte by byte as given."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def commit(root: Path, files: dict[str, str], message: str = "x", date: str = "2026-01-01T00:00:00Z") -> str:
    """Write files and commit them, in a repository that is made if it isn't there; give the commit."""
    if not (root / ".git").exists():
        git(root, "init", "-q", "-b", "main")
    write(root, files)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message, date=date)
    return git(root, "rev-parse", "HEAD")
