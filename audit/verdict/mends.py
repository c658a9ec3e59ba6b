"""Mends with the command that does it: one text in a finding, two parts where a checklist shows or a script runs it."""

from __future__ import annotations

_BETWEEN = "; run: "


def mend(words: str, command: str) -> str:
    """Join what to do with the command that does it."""
    return f"{words}{_BETWEEN}{command}"


def parts(remedy: str) -> tuple[str, str | None]:
    """Split a remedy into what to do and the command, None where there is no single one."""
    words, between, command = remedy.partition(_BETWEEN)
    return words, command if between else None
