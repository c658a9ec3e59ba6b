"""Grammars: what a value from HCL, AWS or GitHub must look like before it becomes a part of a command.

A value that does not fit ends the plan with a refusal; none is escaped, cut or mended. None of the grammars has a
word that starts with ``-``, so no value can pass for an option.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from audit.errors import RefusedError
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal[
    "account",
    "account id",
    "branch",
    "build argument",
    "build secret",
    "container",
    "image name",
    "path",
    "profile",
    "region",
    "registry",
    "repository url",
    "stack",
    "tag",
]

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?"
_NAMES = r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_~][\w.~-]*)*"
_PATTERNS: tuple[tuple[Kind, str, int], ...] = (
    ("account", r"[^\W_][\w.@ +-]*", 100),
    ("account id", r"\d{12}", 12),
    ("branch", r"[A-Za-z0-9_](?:[\w+-]|[./](?![./]))*(?<![./])", 200),
    ("build argument", r"[A-Za-z_]\w*=[\w.+:/@,~][\w.+:/@,=~-]*", 300),
    ("build secret", r"[A-Za-z_][\w-]*(?:=[A-Za-z_]\w*)?", 200),
    ("container", r"[A-Za-z0-9_][A-Za-z0-9_-]*", 255),
    ("image name", r"(?:[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*/)*[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*", 256),
    ("profile", r"[A-Za-z0-9_][\w.@+=,-]*", 128),
    ("region", r"[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}", 40),
    ("registry", r"\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)", 120),
    ("repository url", rf"(?:https://{_HOST}/{_NAMES}|ssh://git@{_HOST}/{_NAMES}|git@{_HOST}:{_NAMES})", 500),
    ("stack", r"[A-Za-z0-9][A-Za-z0-9_-]*", 200),
    ("tag", r"[A-Za-z0-9_][A-Za-z0-9_.-]*", 128),
)
_TABLE: Mapping[str, tuple[re.Pattern[str], int]] = MappingProxyType(
    {kind: (re.compile(pattern, re.ASCII if kind != "account" else 0), most) for kind, pattern, most in _PATTERNS}
)
_MOST_PATH = 1024
_COMPONENT = re.compile(r"(?!\.{1,2}$)[\w.@+][\w .@+=,:%~-]*")


def valid(kind: Kind, text: str) -> str:
    """Give the text back where it is of this kind; RefusedError where it is not."""
    if not fits(kind, text):
        raise RefusedError(f"{kind} {one_line(text, 80)!r} refused: it could not be told from an option or a command")
    return text


def fits(kind: Kind, text: str) -> bool:
    """Tell whether a text is of this kind."""
    if kind == "path":
        return _is_path(text)
    pattern, most = _TABLE[kind]
    return len(text) <= most and pattern.fullmatch(text) is not None


def _is_path(text: str) -> bool:
    """Tell whether it is a plain relative path: no way up, no component that looks like an option or like shell."""
    return text == "." or (len(text) <= _MOST_PATH and all(map(_COMPONENT.fullmatch, text.split("/"))))
