"""Words and lines for a shell: quoted so that each is one word whatever it holds, and people can read it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from audit.remedy.steps import CHECKOUT, PLAN_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.remedy.steps import Command

_WIDTH = 110
_PLACES = {PLAN_FILE: '"$scratch"/plan', CHECKOUT: '"$scratch"/checkout'}
_PLACE = re.compile("|".join(map(re.escape, _PLACES)))


def words(argv: tuple[str, ...]) -> str:
    """Give the words of a command for a shell; placeholders become places in the scratch folder."""
    return " ".join(_word(word) for word in argv)


def _word(word: str) -> str:
    parts = _PLACE.split(word)
    places = [_PLACES[place] for place in _PLACE.findall(word)]
    quoted = [_plain(part) if part else "" for part in parts]
    if not places:
        return _plain(word)
    return "".join(one for pair in zip(quoted, [*places, ""], strict=True) for one in pair)


def _plain(word: str) -> str:
    """Quote a word so that people can read it too: one with single quotes in it by double ones, where those do."""
    is_readable = "'" in word and not set(word) & set('"$`\\!') and word.isprintable()
    return f'"{word}"' if is_readable else shlex.quote(word)


def broken(line: str, command: Command) -> str:
    """Break the line of a long command before its options, as the guide does."""
    if len(line) <= _WIDTH or command.feed:
        return line
    pieces: list[str] = []
    for word in map(_word, command.argv):
        if word.startswith("--") and len(word) > 2 and pieces:
            pieces.append(word)
        else:
            pieces[-1:] = [f"{pieces[-1]} {word}" if pieces else word]
    return " \\\n      ".join(pieces)


def written(patch: str, file: str) -> str:
    """Write a patch to a file: as it is, or line by line where it holds what a script should not (a CR, say)."""
    lines = patch.split("\n")[:-1]
    if all(line.isprintable() or line.replace("\t", "").isprintable() for line in lines):
        return "\n".join([f"cat >{file} <<'END_OF_PATCH'", *lines, "END_OF_PATCH"])
    quoted = (shlex.quote(line) if line.isprintable() else _escaped(line) for line in lines)
    return " \\\n    ".join(["printf '%s\\n'", *quoted, f">{file}"])


def _escaped(line: str) -> str:
    """Quote a line with control characters in it, as bash's ``$'…'``."""
    plain = (char if char.isprintable() and char not in "\\'" else f"\\x{byte:02x}" for char, byte in _bytes(line))
    return f"$'{''.join(plain)}'"


def _bytes(line: str) -> Iterator[tuple[str, int]]:
    for char in line:
        if char.isprintable() and char not in "\\'":
            yield char, 0
        else:
            for byte in char.encode():
                yield "\0", byte
