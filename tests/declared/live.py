"""The small repositories of ``tests/live``: copied, read, compared with what a person wrote beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.declared.document import to_document
from audit.declared.tree import WorkTree
from audit.declared.units import read

if TYPE_CHECKING:
    from audit.declared.model import Declared

LIVE = Path(__file__).parent.parent / "live"


def declared(root: Path, scope: str = "") -> Declared:
    """Read a repository that lies at ``root``."""
    return read(WorkTree(root), scope)


def document(root: Path, scope: str = "") -> dict[str, Any]:
    """Give a repository's document, as it comes back from JSON."""
    loaded: dict[str, Any] = json.loads(json.dumps(to_document(declared(root, scope))))
    return loaded


def expected(layout: str) -> dict[str, Any]:
    """Give what a person wrote about a layout."""
    loaded: dict[str, Any] = json.loads((LIVE / f"{layout}.json").read_text(encoding="utf-8"))
    return loaded


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files below a directory; gives the directory."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
