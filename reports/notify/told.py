"""What each target was told last, in the user's cache: so that a run that is repeated repeats no message."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reports.notify.targets import key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.notify.changes import Changes
    from reports.notify.targets import Target

DAY: Final = 24 * 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The folder with a file a target; None where the user has no cache, and everything is told anew."""

    folder: Path | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Told:
        """Find the folder."""
        home = environment.get("HOME")
        cache = environment.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else "")
        return cls(folder=Path(cache) / "pipelines-audit" / "notices" if Path(cache).is_absolute() else None)

    def holds(self, target: Target, found: Changes) -> bool:
        """Tell whether these changes were the last that the target was told, and not more than a day ago."""
        if self.folder is None:
            return False
        path = self.folder / key(target)
        try:
            return path.read_text("utf-8") == found.digest and time.time() - path.stat().st_mtime < DAY
        except (OSError, UnicodeDecodeError):
            return False

    def note(self, target: Target, found: Changes) -> None:
        """Remember what a target was told; where that fails, it may be told again."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / key(target)).write_text(found.digest, "utf-8")
