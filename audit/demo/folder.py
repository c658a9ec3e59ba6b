"""The folder that the demo writes to: made, or emptied of what an earlier demo wrote there, and never another one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

OUT = Path("pipelines-audit-demo")

_MARKER = ".pipelines-audit-demo"
_REPOSITORY = "infrastructure-live"
_REPORTS = {"html": "report.html", "json": "report.json", "junit": "junit.xml"}


def repository(out: Path) -> Path:
    """Give the place of the sample repository."""
    return out / _REPOSITORY


def reports(out: Path) -> Mapping[str, Path]:
    """Give the place of each report, by its format."""
    return {form: out / name for form, name in _REPORTS.items()}


def prepare(out: Path, *, keep_reports: bool = False) -> None:
    """Make ``out``, or remove from it what an earlier demo wrote; files that a user added stay.

    Raises UsageError for anything else that stands there, and leaves it alone.
    """
    if not _is_ours(out):
        raise UsageError(f"{out}: exists and was not made by the demo; move it away, or start in another folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / _MARKER).write_text(
            "made by pipelines-audit demo, which replaces what it wrote here\n", encoding="utf-8"
        )
        if repository(out).exists():
            shutil.rmtree(repository(out))
        for path in () if keep_reports else reports(out).values():
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}; start the demo in a folder that you may write to") from None


def _is_ours(out: Path) -> bool:
    if out.is_symlink():
        return False
    return not out.exists() or (out.is_dir() and ((out / _MARKER).is_file() or not any(out.iterdir())))
