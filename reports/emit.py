"""What the user asked to have written: ``FORMAT=PATH`` read, refused early, and carried out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import UsageError
from reports import FORMATS, pieces
from reports.write import WriteError, check_target, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.verdict.results import Results


def parse_request(text: str) -> tuple[str, str]:
    """Split ``FORMAT=PATH``; the path may be ``-`` for standard output."""
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--report {text}: give it as FORMAT=PATH, or FORMAT=- for standard output")
    if name not in FORMATS:
        raise UsageError(f"--report {text}: unknown format {name!r}; known are {', '.join(sorted(FORMATS))}")
    return name, path


def check_requests(requests: Sequence[tuple[str, str]]) -> None:
    """Refuse what could not be written at the end, before the work begins."""
    seen: dict[str, str] = {}
    for name, path in requests:
        place = path if path == "-" else os.path.realpath(path)
        if place in seen and not place.startswith("/dev/"):
            raise UsageError(f"--report {name}={path}: the {seen[place]} report goes there already; give each its own")
        seen[place] = name
        check_target(path)


def emit(results: Results, requests: Sequence[tuple[str, str]], environ: Mapping[str, str] | None = None) -> None:
    """Draw and write every report that was asked for; one that fails does not keep the others from being written.

    In a step of GitHub Actions, as ``environ`` (that of the process) says, the step's summary is written too.
    """
    failures = []
    for name, path in requests:
        try:
            write(path, pieces(name, results))
        except WriteError as error:
            failures.append(str(error))
    try:
        _step_summary(results, os.environ if environ is None else environ)
    except OSError as error:
        failures.append(f"GITHUB_STEP_SUMMARY: cannot write the step's summary: {error.strerror or error}")
    if failures:
        raise WriteError("; ".join(failures))


def _step_summary(results: Results, environ: Mapping[str, str]) -> None:
    """Append to the file that GitHub Actions shows on the page of the run: others in the step may have written to it.

    Who draws reports again in the same step does not say the same twice.
    """
    place = environ.get("GITHUB_STEP_SUMMARY")
    if environ.get("GITHUB_ACTIONS") != "true" or not place:
        return
    summary, text = Path(place), FORMATS["markdown"](results).encode()
    if summary.is_file() and text in summary.read_bytes():
        return
    with summary.open("ab") as file:
        file.write(text)
