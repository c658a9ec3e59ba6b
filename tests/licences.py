"""Writes docs/licences.md: under which licence each package stands that the wheel or the image brings along.

``python -m tests.licences`` in an environment of the oldest Python that has them all; ``make licences`` does.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import click
from packaging.markers import Marker

from tests.processes import BIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = ROOT / "requirements.runtime.lock"
PAGE = ROOT / "docs" / "licences.md"

HEAD = """# Licences

pipelines-audit itself is under the [Apache License 2.0](../LICENSE). What the wheel and the image bring along, every
extra included, as the packages themselves say it. Written by `make licences` from `requirements.runtime.lock`, which
has the versions; a CycloneDX bill of materials comes with every release (`make sbom`).

| package | licence |
|---|---|
"""
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==[^ ;]+(?: ; (?P<marker>.+?))? \\")
_WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}


def names() -> tuple[set[str], set[str]]:
    """Name what is in the lock file, and what of it is there only for Windows."""
    shipped: set[str] = set()
    windows: set[str] = set()
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        found = _PINNED.fullmatch(line)
        if found:
            only = found["marker"] and "win32" in found["marker"] and Marker(found["marker"]).evaluate(_WINDOWS)
            (windows if only else shipped).add(normal(found["name"]))
    return shipped - windows, windows


def normal(name: str) -> str:
    """Write a package's name as the index does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(packages: set[str]) -> dict[str, str]:
    """Ask what is installed here for its licence; what is not installed is left out."""
    command = [
        str(BIN / "pip-licenses"),
        "--from=mixed",
        "--format=json",
        "--with-system",
        "--packages",
        *sorted(packages),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {normal(one["Name"]): " ".join(one["License"].split()) for one in json.loads(told)}


def rows(found: dict[str, str]) -> Iterator[str]:
    """Write a row for each package."""
    for name, licence in sorted(found.items()):
        yield f"| {name} | {licence} |\n"


def read() -> dict[str, str]:
    """Read the page back."""
    row = re.compile(r"\| (?P<name>[a-z0-9-]+) \| (?P<licence>.+) \|")
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return {
        found["name"]: found["licence"] for found in map(row.fullmatch, lines) if found and found["name"] != "package"
    }


@click.command()
def main() -> None:
    """Print the page."""
    shipped, windows = names()
    found = licences(shipped)
    if missing := shipped - set(found):
        raise click.ClickException(f"not installed here: {', '.join(sorted(missing))}; use the oldest Python")
    click.echo(HEAD + "".join(rows(found)) + f"\nOn Windows also {', '.join(sorted(windows))}.")


if __name__ == "__main__":
    main()
