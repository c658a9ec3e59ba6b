"""Write the golden files anew: ``python -m tests.reports.golden``; read the diff before you commit it."""

from __future__ import annotations

from pathlib import Path

from reports import FORMATS
from tests.reports import sample

FOLDER = Path(__file__).resolve().parent.parent / "golden"
SUFFIX = {
    "csv": "csv",
    "github": "txt",
    "gitlab": "json",
    "html": "html",
    "json": "json",
    "junit": "xml",
    "markdown": "md",
    "ocsf": "json",
    "sarif": "sarif",
    "terminal": "txt",
}


def path(name: str) -> Path:
    """Tell where the golden file of a format stands."""
    return FOLDER / f"{name}.{SUFFIX[name]}"


if __name__ == "__main__":
    for known in FORMATS:
        path(known).write_bytes(FORMATS[known](sample.results()).encode())
