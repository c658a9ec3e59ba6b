"""Release notes: which modules they say are affected, and whether they carry the marker of an incompatible change."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^(?:#{1,6}\s*|\*\*)(?P<title>[^\n]*?)(?:\*\*)?:?[ \t]*$", re.MULTILINE)
_AFFECTED = re.compile(r"modules?\s+affected", re.IGNORECASE)
_BULLET = re.compile(r"^[ \t]*[-*+][ \t]+(?P<item>[^\n]+)$", re.MULTILINE)
_NAME = re.compile(r"[^\w`]*`?\[?`?(?:modules/)?(?P<name>[A-Za-z][\w./-]*)")
_NO_NAME = frozenset({"n/a", "none", "all", "no", "nothing"})
_MARKER = re.compile(r"(?P<no>\b(?:no|not|non|without)\b[\s\w-]{0,20})?\bbackwards?[\s-]+incompatib", re.IGNORECASE)
MAX_NOTES = 200_000


def modules_affected(notes: str) -> tuple[str, ...]:
    """Give the modules that stand in the list below the heading *Modules affected*, in its order."""
    notes = notes[:MAX_NOTES].replace("\r\n", "\n")
    headings = list(_HEADING.finditer(notes))
    names: dict[str, None] = {}
    for index, heading in enumerate(headings):
        if _AFFECTED.search(heading["title"]):
            end = headings[index + 1].start() if index + 1 < len(headings) else len(notes)
            for bullet in _BULLET.finditer(notes, heading.end(), end):
                found = _NAME.match(bullet["item"])
                if found and found["name"].lower() not in _NO_NAME:
                    names[found["name"].rstrip("./")] = None
    return tuple(names)


def is_marked_incompatible(notes: str) -> bool:
    """Tell whether the notes say *backward incompatible*, and not that they aren't."""
    return any(not found["no"] for found in _MARKER.finditer(notes[:MAX_NOTES]))
