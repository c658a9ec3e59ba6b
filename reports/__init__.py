"""Renderings: one module per format, each a pure function from the results of a run to text.

What grows with a fleet's findings can also be drawn piece by piece: as one text, the page, the test cases and the
results of a fleet that fails everywhere take more memory than everything that they are drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from audit.verdict.results import Results

__all__ = ["FORMATS", "Renderer", "pieces"]

Renderer: TypeAlias = Callable[["Results"], str]

_IN_PIECES = {"html": "reports.html", "json": "reports.json", "junit": "reports.junit"}


def _lazy(module: str) -> Renderer:
    """Import a renderer when it is first called: whoever asks for JSON does not wait for Jinja2."""

    def render(results: Results) -> str:
        return cast("Renderer", import_module(module).render)(results)

    return render


def _terminal(results: Results) -> str:
    """Draw what a person reads: the table of an audit, the checklist before an upgrade."""
    return _lazy("reports.checklist" if results.readiness else "reports.terminal")(results)


FORMATS: Mapping[str, Renderer] = MappingProxyType(
    {
        "csv": _lazy("reports.csv"),
        "github": _lazy("reports.github"),
        "gitlab": _lazy("reports.gitlab"),
        "html": _lazy("reports.html"),
        "json": _lazy("reports.json"),
        "junit": _lazy("reports.junit"),
        "markdown": _lazy("reports.markdown"),
        "ocsf": _lazy("reports.ocsf"),
        "sarif": _lazy("reports.sarif"),
        "terminal": _terminal,
    }
)


def pieces(name: str, results: Results) -> Iterable[str]:
    """Draw a report piece by piece where its format can do that, else whole; together it is ``FORMATS[name]``'s."""
    module = _IN_PIECES.get(name)
    if module is None:
        return (FORMATS[name](results),)
    return cast("Iterable[str]", import_module(module).pieces(results))
