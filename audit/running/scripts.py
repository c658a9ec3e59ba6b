"""What the invoker lets its callers run, decoded from the one variable that its configuration is kept in."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING

from audit.running.model.invoker import Script
from audit.running.redact import option_value, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "BASE64GZ_CONFIG_DATA_JSON"

ANY = "*"

_MOST_BYTES = 4_000_000
_MOST_DEPTH = 12
_GZIP = 16 + zlib.MAX_WBITS
# The keys of a script's configuration in the module's input ``script_config``. How the invoker nests scripts below
# containers is nowhere public, so a script is whatever has one of these.
_KEYS = frozenset(
    {
        "allow_positional_args",
        "allowed_options",
        "allowed_options_without_args",
        "hardcoded_args",
        "hardcoded_options",
        "restricted_options",
        "restricted_options_regex",
    }
)


def scripts(variable: str) -> tuple[Script, ...] | None:
    """Decode base64 of gzip of JSON, and find the scripts in it; None for what is none of this, or too large."""
    try:
        packed = base64.b64decode(variable, validate=True)
        unpacking = zlib.decompressobj(_GZIP)
        text = unpacking.decompress(packed, _MOST_BYTES)
        if not unpacking.eof:
            return None
        document = json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return None
    return tuple(sorted(_walk(document, ()), key=lambda one: (one.container, one.name)))


def _walk(value: object, path: tuple[str, ...]) -> Iterator[Script]:
    if not isinstance(value, dict) or len(path) > _MOST_DEPTH:
        return
    if path and _KEYS & value.keys():
        yield _script(value, path)
        return
    for key, inner in value.items():
        yield from _walk(inner, (*path, key))


def _script(value: dict[str, object], path: tuple[str, ...]) -> Script:
    hardcoded = _mapping(value.get("hardcoded_options"))
    return Script(
        container=path[-3] if len(path) > 2 else path[0],
        name=path[-1],
        allowed_options=_allowed(value.get("allowed_options")) + _texts(value.get("allowed_options_without_args")),
        restricted_options=_texts(value.get("restricted_options")),
        patterns=tuple(
            (name, without_secrets(str(one))) for name, one in _mapping(value.get("restricted_options_regex"))
        ),
        hardcoded=(
            *((name, _values(name, values)) for name, values in hardcoded),
            *((("", tuple(_arguments(value["hardcoded_args"]))),) if value.get("hardcoded_args") else ()),
        ),
        positional=value.get("allow_positional_args") is True,
    )


def _allowed(value: object) -> tuple[str, ...]:
    """Give the options that may be given: for the module null is any of them, an empty list none."""
    return (ANY,) if value is None else _texts(value)


def _mapping(value: object) -> list[tuple[str, object]]:
    return sorted(value.items()) if isinstance(value, dict) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(without_secrets(str(one)) for one in value) if isinstance(value, list) else ()


def _values(option: str, values: object) -> tuple[str, ...]:
    return tuple(option_value(option, str(one)) for one in values) if isinstance(values, list) else ()


def _arguments(values: object) -> Iterator[str]:
    """Give arguments, each as the value of the one before it: a secret can follow its option."""
    before = ""
    for one in map(str, values if isinstance(values, list) else ()):
        yield one if one.startswith("-") and "=" not in one else option_value(before, one)
        before = one if one.startswith("-") else ""
