"""Values as TOML writes them, harmless on a terminal whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def literal(value: object) -> str:
    """Write a value; mappings and dataclasses become inline tables, what is None or empty in them is left out."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str() | PurePath():
            return '"' + "".join(map(_escaped, str(value))) + '"'
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
        case Mapping():
            return "{" + ", ".join(f"{key(name)} = {literal(one)}" for name, one in value.items()) + "}"
    if is_dataclass(value) and not isinstance(value, type):
        named = ((one.name, getattr(value, one.name)) for one in fields(value))
        return literal({name: one for name, one in named if one not in (None, ())})
    raise TypeError(f"{type(value).__name__} has no form in TOML")


def key(name: str) -> str:
    """Write a key, quoted where it has to be."""
    return name if _BARE.fullmatch(name) else literal(name)


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    number = ord(character)
    if 0xD800 <= number < 0xE000:  # half a character: part of a path that is no UTF-8
        return "\\uFFFD"
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
