"""The results themselves, as JSON: what ``pipelines-audit report`` draws every other format from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.verdict.results import to_json

if TYPE_CHECKING:
    from audit.verdict.results import Results

# JSON escapes C0 by itself; these are legal in it, but steer a terminal (or are no characters at all).
_STEERING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(results: Results) -> str:
    """Write the results document; the same data as ``to_json``, safe to print."""
    printable = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", to_json(results))
    return _SURROGATE.sub("\\\\ufffd", printable)
