"""The compliance report: one static page that needs no network and no JavaScript, and prints."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from audit.text import neutral, one_line
from reports.html.view import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verdict.results import Results


def render(results: Results) -> str:
    """Draw the page."""
    return "".join(pieces(results))


def pieces(results: Results) -> Iterator[str]:
    """Draw the same piece by piece."""
    environment = _environment()
    script = _source(environment, "script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").generate(
        page=page(results),
        script=script,
        style=_source(environment, "style.css"),
        script_hash=f"sha256-{digest}",
    )


def _source(environment: Environment, name: str) -> Markup:
    """Read a file of our own that goes into the page as it is."""
    loader = environment.loader
    assert loader is not None
    return Markup(loader.get_source(environment, name)[0])  # noqa: S704 -- ours, and nothing from outside is in it


def _plain(value: object) -> object:
    """Take the sting out of text before it is escaped: direction marks and control characters survive escaping."""
    return neutral(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["short"] = one_line
    environment.filters["thousands"] = "{:,}".format
    return environment
