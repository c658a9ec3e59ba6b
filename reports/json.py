"""The results themselves, as JSON: what ``pipelines-audit report`` draws every other format from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.verdict import results as data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verdict.results import Results

# JSON escapes C0 by itself; these are legal in it, but steer a terminal (or are no characters at all).
_STEERING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(results: Results) -> str:
    """Write the results document; the same data as ``to_json``, safe to print."""
    return "".join(pieces(results))


def pieces(results: Results) -> Iterator[str]:
    """Write the same piece by piece."""
    return map(_printable, data.pieces(results))


def _printable(text: str) -> str:
    if text.isascii() and "\x7f" not in text:
        return text
    shown = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return _SURROGATE.sub("\\\\ufffd", shown)
