"""Where something stands, for people and for rows: paths of the repository relative to the scope."""

from __future__ import annotations

import posixpath


def show(path: str, scope: str) -> str:
    """Give a path of the repository relative to the scope, with ``../`` for what lies above it.

    >>> show("live/dev/account.hcl", "live"), show("common.hcl", "live")
    ('dev/account.hcl', '../common.hcl')
    """
    return path if not scope else posixpath.relpath(path or ".", scope)
