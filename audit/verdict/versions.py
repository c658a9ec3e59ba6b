"""Versions as other tools write them: with or without a v, alone or in the middle of a name."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"v?(?P<version>\d+(?:\.\d+){1,3}(?:-[0-9A-Za-z.]+)?)", re.ASCII)
_FIRST = re.compile(r"v?\d+(?:\.\d+)+(?:-[a-z][0-9A-Za-z]*)?", re.ASCII)


def plain(text: str) -> str | None:
    """Give a version without its v; None for what is none, such as a range or ``latest``."""
    found = _PLAIN.fullmatch(text)
    return found["version"] if found else None


def first(text: str) -> str | None:
    """Find the version in a name such as ``ecs-deploy-runner-worker-v0.90.2-*``."""
    found = _FIRST.search(text)
    return found[0] if found else None
