"""The world in which the documentation's commands run: what a reader has beside ``demo --keep-running``.

An empty home, the sample repository, the emulated AWS, this project's folder with its environment, and stand-ins for
programs that only exist with an account. The shell's variables and folder last from one command to the next.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import BIN, ROOT

if TYPE_CHECKING:
    from tests.docs.fences import Typed

TIMEOUT = 180


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """One reader's folder, with the sample repository in it."""

    folder: Path
    environment: Mapping[str, str]
    repository: Path

    @classmethod
    def of(cls, folder: Path, command: Path, settings: Mapping[str, str]) -> World:
        """Make the folder around a repository that stands there already.

        ``command`` is the folder with the command, ``settings`` are what the demo says to set.
        """
        for name in ("home", "bin", "pipelines-audit"):
            (folder / name).mkdir()
        project = folder / "pipelines-audit"
        (project / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
        for name in ("checks", "audit", "reports", "pyproject.toml", "conftest.py", "docs"):
            (project / name).symlink_to(ROOT / name)
        who = {f"GIT_{role}_{what}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        given = {
            "HOME": str(folder / "home"),
            "PATH": f"{folder / 'bin'}:{command}:{BIN}:/usr/bin:/bin",
            "TERM": "dumb",
            "COLUMNS": "100",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        return cls(folder=folder, environment={**settings, **who, **given}, repository=folder / "infrastructure-live")

    def start(self, where: Path) -> None:
        """Open the shell in a folder."""
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.environment.items())
        (self.folder / "shell").write_text(f"{exports}cd -- {shlex.quote(str(where))}\n(exit 0)\n")

    def write(self, name: str, text: str) -> None:
        """Have a file in the folder in which the shell stands."""
        where = subprocess.run(
            ["/bin/bash", "-c", f"source {shlex.quote(str(self.folder / 'shell'))} && pwd"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        (Path(where) / name).write_text(text, encoding="utf-8")

    def type(self, typed: Typed) -> tuple[str, int]:
        """Type one command; gives what the terminal shows, and the exit code."""
        state = shlex.quote(str(self.folder / "shell"))
        script = f"""source {state}
{typed.command}
code=$?
{{ export -p; printf 'cd -- %q\\n(exit %d)\\n' "$PWD" "$code"; }} >{state}
exit "$code"
"""
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=self.folder,
            env={"PATH": self.environment["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return done.stdout, done.returncode
