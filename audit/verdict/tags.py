"""Whether a tag names one image for good, or whatever is newest; by its looks alone."""

from __future__ import annotations

import re

from audit.model import Version

_COMMIT = re.compile(r"(?:.*[-_.])?[0-9a-f]{7,64}", re.ASCII)
_DATE = re.compile(r"\d{8,14}", re.ASCII)


def floats(tag: str) -> bool:
    """Tell whether a tag is one that moves: no version, no commit, no date, such as ``latest`` or ``main``."""
    if Version.parse(tag) is not None or _DATE.fullmatch(tag):
        return False
    found = _COMMIT.fullmatch(tag)
    return found is None or not any(char.isdigit() for char in tag)
