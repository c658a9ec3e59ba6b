"""Programs as a plan may start them: by absolute path, outside of the repository, and with a scrubbed environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import RefusedError
from audit.remedy.script import TOOLS
from audit.text import one_line
from audit.workstation.tools import located, search_path

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Programs:
    """What can be started: ``environment`` is what children get to see."""

    root: Path
    environment: Mapping[str, str]

    @classmethod
    def of(cls, root: Path, environment: Mapping[str, str], scrubbed: Sequence[str]) -> Programs:
        """Take away what nothing that is started may see, and the repository's folders from PATH."""
        kept = {name: value for name, value in environment.items() if name not in scrubbed}
        return cls(root=root, environment={**kept, "PATH": search_path(environment, root)})

    def argv(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the words with the program by its absolute path.

        Raises RefusedError where it, or a tool that it is to start, is not to be found or is the repository's own.
        """
        for word in words[1:]:
            if word in TOOLS:
                self._path(word, allowed=False)
        return (self._path(words[0], allowed=True), *words[1:])

    def _path(self, name: str, *, allowed: bool) -> str:
        """Find a program; one that another program looks for on PATH must not be the repository's even by a link."""
        path, inside = located(name, self.environment, self.root)
        if inside is not None and not allowed:
            raise RefusedError(f"{one_line(inside)} leads into the audited repository: not started; take it off PATH")
        if path is None:
            raise RefusedError(f"{one_line(name)}: not found on PATH outside of the repository; install it")
        return path
